"""The live socket of each session, on whichever listener: a newer one takes over. What sockets say is not known here."""

import asyncio
from typing import Protocol

from aiohttp import WSCloseCode

TAKEN_OVER = 4409


class Closable(Protocol):
    """A connection, as far as this is concerned."""

    async def close(self, code: int, why: str) -> None:
        """Close the socket; one that is closed stays so."""


class Sockets:
    """The live socket of each session."""

    def __init__(self) -> None:
        self._live: dict[str, Closable] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def enter(self, token: str, connection: Closable) -> None:
        """Make this the session's socket; the one before it is closed."""
        before, self._live[token] = self._live.get(token), connection
        if before is not None:
            await before.close(TAKEN_OVER, "taken over")

    def leave(self, token: str, connection: Closable) -> None:
        """No more; unless another has taken over meanwhile."""
        if self._live.get(token) is connection:
            del self._live[token]

    def drop(self, token: str, code: int, why: str) -> None:
        """Close a session's socket, if it has one. Nobody waits for a client that does not answer the goodbye."""
        connection = self._live.pop(token, None)
        if connection is not None:
            closing = asyncio.get_running_loop().create_task(connection.close(code, why), name="goodbye")
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def close_all(self) -> None:
        """Say goodbye to everybody: the server stops."""
        for connection in list(self._live.values()):
            await connection.close(WSCloseCode.GOING_AWAY, "shutting down")
        await asyncio.gather(*self._closing, return_exceptions=True)
