"""How many frames a second are looked at: fewer while the board is hot or held back. Pure: the sensors are read elsewhere."""

from dataclasses import dataclass

from inference.thermal import Heat

BELOW_C = 7.0
"""Degrees below `hot_c` from which the rate is lowered already, so that the firmware need not."""
COOLER_C = 3.0
"""Degrees that it must have cooled before a step is taken back."""
EASED_SHARE = 2 / 3
LEAST_FPS = 10.0
"""Natural blinks need as many; no heat makes it less, as nobody could get in any more."""


@dataclass
class Governor:
    """The rate as it goes on.

    Args:
        full_fps: the configured rate.
        hot_c: degrees Celsius at which only the least is done.
    """

    full_fps: float
    hot_c: float
    level: int = 0
    """0 full rate, 1 eased, 2 the least."""

    def feel(self, heat: Heat) -> int:
        """Take in what the board says; the level from now on."""
        wanted = max(self._by_heat(heat.celsius), _by_firmware(heat.throttled))
        self.level = wanted
        return wanted

    @property
    def fps(self) -> float:
        """Frames a second to look at."""
        shares = (self.full_fps, self.full_fps * EASED_SHARE, LEAST_FPS)
        return min(self.full_fps, max(LEAST_FPS, shares[self.level]))

    def _by_heat(self, celsius: float | None) -> int:
        if celsius is None:
            return 0
        limits = (self.hot_c - BELOW_C, self.hot_c)
        # On the way down each limit lies a little lower.
        return sum(celsius >= limit - (COOLER_C if self.level > number else 0.0) for number, limit in enumerate(limits))


def _by_firmware(throttled: tuple[str, ...]) -> int:
    if "throttled" in throttled:
        return 2
    return 1 if throttled else 0
