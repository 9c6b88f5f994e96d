"""What a fill light is to the rest of the device. No light lives here."""

from types import TracebackType
from typing import Protocol, Self


class LightFailed(Exception):
    """The light cannot be switched; the message says why."""


class Light(Protocol):
    """A lamp that lights the face; a context, which switches it off at its end."""

    @property
    def on(self) -> bool:
        """Whether it is told to shine."""

    def switch(self, *, on: bool) -> None:
        """Switch it; returns at once.

        Raises:
            LightFailed: it does not obey.
        """

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...
