"""How much a face moves: nothing for a still picture with sensor noise, everything for a person standing still. Pure.

Reference level only: a photo that is moved in front of the camera moves too. It stands against a frozen stream.
"""

from collections import deque

import numpy as np

_WINDOW = 2.0
"""Seconds that are looked back over."""
_SHORTEST = 1.0
"""Seconds of face below which nothing is said."""
_FEWEST = 6
_SMOOTH = 0.25
_SMOOTH_FRAMES = 3
"""Seconds, and frames at least, of the moving average that goes first: the mesh jitters with sensor noise from frame to
frame, a person sways slowly. Without it a still picture under heavy noise (sigma 10 of 255) moves as much as a person."""
_STILL = 0.002
_ALIVE = 0.004
"""Standard deviation of the smoothed centroid in eye distances. Measured: still pictures up to .0018 with noise of sigma 10,
the stillest 2 s of live clips .0048."""


class MotionMeter:
    """Feed it every frame of one track, in order."""

    def __init__(self) -> None:
        self._places: deque[tuple[float, float, float, float]] = deque()

    def update(self, time: float, centre: tuple[float, float], eye_distance: float) -> None:
        """Take in one frame; one that is not later than the one before is left out.

        Args:
            time: of the frame, seconds.
            centre: centroid of all landmarks, pixels.
            eye_distance: pixels.
        """
        if self._places and time <= self._places[-1][0]:
            return
        self._places.append((time, *centre, eye_distance))
        while self._places[0][0] < time - _WINDOW:
            self._places.popleft()

    @property
    def spread(self) -> float:
        """Standard deviation of the smoothed centroid over the last 2 s, in eye distances; 0 while too little was seen."""
        if len(self._places) < _FEWEST or self._places[-1][0] - self._places[0][0] < _SHORTEST:
            return 0.0
        times, x, y, eyes = np.array(self._places).T
        width = min(len(x), max(_SMOOTH_FRAMES, round(_SMOOTH / float(np.median(np.diff(times))))))
        kernel = np.ones(width) / width
        variance = sum(float(np.convolve(axis, kernel, "valid").var()) for axis in (x, y))
        scale = float(np.median(eyes))
        return variance**0.5 / scale if scale > 0 else 0.0

    @property
    def score(self) -> float:
        """0 (a still picture) to 1 (moves at least as a person does who tries to stand still)."""
        return min(1.0, max(0.0, (self.spread - _STILL) / (_ALIVE - _STILL)))
