"""systemd's end of a notify socket, as tests listen to it: a real datagram socket that a process is told by NOTIFY_SOCKET."""

import asyncio
import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path


class NotifySocket:
    """What was told, message by message. It is read at once, as systemd does: whoever tells into a full socket waits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._over, self._end = socket.socketpair()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while self._over not in (ready := select.select([self._socket, self._over], [], [])[0]):
            assert ready
            self.told.append(self._socket.recv(4096).decode())

    def count(self, message: str = "WATCHDOG=1") -> int:
        return sum(message in told.splitlines() for told in list(self.told))

    async def until(self, holds: Callable[["NotifySocket"], bool], seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while not holds(self):  # noqa: ASYNC110  # datagrams that wait are all there is to see
                await asyncio.sleep(0.02)

    def close(self) -> None:
        self._end.close()
        self._reader.join()
        self._over.close()
        self._socket.close()


@contextlib.contextmanager
def listening(path: Path) -> Iterator[NotifySocket]:
    notified = NotifySocket(path)
    try:
        yield notified
    finally:
        notified.close()
