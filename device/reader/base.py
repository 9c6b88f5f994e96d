"""What a card or code reader is to the rest of the device. No reader lives here, and what a text means is not known here."""

from types import TracebackType
from typing import Protocol, Self

LONGEST = 256
"""Characters after which what a reader sends is no card and is thrown away."""


class ReaderGone(Exception):
    """The reader was unplugged, or cannot be opened; the message says which."""


class CardReader(Protocol):
    """Reads cards or codes, one text each; a context, which gives the reader back at its end."""

    @property
    def name(self) -> str:
        """How the reader is called in the log."""

    async def read(self) -> str:
        """The next text, as the reader sends it, without its end.

        Raises:
            ReaderGone: there is no reader any more.
        """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
