"""How much more a face changes over a second than from frame to frame: people do, a picture under noise does not. Pure."""

from collections import deque

import cv2
import numpy as np

from inference.luma import Grey
from inference.observation import Box

_CELL = 4
"""Pixels of the reduced frame that are averaged, across and down, before anything is compared: most noise goes."""
_SPACING, _STEP_MOST = 1 / 16, 0.5
"""Seconds between the two frames of a step, at least and at most."""
_LAG, _LAG_MOST = 1.0, 1.5
"""Seconds between the two frames that stand for what changes over a second."""
_WINDOW_S, _FEWEST = 2.0, 8
_GROWN = 1.15
"""What changes over a second over what changes from frame to frame, as variances: .9 to 1.09 for noise, encoded or not, 1.25 and
more for people, at 5 frames a second and under strong noise too."""
_NOISE = 12.0
"""What changes from frame to frame, averaged over cells, as a variance: noise of 12 grey levels leaves 6.5 at most. Where more
changes, somebody may move so fast that frames have nothing in common."""


class LagMeter:
    """Feed it every frame that shows the face."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, Grey]] = deque()
        self._pairs: deque[tuple[float, float, float]] = deque()
        """Time, and what changed in the face's box since the frame before, and since a second before."""

    def update(self, time: float, grey: Grey, box: Box) -> None:
        """Take in one frame; times rise.

        Args:
            time: seconds.
            grey: the reduced frame.
            box: of the face, in its pixels.
        """
        if self._kept and time - self._kept[-1][0] < _SPACING:
            return
        size = (max(1, grey.shape[1] // _CELL), max(1, grey.shape[0] // _CELL))
        cells = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        if self._kept and self._kept[-1][1].shape != cells.shape:
            self._kept.clear()
        while self._kept and self._kept[0][0] < time - _LAG_MOST:
            self._kept.popleft()
        while self._pairs and self._pairs[0][0] < time - _WINDOW_S:
            self._pairs.popleft()
        ago = [frame for at, frame in self._kept if at <= time - _LAG]
        if ago and time - self._kept[-1][0] <= _STEP_MOST:
            self._pairs.append((time, _changed(self._kept[-1][1], cells, box), _changed(ago[-1], cells, box)))
        self._kept.append((time, cells))

    @property
    def step(self) -> float:
        """Mean variance of what changes from frame to frame, grey levels squared; infinite while too little was seen."""
        pairs = self._pairs
        if len(pairs) < _FEWEST or pairs[-1][0] - pairs[0][0] < 0.75 * _WINDOW_S:
            return float("inf")
        return float(np.mean([step for _, step, _ in pairs]))

    @property
    def growth(self) -> float:
        """Of what changes over a second, the same, over `step`; infinite while too little was seen."""
        step = self.step
        # Where nothing changes from frame to frame, that is another alarm's.
        return float(np.mean([second for *_, second in self._pairs]) / step) if 0 < step < float("inf") else float("inf")

    @property
    def frozen(self) -> bool:
        """Whether nothing but noise changes."""
        return self.step < _NOISE and self.growth < _GROWN


def _changed(before: Grey, after: Grey, box: Box) -> float:
    """Variance of the difference within the box: a change of the light alone is none."""
    left, top = max(0, round(box.x / _CELL)), max(0, round(box.y / _CELL))
    right, bottom = round((box.x + box.width) / _CELL), round((box.y + box.height) / _CELL)
    one, other = before[top:bottom, left:right], after[top:bottom, left:right]
    if one.size == 0:
        return 0.0
    return float(cv2.meanStdDev(cv2.subtract(other, one, dtype=cv2.CV_16S))[1][0, 0]) ** 2
