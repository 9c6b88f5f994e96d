"""What a stream shows over seconds: that it comes round again (a loop, either way), or that its frames are out of order."""

from collections import deque

import cv2
import numpy as np

from inference.liveness.integrity_returns import ReturnMeter
from inference.luma import Grey
from inference.observation import Box

_SPACING = 1 / 16
"""Seconds between two frames that are kept."""
_KEPT = 200
"""Frames kept, 12 s and more: longer loops are not seen."""
_AGO = 1.0
"""Seconds after which a frame counts as an earlier one."""
_WINDOW_S, _FEWEST = 1.2, 6
"""What the ratios are taken over."""
_LOOPED = 0.63
"""Difference from the nearest earlier frame over that from the frame before. Live streams have 1 and more."""
_ORDER_S, _FEWEST_ORDERED = 2.0, 18
_CLOSE = 0.11
"""Seconds between frames above which their order cannot be seen: people move on by then."""
_UNORDERED = 0.85
"""Difference from the frame before over that from three frames before: what moves on comes below 1."""
_MOVING = 0.8
"""Grey levels from frame to frame below which nothing moves that could be out of order."""


class TimeLine:
    """Feed it every frame that shows the face."""

    def __init__(self) -> None:
        self._thumbs = np.zeros((_KEPT, 0), np.uint8)
        self._times = np.full(_KEPT, np.inf)
        self._count = 0
        self._nearest: deque[tuple[float, float]] = deque()
        """Time, and difference from the nearest frame of at least a second before."""
        self._steps: deque[tuple[float, float, float]] = deque()
        """Time, and difference from the frame before, and from three before."""
        self._returns = ReturnMeter()
        self._since = 0
        """Frame with which the track at hand began."""

    def update(self, time: float, thumb: Grey, box: Box) -> None:
        """Take in one frame; times rise. The box is the face's, in pixels of the thumb."""
        last = (self._count - 1) % _KEPT
        if self._count and time - self._times[last] < _SPACING:
            return
        flat = thumb.reshape(-1)
        if self._thumbs.shape[1] != flat.size:
            self._thumbs = np.zeros((_KEPT, flat.size), np.uint8)
        self._compare(time, flat)
        if self._count > self._since:
            before = self._thumbs[last].reshape(thumb.shape)
            self._returns.update(time, thumb, before, lambda: self._of_track(thumb), box)
        self._thumbs[self._count % _KEPT], self._times[self._count % _KEPT] = flat, time
        self._count += 1

    def another_track(self) -> None:
        """The next frame shows somebody who was not followed before."""
        self._returns, self._since = ReturnMeter(), self._count

    def _of_track(self, like: Grey) -> Grey:
        """The frames of the track before the newest."""
        kept = np.arange(max(self._since, self._count - _KEPT), self._count) % _KEPT
        return np.asarray(self._thumbs[kept].reshape(-1, *like.shape), np.uint8)

    def _compare(self, time: float, flat: Grey) -> None:
        kept = min(self._count, _KEPT)
        if kept < 3:
            return
        apart = cv2.absdiff(self._thumbs[:kept], cv2.repeat(flat[None], kept, 1))
        off = cv2.reduce(apart, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[:, 0]
        self._steps.append((time, float(off[(self._count - 1) % _KEPT]), float(off[(self._count - 3) % _KEPT])))
        earlier = off[self._times[:kept] <= time - _AGO]
        if earlier.size:
            self._nearest.append((time, float(earlier.min())))
        while self._steps[0][0] < time - _ORDER_S:
            self._steps.popleft()
        while self._nearest and self._nearest[0][0] < time - _WINDOW_S:
            self._nearest.popleft()

    @property
    def novelty(self) -> float:
        """How far frames are from all earlier ones, over how far from the one before; infinite while too little was seen."""
        near = [value for _, value in self._nearest]
        if len(near) < _FEWEST or self._nearest[-1][0] - self._nearest[0][0] < 0.75 * _WINDOW_S:
            return float("inf")
        step = float(np.median([step for _, step, _ in self._steps]))
        # Where most frames repeat the one before, that is another alarm's.
        return float(np.median(near)) / step if step > 0 else float("inf")

    @property
    def looped(self) -> bool:
        """Whether what is shown was shown before."""
        return self.novelty < _LOOPED

    @property
    def disorder(self) -> float:
        """Difference from the frame before over that from three before; 0 while it cannot be told."""
        if len(self._steps) < _FEWEST_ORDERED:
            return 0.0
        times, near, far = np.array(self._steps).T
        if float(np.median(np.diff(times))) > _CLOSE or near.mean() < _MOVING or far.mean() <= 0:
            return 0.0
        return float(near.mean() / far.mean())

    @property
    def unordered(self) -> bool:
        """Whether frames do not follow from each other."""
        return self.disorder > _UNORDERED or self._returns.alarm
