"""Sessions made, asked for and ended, each change durable before its answer; beside a bare aiohttp server in the same run."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bench.api.figures import spread
from bench.api.served import WIDE, made

CLIENTS = (1, 8)
_BODY = {"user_id": None, "require_liveness": True, "metadata": {"min_confidence": None}}
_WARM_UP = 20


@asynccontextmanager
async def echo() -> AsyncIterator[str]:
    """The address of a bare server."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.api.echo", stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.kill()
        await process.wait()


class Cycle:
    """Create, status, cancel over one HTTP client; the milliseconds of each call by name."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http = http
        self._address = address
        self.ms: dict[str, list[float]] = {"create": [], "status": [], "cancel": []}

    async def once(self) -> None:
        """One session's life."""
        made = await self._timed("create", "POST", "/api/auth/authentication/")
        path = f"/api/auth/session/{made.get('session_token', 'none')}/"
        await self._timed("status", "GET", path)
        await self._timed("cancel", "DELETE", path)

    async def _timed(self, name: str, method: str, path: str) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        body = _BODY if method == "POST" else None
        async with self._http.request(method, self._address + path, json=body) as response:
            said = await response.read()
            response.raise_for_status()
        self.ms[name].append((loop.time() - began) * 1000)
        found: dict[str, Any] = await response.json() if said else {}
        return found


async def cycles(address: str, api_key: str, clients: int, sessions: int) -> dict[str, Any]:
    """So many sessions by so many clients at once: times of the calls, and calls a second."""
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(headers={"X-API-Key": api_key}) as http:
        for _ in range(min(_WARM_UP, sessions)):
            await Cycle(http, address).once()
        cycle, left = Cycle(http, address), iter(range(sessions))

        async def client() -> None:
            for _ in left:
                await cycle.once()

        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(client())
        took = loop.time() - began
    every = [each for times in cycle.ms.values() for each in times]
    calls = {name: spread(times) for name, times in cycle.ms.items()}
    return {"ms": spread(every), "calls": calls, "per_s": round(len(every) / took, 1)}


async def measure(sessions: int, say: Callable[[str], None]) -> dict[str, Any]:
    """By number of clients at a time: the API, and the bare server."""
    found: dict[str, Any] = {}
    with made(WIDE) as device, device.run():
        async with echo() as bare:
            for clients in CLIENTS:
                say(f"{sessions} sessions, {clients} at a time")
                api = await cycles(device.address, device.api_key, clients, sessions)
                found[str(clients)] = {"api": api, "echo": await cycles(bare, device.api_key, clients, sessions)}
    return found
