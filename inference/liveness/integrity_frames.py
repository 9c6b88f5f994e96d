"""What single steps of a stream show: frames that repeat, and a still picture under noise. Pure.

A camera never gives the same picture twice, and what changes between two of its frames is movement, not noise alone.
"""

from collections import deque

import cv2
import numpy as np

from inference.luma import Grey

_SAME = 0.02
"""Mean difference in grey levels below which two frames are one."""
_DUPLICATED = 0.55
"""Share of repeated frames above which the stream is made up. Live cameras have none; a client that grabs frames faster than
its camera makes them may have half."""
_PAIRS_S, _FEWEST_PAIRS, _SHORTEST_S = 3.0, 12, 1.0
"""Window of pairs; judged from so many pairs over so many seconds on, so at 5 frames a second after 2.4 s."""

_SPACING = 1 / 16
"""Seconds between two frames whose difference is looked at: the closer they are, the more of it is noise."""
_CELL = 8
_NOISE = 2.0
"""Variance of the difference averaged over cells of 8x8, times 64, over its variance: 1 for white noise."""
_NOISE_S, _FEWEST_STEPS = 2.0, 8
_STILL, _NEARLY_STILL = 0.002, 0.0035
"""Standard deviation of the face's place over 2 s in eye distances. Live faces have .0039 and more; between the two it takes the
noise to show it, which alone would also be found where a person stands still before a bad camera."""


class DuplicateMeter:
    """Feed it every frame."""

    def __init__(self) -> None:
        self._last: Grey | None = None
        self._pairs: deque[tuple[float, bool]] = deque()

    def update(self, time: float, grey: Grey) -> None:
        """Take in one frame; times rise."""
        if self._last is not None and self._last.shape == grey.shape:
            self._pairs.append((time, float(cv2.mean(cv2.absdiff(grey, self._last))[0]) < _SAME))
        self._last = grey
        while self._pairs and self._pairs[0][0] < time - _PAIRS_S:
            self._pairs.popleft()

    @property
    def share(self) -> float:
        """Of repeated frames in the window; 0 while too little was seen."""
        if len(self._pairs) < _FEWEST_PAIRS or self._pairs[-1][0] - self._pairs[0][0] < _SHORTEST_S:
            return 0.0
        return sum(same for _, same in self._pairs) / len(self._pairs)

    @property
    def alarm(self) -> bool:
        """Whether too many frames repeat the one before."""
        return self.share > _DUPLICATED


class StillMeter:
    """Feed it every frame that shows the face."""

    def __init__(self) -> None:
        self._last: tuple[float, Grey] | None = None
        self._steps: deque[tuple[float, float]] = deque()
        self._places: deque[tuple[float, float, float]] = deque()

    def update(self, time: float, grey: Grey, place: tuple[float, float]) -> None:
        """Take in one frame; times rise.

        Args:
            time: seconds.
            grey: the reduced frame.
            place: centroid of the mesh, in eye distances.
        """
        self._places.append((time, *place))
        if self._last is None or self._last[1].shape != grey.shape:
            self._last = (time, grey)
        elif time - self._last[0] >= _SPACING:
            self._steps.append((time, movement(self._last[1], grey)))
            self._last = (time, grey)
        for values in (self._steps, self._places):
            while values and values[0][0] < time - _NOISE_S:
                values.popleft()

    @property
    def movement(self) -> float:
        """Median over the window of `movement`; infinite while too little was seen."""
        if not _covered(self._steps):
            return float("inf")
        return float(np.median([value for _, value in self._steps]))

    @property
    def spread(self) -> float:
        """Standard deviation of the face's place, in eye distances; infinite while too little was seen."""
        if not _covered(self._places):
            return float("inf")
        return float(np.sqrt(np.array([place[1:] for place in self._places]).var(axis=0).sum()))

    @property
    def alarm(self) -> bool:
        """Whether nothing moves but noise."""
        return self.spread < _STILL or (self.spread < _NEARLY_STILL and self.movement < _NOISE)


def _covered(values: "deque[tuple[float, float]] | deque[tuple[float, float, float]]") -> bool:
    return len(values) >= _FEWEST_STEPS and values[-1][0] - values[0][0] >= 0.75 * _NOISE_S


def movement(before: Grey, after: Grey) -> float:
    """How much of a difference hangs together: 1 for white noise, more where something moved, 0 for none at all."""
    off = np.asarray(cv2.subtract(after, before, dtype=cv2.CV_16S), np.int16)
    size = (off.shape[1] // _CELL, off.shape[0] // _CELL)
    cells = cv2.resize(off.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    spread = _variance(off)
    return _CELL**2 * _variance(cells) / spread if spread > 0 else 0.0


def _variance(values: cv2.typing.MatLike) -> float:
    return float(cv2.meanStdDev(values)[1][0, 0]) ** 2
