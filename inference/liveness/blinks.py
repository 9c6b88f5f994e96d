"""Counts blinks and long closures of one face from how open its eyes are. Pure: time and measures come in, counts go out.

The open eye's aspect ratio differs between people by a factor of two, so every threshold is a share of this person's own
open eyes. Eyes that were never seen open count nothing: the first open state has to last a moment before a closure counts.
"""

from collections import deque

import numpy as np

_BASE_WINDOW = 3.0
"""Seconds of open eyes that the base is taken over."""
_BASE_PERCENTILE = 80.0
_CLOSED = 0.55
_OPEN = 0.75
"""Shares of the base: closed below the first, open again above the second."""
_SHORTEST = 0.03
_LONGEST = 0.6
"""Seconds that a blink lasts; longer is a long closure."""
_STEADY_FPS = 15.0
"""Below this rate a blink may fall between frames: no shortest duration, and a longest of at least so many frames:"""
_SLOW_FRAMES = 2.5
_MOST_YAW = 20.0
_MOST_PITCH = 15.0
"""Degrees: yaw to the camera, and pitch off its median, past which the lids cannot be measured."""
_WARM_UP = 0.3
"""Seconds of open eyes before the base counts as known."""
_GAP = 1.0
"""Seconds without a usable frame after which an unfinished closure is dropped: nobody saw it end."""


class BlinkDetector:
    """Feed it every frame of one track, in order."""

    def __init__(self) -> None:
        self.blinks = 0
        self.long_closures = 0
        self._open: deque[tuple[float, float]] = deque()
        self._pitches: deque[tuple[float, float]] = deque()
        self._steps: deque[float] = deque(maxlen=15)
        self._last: float | None = None
        self._last_used: float | None = None
        self._closed_at: float | None = None
        self._base = 0.0

    @property
    def eyes_closed(self) -> bool:
        """Whether the eyes are closed now."""
        return self._closed_at is not None

    @property
    def closed_s(self) -> float:
        """Seconds for which the eyes were seen closed now; 0 while they are open."""
        if self._closed_at is None or self._last_used is None:
            return 0.0
        return self._last_used - self._closed_at

    @property
    def base(self) -> float:
        """The aspect ratio of this person's open eyes; 0 while it is not known."""
        return self._base

    def update(self, time: float, ratio: float, yaw: float, pitch: float) -> None:
        """Take in one frame.

        Args:
            time: of the frame, seconds; a frame that is not later than the one before is left out.
            ratio: eye aspect ratio, both eyes averaged.
            yaw: degrees, relative to the ray from the camera.
            pitch: degrees, relative to the ray from the camera.
        """
        if self._last is not None:
            if time <= self._last:
                return
            self._steps.append(time - self._last)
        self._last = time
        if not self._measurable(time, yaw, pitch):
            return
        if self._last_used is not None and time - self._last_used > _GAP:
            self._closed_at = None
        self._last_used = time
        self._judge(time, ratio)

    def _measurable(self, time: float, yaw: float, pitch: float) -> bool:
        _keep(self._pitches, time, pitch)
        median = float(np.median([value for _, value in self._pitches]))
        return abs(yaw) <= _MOST_YAW and abs(pitch - median) <= _MOST_PITCH

    def _judge(self, time: float, ratio: float) -> None:
        known = self._known()
        if self._closed_at is not None:
            if ratio > _OPEN * self._base:
                self._reopened(time - self._closed_at)
                self._closed_at = None
        elif known and ratio < _CLOSED * self._base:
            self._closed_at = time
        if self._closed_at is None:
            _keep(self._open, time, ratio)
            self._base = float(np.percentile([value for _, value in self._open], _BASE_PERCENTILE))

    def _known(self) -> bool:
        return bool(self._open) and self._open[-1][0] - self._open[0][0] >= _WARM_UP

    def _reopened(self, lasted: float) -> None:
        step = float(np.median(self._steps))
        slow = step > 1.0 / _STEADY_FPS
        longest = max(_LONGEST, _SLOW_FRAMES * step) if slow else _LONGEST
        if lasted > longest:
            self.long_closures += 1
        elif slow or lasted >= _SHORTEST:
            self.blinks += 1


def _keep(values: deque[tuple[float, float]], time: float, value: float) -> None:
    """Append, and forget what is older than the base's window."""
    values.append((time, value))
    while values[0][0] < time - _BASE_WINDOW:
        values.popleft()
