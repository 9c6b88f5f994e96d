"""The last hour of a few numbers about the device, for small plots."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from camera.frame import boot_time
from device.health import DeviceHealth
from device.vision_link import VisionLink

Gauge = Callable[[], float | None]
STEP_S = 10.0
KEPT = 360
"""Looks that are kept: an hour."""


class History:
    """Looks at gauges again and again.

    Args:
        gauges: name → what it says now, None where it says nothing.
        boot: boot-time seconds.
    """

    def __init__(self, gauges: Mapping[str, Gauge], boot: Callable[[], float]) -> None:
        self._gauges = gauges
        self._boot = boot
        self._looks: deque[tuple[float, tuple[float | None, ...]]] = deque(maxlen=KEPT)

    async def run(self) -> None:
        """Look every ten seconds, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(STEP_S)

    def look(self) -> None:
        """Look now."""
        self._looks.append((self._boot(), tuple(gauge() for gauge in self._gauges.values())))

    def series(self) -> dict[str, Sequence[tuple[float, float | None]]]:
        """Name → (seconds ago, value), oldest first; gauges that never said anything are left out."""
        now = self._boot()
        found = {
            name: [(round(now - at, 1), values[index]) for at, values in self._looks] for index, name in enumerate(self._gauges)
        }
        return {name: series for name, series in found.items() if any(value is not None for _, value in series)}


class PerSecond:
    """A gauge of how fast a count grows between two looks; nothing where it began anew, as with a new process."""

    def __init__(self, count: Callable[[], int], boot: Callable[[], float]) -> None:
        self._count = count
        self._boot = boot
        self._before: tuple[float, int] | None = None

    def __call__(self) -> float | None:
        """Per second, since the last look."""
        before, self._before = self._before, (self._boot(), self._count())
        if before is None or self._before[1] < before[1] or self._before[0] <= before[0]:
            return None
        return round((self._before[1] - before[1]) / (self._before[0] - before[0]), 2)


def gauges(link: VisionLink, health: DeviceHealth) -> Mapping[str, Gauge]:
    """What is plotted: captures a second, and the hottest sensor, degrees Celsius."""
    return {"camera_fps": PerSecond(lambda: link.progress.captured, boot_time), "temperature_c": health.temperature}
