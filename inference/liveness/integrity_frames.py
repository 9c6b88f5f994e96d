"""What single steps of a stream show: frames that repeat, and a still picture under noise. Pure.

A camera never gives the same picture twice, and what changes between two of its frames is movement, not noise alone.
"""

from collections import deque

import cv2
import numpy as np

from inference.liveness.integrity_lag import LagMeter
from inference.luma import Grey
from inference.observation import Box

_SAME = 0.02
"""Mean difference in grey levels below which two frames are one."""
_DUPLICATED = 0.55
"""Share of repeated frames above which the stream is made up. Live cameras have none; a client that grabs frames faster than
its camera makes them may have half."""
_PAIRS_S, _FEWEST_PAIRS, _SHORTEST_S = 3.0, 12, 1.0
"""Window of pairs; judged from so many pairs over so many seconds on, so at 5 frames a second after 2.4 s."""

_PLACE_S, _FEWEST_PLACES = 2.0, 8
_STILL = 0.002
"""Standard deviation of the face's place over 2 s in eye distances. Live faces have .0039 and more; the mesh of a still
one trembles as much under noise."""


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
        self._places: deque[tuple[float, float, float]] = deque()
        self._lag = LagMeter()

    def update(self, time: float, grey: Grey, place: tuple[float, float], box: Box) -> None:
        """Take in one frame; times rise.

        Args:
            time: seconds.
            grey: the reduced frame.
            place: centroid of the mesh, in eye distances.
            box: of the face, in pixels of `grey`.
        """
        self._lag.update(time, grey, box)
        self._places.append((time, *place))
        while self._places[0][0] < time - _PLACE_S:
            self._places.popleft()

    @property
    def spread(self) -> float:
        """Standard deviation of the face's place, in eye distances; infinite while too little was seen."""
        places = self._places
        if len(places) < _FEWEST_PLACES or places[-1][0] - places[0][0] < 0.75 * _PLACE_S:
            return float("inf")
        return float(np.sqrt(np.array([place[1:] for place in places]).var(axis=0).sum()))

    @property
    def alarm(self) -> bool:
        """Whether nothing moves but noise."""
        return self.spread < _STILL or self._lag.frozen
