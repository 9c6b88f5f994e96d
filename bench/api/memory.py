"""Resident memory of control and both vision instances over many short socket sessions."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from typing import Any

from api.client import ApiClient
from bench.api.served import WIDE, Settings, made
from bench.kiosk_run import Running

FIRST = 100
FRAMES = 3
"""Frames of a session."""
AT_ONCE = 4
KEPT: Settings = {"watch": {"remote_idle_s": 3600}}
"""The same vision@remote from the first session to the last."""
SETTLE_S = 70.0
"""Control remembers ended sessions for a minute and forgets them in sweeps: only what stays after that has grown."""
_LOOK_S = 0.25
_LOOKS = 8


async def resident(kiosk: Running) -> dict[str, float]:
    """The least of some looks at each process, 10^6 bytes: a moment's buffers are no growth."""
    looks = []
    for _ in range(_LOOKS):
        looks.append(kiosk.resident_mb())
        await asyncio.sleep(_LOOK_S)
    return {name: round(min(look[name] for look in looks if name in look), 2) for name in looks[-1]}


async def sessions(api: ApiClient, images: Sequence[bytes], count: int) -> None:
    """So many sessions, a few at once: created, a socket, some frames, cancelled."""
    left = iter(range(count))
    pictures = cycle(images)

    async def client() -> None:
        for _ in left:
            created = await api.authenticate()
            async with api.stream(created) as socket:
                for image in islice(pictures, FRAMES):
                    await socket.send(image)
            await api.cancel(created.session_token)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(AT_ONCE, count)):
            group.create_task(client())


async def measure(images: Sequence[bytes], count: int, settle_s: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Memory after the first `FIRST` sessions and after `count`, each time once ended sessions are forgotten."""
    series = {}
    first = min(FIRST, count // 2)
    with made(WIDE, KEPT) as device, device.run() as kiosk:
        async with ApiClient(device.address, device.api_key) as api:
            for done in range(first, count + 1, first):
                say(f"{done - first} of {count} sessions")
                await sessions(api, images, first)
                series[done] = kiosk.resident_mb()
                if done == first:
                    say(f"{first} sessions; waiting until they are forgotten")
                    await asyncio.sleep(settle_s)
                    before = await resident(kiosk)
            say(f"{count} sessions; waiting until they are forgotten")
            await asyncio.sleep(settle_s)
            after = await resident(kiosk)
    return {
        "first": first,
        "sessions": done,
        "before_mb": before,
        "after_mb": after,
        "growth_mb": {name: round(after[name] - before[name], 2) for name in before if name in after},
        "series_mb": {str(number): {name: round(each, 1) for name, each in look.items()} for number, look in series.items()},
    }
