"""How far to compensate a camera's own exposure so that a face, not the window behind it, is well lit. Pure: no camera here."""

import math
from dataclasses import dataclass

TARGET = 115.0
"""Mean grey of a well exposed face, 0..255: between `too_dark` and `too_bright` of `inference.quality`."""
GAMMA = 2.2
"""Of the pictures' transfer curve, about: twice the light is 2^(1/2.2) of the grey value."""
DEAD = 0.35
"""Stops of error that are left alone, so that the picture does not breathe."""
STEP = 0.5
"""Most stops to go in one step."""
PERIOD_S = 0.25
"""Seconds between two steps: an exposure takes a few frames to show."""
FORGET_S = 3.0
"""Seconds without a face after which the compensation goes."""


@dataclass
class Metering:
    """The compensation as it goes on; `lowest` and `highest` are the stops that the camera takes."""

    lowest: float = -2.0
    highest: float = 2.0
    compensation: float = 0.0
    _stepped: float = -1e9
    _met: float = -1e9

    def seen(self, grey: float | None, now: float) -> float | None:
        """The next compensation in stops, or None where nothing is to change.

        Args:
            grey: mean grey of the face, 0..255; None: nobody.
            now: seconds.
        """
        if grey is None:
            lapsed = self.compensation != 0.0 and now - self._met > FORGET_S
            return self._set(0.0, now) if lapsed else None
        self._met = now
        error = GAMMA * math.log2(TARGET / max(grey, 1.0))
        if abs(error) < DEAD or now - self._stepped < PERIOD_S:
            return None
        step = max(-STEP, min(STEP, error))
        return self._set(max(self.lowest, min(self.highest, self.compensation + step)), now)

    def _set(self, compensation: float, now: float) -> float | None:
        changed = compensation != self.compensation
        self.compensation, self._stepped = compensation, now
        return compensation if changed else None
