"""What a stream shows over seconds: that it comes round again (a loop, either way), that its frames are out of order, or cut."""

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
_CUT_S, _ALIKE = 0.25, 0.5
"""Within so many seconds two frames of one scene correlate: live clips by .66 at 5 frames a second, heads that fill the picture
and turn among them, and by .8 at 10; two clips by .46 at most. A change of the light alone changes nothing in it."""


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
        self.cut = False
        """Whether the newest frame shows another scene than the one before."""

    def update(self, time: float, thumb: Grey, box: Box) -> None:
        """Take in one frame; times rise. The box is the face's, in pixels of the thumb."""
        self.cut = False
        last = (self._count - 1) % _KEPT
        if self._count and time - self._times[last] < _SPACING:
            return
        flat = thumb.reshape(-1)
        if self._thumbs.shape[1] != flat.size:
            self._thumbs = np.zeros((_KEPT, flat.size), np.uint8)
        self._compare(time, flat)
        if self._count:
            kept = self._thumbs[: min(self._count, _KEPT)].reshape(-1, *thumb.shape)
            self._returns.update(time, thumb, kept, last, box)
            self.cut = time - self._times[last] <= _CUT_S and _correlation(flat, self._thumbs[last]) < _ALIKE
        self._thumbs[self._count % _KEPT], self._times[self._count % _KEPT] = flat, time
        self._count += 1

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


def _correlation(one: Grey, other: Grey) -> float:
    """Of two pictures, -1 to 1; 1 where one of them is of one grey all over."""
    left, right = one - np.float32(one.mean()), other - np.float32(other.mean())
    size = float(np.sqrt((left @ left) * (right @ right)))
    return float(left @ right) / size if size > 0 else 1.0
