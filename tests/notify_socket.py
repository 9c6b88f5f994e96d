"""systemd's end of a notify socket, as tests listen to it: a real datagram socket that a process is told by NOTIFY_SOCKET."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path


class NotifySocket:
    """What was told, message by message."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(path))

    def take(self) -> list[str]:
        """Everything so far."""
        with contextlib.suppress(BlockingIOError):
            while message := self._socket.recv(4096):
                self.told.append(message.decode())
        return self.told

    def count(self, message: str = "WATCHDOG=1") -> int:
        return sum(message in told.splitlines() for told in self.take())

    async def until(self, holds: Callable[["NotifySocket"], bool], seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while not holds(self):  # noqa: ASYNC110  # datagrams that wait are all there is to see
                await asyncio.sleep(0.02)

    def close(self) -> None:
        self._socket.close()


@contextlib.contextmanager
def listening(path: Path) -> Iterator[NotifySocket]:
    notified = NotifySocket(path)
    try:
        yield notified
    finally:
        notified.close()
