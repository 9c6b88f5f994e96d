"""Connections that say nothing: closed when their first request does not come in time. Later ones are the server's keep-alive."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from api.ending import end

_LOOK_S = 0.5
"""How often connections are looked at, seconds."""


class Patience:
    """Knows which connections have made a request, and closes those that take too long over it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._asked: set[object] = set()

    def heard(self, request: web.BaseRequest) -> None:
        """A request came by this connection."""
        self._asked.add(request.protocol)

    @asynccontextmanager
    async def watching(self, server: web.Server | None) -> AsyncIterator[None]:
        """Close the server's silent connections until the context ends."""
        task = asyncio.create_task(self._watch(server)) if server is not None else None
        try:
            yield
        finally:
            if task is not None:
                await end(task)

    async def _watch(self, server: web.Server) -> None:
        clock = asyncio.get_running_loop().time
        since: dict[object, float] = {}
        while True:
            now, connections = clock(), server.connections
            since = {each: since.get(each, now) for each in connections}
            self._asked &= since.keys()
            for connection in connections:
                if connection not in self._asked and now - since[connection] > self._seconds:
                    connection.force_close()
            await asyncio.sleep(_LOOK_S)


PATIENCE = web.AppKey("patience", Patience)
