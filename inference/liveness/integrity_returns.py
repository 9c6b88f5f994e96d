"""Jumps of the picture to where it has been before: what parts of a recording, shown in another order, look like. Pure.

People come back to where they were, but not from one frame to the next.
"""

from collections import deque
from collections.abc import Callable
from statistics import median

import numpy as np
import numpy.typing as npt

from inference.luma import Grey
from inference.observation import Box

_STEPS, _FEWEST = 32, 4
"""Steps that a jump is measured by."""
_GAP_S = 0.5
"""Seconds between two frames after which anything may have moved."""
_JUMP, _FACE_JUMP = 1.5, 1.3
"""A jump is so many times the median step, of the whole picture and in the face's box: a lamp that goes on beside it is none."""
_NEAR, _FACE_NEAR = 0.4, 0.7
"""It has come back where an earlier frame is as near as this share of the jump, again of both."""
_LEAST = 0.5
"""Grey levels of a jump, on average: below that it is noise."""
_MOST, _WITHIN_S = 1, 3.0
"""Returns within so many seconds that are taken for chance. Live clips had 1 at 5 frames a second, and none at more."""
_FACE = 1.2
"""The box is so much larger than the face, and at least `_SMALLEST` cells."""
_SMALLEST = 6.0

Floats = npt.NDArray[np.float32]


class ReturnMeter:
    """Feed it every frame of one track that is kept, with the earlier ones: whoever comes changes the picture at once."""

    def __init__(self) -> None:
        self._steps: deque[tuple[float, float]] = deque(maxlen=_STEPS)
        self._time = float("-inf")
        self._returns: deque[float] = deque()

    def update(self, time: float, thumb: Grey, last: Grey, earlier: Callable[[], Grey], box: Box) -> None:
        """Take in one frame; times rise.

        Args:
            time: seconds.
            thumb: the frame, (n, n).
            last: the frame before.
            earlier: gives the frames of the track before it, (k, n, n), in any order.
            box: of the face, in pixels of the thumb.
        """
        face = _within(box, thumb.shape[0])
        step = float(_apart(thumb, last)[0]), float(_apart(thumb[face], last[face])[0])
        if time - self._time <= _GAP_S and self._is_jump(step):
            before = earlier()
            whole, near = _apart(thumb, before), _apart(thumb[face], before[(slice(None), *face)])
            back = (whole < _NEAR * step[0]) & (near < _FACE_NEAR * step[1])
            if back.any():
                self._returns.append(time)
        self._steps.append(step)
        self._time = time
        while self._returns and self._returns[0] < time - _WITHIN_S:
            self._returns.popleft()

    def _is_jump(self, step: tuple[float, float]) -> bool:
        if len(self._steps) < _FEWEST:
            return False
        whole, face = (median(each) for each in zip(*self._steps, strict=True))
        return bool(step[0] > max(_JUMP * whole, _LEAST) and step[1] > max(_FACE_JUMP * face, _LEAST))

    @property
    def count(self) -> int:
        """Of returns in the last seconds."""
        return len(self._returns)

    @property
    def alarm(self) -> bool:
        """Whether it happened too often for chance."""
        return self.count > _MOST


def _within(box: Box, size: int) -> tuple[slice, slice]:
    """Rows and columns."""

    def part(start: float, length: float) -> slice:
        half = max(_FACE * length, _SMALLEST) / 2
        middle = start + length / 2
        return slice(max(0, min(round(middle - half), size - 1)), max(1, min(round(middle + half), size)))

    return part(box.y, box.height), part(box.x, box.width)


def _apart(thumb: Grey, others: Grey) -> Floats:
    """Mean absolute difference from each, a change of the light left out; of one (n, n) or many (k, n, n)."""
    off = others.reshape(-1, thumb.size).astype(np.float32) - thumb.reshape(-1).astype(np.float32)
    off -= off.mean(axis=1, keepdims=True)
    return np.asarray(np.abs(off).mean(axis=1), np.float32)
