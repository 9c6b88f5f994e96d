"""Vision's end of the socket to control: what goes out, and how much of it may wait. What comes in is read by its owners.

What is only worth something now (observations, previews, heartbeats) is dropped and counted while control does not read;
what somebody waits for is delivered, and whoever delivers waits with it. So no more than a fixed amount ever waits.
"""

import asyncio
import os
from pathlib import Path
from typing import Self

from inference.channel import Heartbeat, Message, Work, encode

BACKLOG = 1024 * 1024
"""Bytes that may wait to be sent before what is new is dropped."""
CLOSE_S = 2.0
"""Seconds that the last messages have to get out."""
HEARTBEAT_S = 0.5

_STATM = Path("/proc/self/statm")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


class Outlet:
    """The connection to control. Everything here is called from the event loop's thread."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer
        self.dropped = 0
        """Messages that were not sent because control did not read."""

    @classmethod
    async def connect(cls, path: Path) -> Self:
        """Connect to control's socket.

        Raises:
            OSError: nobody listens there, or may not be spoken to.
        """
        return cls(*await asyncio.open_unix_connection(str(path)))

    def offer(self, message: Message) -> None:
        """Send what is worth something only now; dropped while too much waits."""
        if self._writer.is_closing():
            return
        if self._writer.transport.get_write_buffer_size() > BACKLOG:
            self.dropped += 1
            return
        self._writer.write(encode(message))

    async def deliver(self, message: Message) -> None:
        """Send, and wait until control has taken most of what waits.

        Raises:
            ConnectionError: control is gone.
        """
        self._writer.write(encode(message))
        await self._writer.drain()

    async def close(self) -> None:
        """Give what waits a moment to get out, then close."""
        try:
            async with asyncio.timeout(CLOSE_S):
                self._writer.close()
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()


def heartbeat(captured: int, dropped: int, work: Work | None = None) -> Heartbeat:
    """The sign of life at this moment, with the process's resident memory."""
    resident = int(_STATM.read_text(encoding="ascii").split()[1])
    return Heartbeat(captured=captured, dropped=dropped, resident_mb=round(resident * _PAGE_MB, 1), work=work)
