"""A reader that reads what it is told to. Ships for demos, tests and trials."""

import asyncio
from types import TracebackType
from typing import Self

from device.reader.base import LONGEST, ReaderGone


class SimulatedReader:
    """Implements `device.reader.base.CardReader` without a device."""

    name = "simulated"

    def __init__(self) -> None:
        self._texts: asyncio.Queue[str | None] = asyncio.Queue()

    def show(self, text: str) -> None:
        """Somebody shows a card that says this."""
        if 0 < len(text) <= LONGEST:
            self._texts.put_nowait(text)

    def unplug(self) -> None:
        """Take the reader away."""
        self._texts.put_nowait(None)

    async def read(self) -> str:
        """See `CardReader.read`."""
        text = await self._texts.get()
        if text is None:
            raise ReaderGone("the simulated reader was taken away")
        return text

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End."""
