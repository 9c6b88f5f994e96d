"""A lock that many may share, or one may have alone. Who takes it for what is not known here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class SharedLock:
    """Shared by any number at once, or had by one alone; who waits to be alone is passed by nobody. Not to be taken twice."""

    def __init__(self) -> None:
        self._gate = asyncio.Lock()
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Beside others, while nobody is alone."""
        async with self._gate:
            self._inside += 1
            self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Once everybody is out, and nobody comes in."""
        async with self._gate:
            await self._empty.wait()
            yield
