"""The live socket of each session, on whichever listener: a newer one takes over. What sockets say is not known here."""

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

    async def enter(self, token: str, connection: Closable) -> None:
        """Make this the session's socket; the one before it is closed."""
        before, self._live[token] = self._live.get(token), connection
        if before is not None:
            await before.close(TAKEN_OVER, "taken over")

    def leave(self, token: str, connection: Closable) -> None:
        """No more; unless another has taken over meanwhile."""
        if self._live.get(token) is connection:
            del self._live[token]

    async def drop(self, token: str, code: int, why: str) -> None:
        """Close a session's socket, if it has one."""
        connection = self._live.pop(token, None)
        if connection is not None:
            await connection.close(code, why)

    async def close_all(self) -> None:
        """Say goodbye to everybody: the server stops."""
        for connection in list(self._live.values()):
            await connection.close(WSCloseCode.GOING_AWAY, "shutting down")
