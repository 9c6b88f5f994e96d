"""Hours of visits in less time: the whole kiosk, the frames' times for a clock, a vision that reads as fast as it can.

Memory and frames are watched. Control is put together as `device.app` does, with all that runs by itself, and vision is its
process over its real socket; only time is not the machine's. Run as a program of its own, so that nothing else is in its memory:
`python -m bench.kiosk.soak CONFIG CLIP --seconds N`; prints a JSON document.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from camera.frame import boot_time
from device import app
from device.clock import SystemClock
from device.config import Config, load_config
from device.feed import Feed
from device.keeper import Keeper
from device.tasks import Tasks
from device.vision_link import VisionLink
from inference.observation import Observation

WARM = 0.25
"""Share of the run, and no less than `WARM_S`, after which memory should grow no more."""
WARM_S = 300.0
LOOK_S = 1.0
PATIENT = {"grace_s": 120.0, "progress_s": 900.0}
"""Restarts are not what is measured: a machine that is busy must not cause one."""
STARTING_S = 300.0
"""Seconds that vision may take to come up on a machine that is busy."""
STALE_S = 5.0
"""Age by the frames' clock above which an observation decides nothing: that clock runs several times faster than the socket."""


class FrameClock(SystemClock):
    """Time as the frames tell it, trusted as if an operator had set it."""

    def __init__(self) -> None:
        super().__init__()
        self.set_by_operator()
        self._boot = boot_time()
        self._ahead = time.time() - self._boot

    def boot(self) -> float:
        """Of the newest frame."""
        return self._boot

    def wall(self) -> float:
        """POSIX seconds, as far on as the frames are."""
        return self._boot + self._ahead

    def at(self, seconds: float) -> None:
        """A frame of this boot time was seen."""
        self._boot = max(self._boot, seconds)


class ClockedFeed(Feed[Observation]):
    """Sets the clock by each observation, then hands it on; counts them and the gaps between their numbers."""

    def __init__(self, clock: FrameClock) -> None:
        super().__init__()
        self._clock = clock
        self.seen = 0
        self.missed = 0
        self._last = 0

    def publish(self, item: Observation) -> None:
        """Hand it on."""
        self._clock.at(item.time)
        self.seen += 1
        self.missed += max(0, item.seq - self._last - 1) if item.seq > self._last else 0
        self._last = item.seq
        super().publish(item)


@dataclass
class Soak:
    """What was found so far."""

    lines: list[str] = field(default_factory=list)
    series: list[tuple[float, float, float]] = field(default_factory=list)
    """Clip seconds, and 10^6 bytes of control and of vision."""


async def soak(config: Config, seconds: float, most_s: float) -> dict[str, Any]:
    """Run until the frames' clock has gone so far, or the machine's by `most_s`."""
    clock, found = FrameClock(), Soak()
    async with AsyncExitStack() as stack:
        core = await app.make_core(config, stack, clock)
        link, store = core.camera.link, core.store
        feed = ClockedFeed(clock)
        link.observations = feed
        front = await app.make_front(core, stack, found.lines.append)
        clients = app.make_clients(core, front)
        desk = app.make_operators(core, front, clients.judge)
        tasks = await stack.enter_async_context(Tasks())
        app.start(tasks, core, front, clients)
        await app.listen(core, front, clients, desk, tasks, stack, found.lines.append)
        async with asyncio.timeout(STARTING_S):
            await link.connected.wait()
        took, began = await _watch(clock, (seconds, most_s), core.camera.supervisor, link, found)
        visits = await store.visits(limit=1, newest_first=True)
        result = _summary(found, clock.boot() - began, took, feed)
        return {**result, "log": visits[0][0] if visits else 0}


def patient(config: Config, clip: Path) -> Config:
    """The same, with the clip as fast as it can be read, and rules that bear a clock which is not the machine's."""
    config = config.with_camera(str(clip))
    fast = config.camera.model_copy(update={"pace": "fast", "loop": True})
    watch = config.watch.model_copy(update=PATIENT)
    kiosk = config.kiosk.model_copy(update={"stale_s": STALE_S})
    return config.model_copy(update={"camera": fast, "watch": watch, "kiosk": kiosk})


async def _watch(
    clock: FrameClock, limits: tuple[float, float], supervisor: Keeper, link: VisionLink, found: Soak
) -> tuple[float, float]:
    """Look at memory until the time is over; how long that took by the machine's clock, and when it began by the frames'."""
    own, began, started = psutil.Process(), clock.boot(), time.monotonic()
    while clock.boot() - began < limits[0] and time.monotonic() - started < limits[1]:
        await asyncio.sleep(LOOK_S)
        found.series.append((clock.boot() - began, own.memory_info().rss / 1e6, link.progress.resident_mb))
        if supervisor.condition.restarts or supervisor.down.is_set():
            raise RuntimeError(f"vision was started again: {supervisor.condition.message}")
    return time.monotonic() - started, began


def _summary(found: Soak, clip_s: float, took_s: float, feed: ClockedFeed) -> dict[str, Any]:
    warm = max(WARM_S, WARM * clip_s) if clip_s > 2 * WARM_S else clip_s / 2
    after = [look for look in found.series if look[0] >= warm]
    decided = [line.split()[0] for line in found.lines]
    return {
        "clip_s": round(clip_s),
        "took_s": round(took_s),
        "rate": round(clip_s / took_s, 2),
        "frames": feed.seen,
        "missed_frames": feed.missed,
        "granted": decided.count("granted"),
        "refused": decided.count("refused"),
        "growth_mb": {"control": _growth(after, 1), "vision@camera": _growth(after, 2)},
        "series_mb": [[round(value, 1) for value in look] for look in found.series[:: max(1, len(found.series) // 60)]],
    }


def _growth(looks: list[tuple[float, float, float]], column: int) -> float:
    """Between the least of the first tenth and the least of the last: a moment's buffers are no growth."""
    tenth = max(1, len(looks) // 10)
    return round(min(look[column] for look in looks[-tenth:]) - min(look[column] for look in looks[:tenth]), 2)


def main() -> int:
    """Run it on a device that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--most", type=float, default=float("inf"), help="seconds of the machine's time")
    given = parser.parse_args()
    config = patient(load_config(given.config, os.environ), given.clip)
    print(json.dumps(asyncio.run(soak(config, given.seconds, given.most))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
