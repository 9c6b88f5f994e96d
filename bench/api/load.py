"""Many sockets that want more than there is: who gets how much, and whether the device's own work suffers."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from api.client import ApiClient
from bench.api.figures import fairness, spread
from bench.api.served import ENDLESS, WIDE, Device, made
from bench.api.traffic import Steady, judged_frames
from device.admin import AdminConnection
from device.config import load_config
from device.status_commands import Sight, WatchCamera

SOCKETS = 16
PER_S = 5.0
QUIET_S = 15.0
"""Seconds over which the camera's rate without any client is taken."""
_WARM_UP = 3


class Frames:
    """Counts the frames of the local camera that were looked at."""

    def __init__(self) -> None:
        self.seen = 0

    async def over(self, seconds: float) -> float:
        """Frames a second, over so long."""
        loop = asyncio.get_running_loop()
        before, began = self.seen, loop.time()
        await asyncio.sleep(seconds)
        return (self.seen - before) / (loop.time() - began)


@asynccontextmanager
async def watched(device: Device) -> AsyncIterator[Frames]:
    """What the local camera sees, counted while the context is open."""
    frames = Frames()

    async def count() -> None:
        replies = AdminConnection(load_config(device.config).admin_socket).perform(WatchCamera())
        async with aclosing(replies):
            async for reply in replies:
                frames.seen += isinstance(reply, Sight)

    task = asyncio.create_task(count())
    try:
        yield frames
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def probed(device: Device) -> AsyncIterator[list[dict[str, Any]]]:
    """/healthz asked meanwhile; what came of it is in the list once the context has ended."""
    address = urlsplit(device.address)
    command = (sys.executable, "-m", "bench.api.probe", str(address.hostname), str(address.port))
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    found: list[dict[str, Any]] = []
    try:
        yield found
        told, _ = await process.communicate(b"")
        found.append(json.loads(told))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def measure(images: Sequence[bytes], seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """`SOCKETS` sockets at `PER_S` for `seconds`, the same quiet time before for comparison."""
    with made(WIDE, ENDLESS) as device, device.run():
        async with ApiClient(device.address, device.api_key) as api, watched(device) as camera:
            say("the camera alone")
            quiet = await camera.over(min(seconds, QUIET_S))
            say("starting vision for clients")
            await judged_frames(device, "socket", SOCKETS, images, 0.1, _WARM_UP)
            say(f"{SOCKETS} sockets at {PER_S:g} a second for {seconds:g} s")
            clients = [Steady() for _ in range(SOCKETS)]
            async with probed(device) as health, asyncio.TaskGroup() as group:
                for number, client in enumerate(clients):
                    turned = [*images[number:], *images[:number]]
                    group.create_task(client.run(api, turned, PER_S, seconds))
                loaded = await camera.over(seconds)
    return summary(clients, health[0], quiet, loaded, seconds)


def summary(clients: Sequence[Steady], health: dict[str, Any], quiet: float, loaded: float, seconds: float) -> dict[str, Any]:
    """The figures of a run."""
    judged = [client.tally.judged for client in clients]
    codes: dict[str, int] = {}
    for client in clients:
        for code, count in client.tally.codes.items():
            codes[code] = codes.get(code, 0) + count
    return {
        "sockets": len(clients),
        "asked_per_s": PER_S,
        "seconds": seconds,
        "judged": judged,
        "judged_per_s": round(sum(judged) / seconds, 2),
        "fairness": fairness(judged),
        "codes": codes,
        "closed": [client.closed for client in clients if client.closed is not None],
        "server_errors": sum(client.tally.server_errors for client in clients) + health["failed"],
        "health_ms": spread(health["ms"]),
        "camera": {"quiet_per_s": round(quiet, 2), "loaded_per_s": round(loaded, 2), "drop": round(1 - loaded / quiet, 4)},
    }
