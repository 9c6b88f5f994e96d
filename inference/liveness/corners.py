"""Follows corners of the face's own picture while the head turns (Lucas-Kanade, checked forwards and backwards). Pure.

Corners show what the surface itself does; the mesh alone is a model's idea of a face, also where there is only paper.
"""

import cv2
import numpy as np
import numpy.typing as npt

from inference.mesh import FACE_OVAL, LEFT_EYE_RIM, MOUTH_RIM, RIGHT_EYE_RIM
from inference.patch import Grey, Patch

Pairs = npt.NDArray[np.float32]
"""(N, 2, 2) float32: where each corner was at the start, and where it is now, in pixels of the two patches."""

_MOST = 80
_LEAST = 16
"""Corners: how many are taken up, and below how many the track is lost."""
_QUALITY, _SPACING = 0.01, 4
"""Of Shi and Tomasi's corners: response against the best one's, and pixels between two."""
_WINDOW, _LEVELS = (13, 13), 2
_RETURN = 0.5
"""Pixels that a corner may come back beside where it was, followed forwards and backwards."""
_AROUND = 3
"""Pixels around eyes and mouth, which move by themselves, that are left out too."""


class CornerTrack:
    """Corners of one face from a first patch on. Feed it every further patch."""

    def __init__(self, patch: Patch) -> None:
        found = cv2.goodFeaturesToTrack(patch.grey, _MOST, _QUALITY, _SPACING, mask=skin(patch))
        places = np.zeros((0, 2), np.float32) if found is None else np.asarray(found, np.float32).reshape(-1, 2)
        self._first, self._now, self._grey = places, places, patch.grey

    @property
    def lost(self) -> bool:
        """Whether too few corners are left to say anything."""
        return len(self._now) < _LEAST

    def follow(self, patch: Patch, *, gap: bool = False) -> None:
        """Go on to the next patch; corners that are not found again there go, after a gap between the frames all."""
        if gap:
            self._first = self._now = self._now[:0]
        if not self.lost:
            there, forth = _flow(self._grey, patch.grey, self._now)
            back, home = _flow(patch.grey, self._grey, there)
            kept = forth & home & (np.hypot(*(back - self._now).T) <= _RETURN)
            self._first, self._now = self._first[kept], there[kept]
        self._grey = patch.grey

    def pairs(self) -> Pairs:
        """Where the corners that are left were at the start, and are now."""
        return np.stack([self._first, self._now], axis=1)


def skin(patch: Patch) -> Grey:
    """The patch's mask, (128, 112) uint8: 255 inside the face, 0 in eyes, mouth and outside."""
    mask = np.zeros_like(patch.grey)
    cv2.fillConvexPoly(mask, _outline(patch, FACE_OVAL), (255,))
    for part in (LEFT_EYE_RIM, RIGHT_EYE_RIM, MOUTH_RIM):
        outline = _outline(patch, part)
        cv2.fillConvexPoly(mask, outline, (0,))
        cv2.polylines(mask, [outline], isClosed=True, color=(0,), thickness=2 * _AROUND)
    return mask


def _outline(patch: Patch, part: tuple[int, ...]) -> npt.NDArray[np.int32]:
    return np.asarray(cv2.convexHull(np.clip(patch.points[list(part)], -500, 500).astype(np.int32)), np.int32)


def _flow(before: Grey, after: Grey, places: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        before, after, places[:, None], places[:, None].copy(), winSize=_WINDOW, maxLevel=_LEVELS
    )
    return np.asarray(there, np.float32)[:, 0], found[:, 0] == 1
