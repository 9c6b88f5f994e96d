"""How fast the camera delivers, against what is asked of it now. Pure but for what it is told."""

from collections import deque
from dataclasses import dataclass, field

from device.vision_link import VisionLink

RATE_S = 5.0
"""Seconds over which the camera's rate is taken."""
LEAST_SHARE = 0.5
"""Of the rate that is asked for, below which somebody should look at the camera, its cable and its light."""


@dataclass(slots=True)
class Rate:
    """Captures a second, by looks at a count that grows and that begins anew with each vision."""

    _seen: deque[tuple[float, int]] = field(default_factory=deque)
    _asked: float | None = None
    _asked_since: float = 0.0

    def note(self, now: float, captured: int, asked: float | None = None) -> None:
        """The count at this time, boot-time seconds; `asked`: the captures a second asked for now, None: none to hold it to."""
        if self._seen and captured < self._seen[-1][1]:
            self._seen.clear()
        if not self._seen or asked != self._asked:
            self._asked, self._asked_since = asked, now
        self._seen.append((now, captured))
        while now - self._seen[0][0] > RATE_S:
            self._seen.popleft()

    def per_second(self) -> float | None:
        """The rate; None before the second look."""
        if len(self._seen) < 2 or self._seen[-1][0] <= self._seen[0][0]:
            return None
        (began, first), (now, last) = self._seen[0], self._seen[-1]
        return round((last - first) / (now - began), 1)

    def short_of(self) -> tuple[float, float] | None:
        """The rate and the one asked for, where that has been the same for long enough and the rate is far below it."""
        rate, asked = self.per_second(), self._asked
        if rate is None or asked is None or self._seen[-1][0] - self._asked_since < RATE_S:
            return None
        return (rate, asked) if rate < asked * LEAST_SHARE else None


def wanted(link: VisionLink) -> float | None:
    """What a live camera is asked for now, heat taken off; None while nobody is there, when it may be slower."""
    hello, work = link.hello, link.progress.work
    return None if hello is None or not hello.live or work is None or work.idle else work.fps


def too_slow(rate: Rate) -> str:
    """What is wrong with the rate; empty where nothing is."""
    if (found := rate.short_of()) is None:
        return ""
    return f"the camera delivers less than half of the {found[1]:g} pictures a second asked for; look at its cable and its light"
