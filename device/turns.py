"""Whose frame `vision@remote` looks at next: sessions take turns, whoever sends most. What a frame is, is not known here."""

import asyncio
from collections import OrderedDict, deque


class Turns:
    """Gives turns round robin over streams: one to a stream at a time, and no more than `abreast` at once.

    Args:
        abreast: two keep vision busy: it has the next frame at hand while the answer to the last one travels.
    """

    def __init__(self, abreast: int = 2) -> None:
        self._free = abreast
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        """Streams in the order of their next turns, each with who waits for it."""
        self._taken: dict[str, deque[asyncio.Future[None]]] = {}
        """Streams that have a turn, each with who waits for its next one."""

    async def enter(self, stream: str) -> None:
        """Wait for the stream's turn, which lasts until `leave`."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line = self._taken[stream] if stream in self._taken else self._waiting.setdefault(stream, deque())
        line.append(turn)
        self._give()
        try:
            await turn
        except asyncio.CancelledError:
            # One that was given already must be given on; one that was not is passed over when its time comes.
            if not turn.cancelled():
                self.leave(stream)
            raise

    def leave(self, stream: str) -> None:
        """The stream's turn is over; who waits for its next one waits behind all others."""
        self._free += 1
        if line := self._taken.pop(stream):
            self._waiting[stream] = line
        self._give()

    def _give(self) -> None:
        while self._free and self._waiting:
            stream, line = self._waiting.popitem(last=False)
            while line:
                turn = line.popleft()
                if not turn.cancelled():
                    turn.set_result(None)
                    self._taken[stream] = line
                    self._free -= 1
                    break
