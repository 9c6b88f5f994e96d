"""A USB reader that types as a keyboard does, by its file below /dev/input. It is grabbed: nobody else hears the cards."""

import asyncio
import fcntl
import os
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from device.reader.base import ReaderGone
from device.reader.keys import EVENT, Typed

EVIOCGRAB = 0x40044590
"""ioctl: take the device for this process alone (linux/input.h)."""

_EVENTS = 64
"""Key events read at a time."""


class EvdevReader:
    """Implements `device.reader.base.CardReader`.

    Args:
        path: below /dev/input, best by-id.
        grab: take it alone; only a stand-in for a device in tests cannot be grabbed.
    """

    def __init__(self, path: Path, *, grab: bool = True) -> None:
        self.name = path.name
        self._path = path
        self._grab = grab
        self._typed = Typed()
        self._texts: deque[str] = deque()
        self._rest = b""
        self._came = asyncio.Event()
        self._gone = ""
        self._fd = -1

    async def __aenter__(self) -> Self:
        """Open and grab it.

        Raises:
            ReaderGone: it is not there, or may not be read.
        """
        try:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            if self._grab:
                fcntl.ioctl(self._fd, EVIOCGRAB, 1)
        except OSError as error:
            self._close()
            raise ReaderGone(f"{self._path}: {error.strerror}") from error
        asyncio.get_running_loop().add_reader(self._fd, self._readable)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Give it back."""
        self._close()

    async def read(self) -> str:
        """See `CardReader.read`."""
        while not self._texts:
            if self._gone:
                raise ReaderGone(self._gone)
            self._came.clear()
            await self._came.wait()
        return self._texts.popleft()

    def _readable(self) -> None:
        try:
            came = os.read(self._fd, EVENT.size * _EVENTS)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(error.strerror or "it failed")
            return
        if not came:
            self._end("it was unplugged")
            return
        whole = self._rest + came
        usable = len(whole) - len(whole) % EVENT.size
        self._rest = whole[usable:]
        self._texts.extend(self._typed.take(whole[:usable]))
        self._came.set()

    def _end(self, why: str) -> None:
        self._gone = f"{self._path}: {why}"
        self._close()
        self._came.set()

    def _close(self) -> None:
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
