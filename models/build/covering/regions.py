"""The three regions of a face, where they lie in its mesh, and when one counts as covered. Pure geometry; nothing is drawn here.

What counts, and what does not:
- eyes: most of either eye is hidden. Clear glasses, make-up and closed lids hide nothing.
- nose_mouth: most of the mouth or most of the nose's lower half is hidden. So a mask below the nose covers, one at the chin
  does not; a beard or a moustache is the person's own face.
- forehead: half of it or more is hidden by something that can be taken off. A fringe is the person's own hair and does not count
  there; the same hair across an eye does.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
import numpy.typing as npt

Mesh = npt.NDArray[np.float32]
"""(468, 2) x, y in pixels."""
Layer = npt.NDArray[np.float32]
"""(height, width) 0..1."""

REGIONS = ("eyes", "nose_mouth", "forehead")
"""In the order of the network's outputs."""

OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_EYE = (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382)
LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
NOSE = (195, 456, 429, 279, 331, 326, 2, 97, 102, 49, 209, 236)
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
HAIRLINE = (251, 284, 332, 297, 338, 10, 109, 67, 103, 54, 21)

PARTS: Mapping[str, tuple[tuple[int, ...], ...]] = {
    "eyes": (RIGHT_EYE, LEFT_EYE),
    "nose_mouth": (NOSE, LIPS),
    "forehead": (BROWS + HAIRLINE,),
}
"""A region is as hidden as the most hidden of its parts."""

_COVERED = {"eyes": 0.7, "nose_mouth": 0.7, "forehead": 0.5}
_FREE = {"eyes": 0.25, "nose_mouth": 0.25, "forehead": 0.2}
_SHIFT = 4
"""Bits of a pixel that OpenCV's points have after the point."""
_EYE_OPENING = 1.35
"""A closed or narrow eye has hardly an area of its own: lids count too."""


def polygon(points: npt.ArrayLike, side: int) -> Layer:
    """A filled polygon with soft edges: drawn at twice the size and averaged."""
    return _halved(side, lambda large: cv2.fillPoly(large, [_twice(points)], 255, cv2.LINE_AA, _SHIFT))


def stroke(points: npt.ArrayLike, thickness: float, side: int) -> Layer:
    """A poly-line as a layer, with soft edges; one thinner than half a pixel is fainter instead."""
    wide = max(1, round(thickness * 2))
    line = _halved(side, lambda large: cv2.polylines(large, [_twice(points)], False, 255, wide, cv2.LINE_AA, _SHIFT))
    return line * min(1.0, 2 * thickness)


def _twice(points: npt.ArrayLike) -> npt.NDArray[np.int32]:
    doubled = np.asarray(points, dtype=np.float64) * 2 + 0.5
    return np.asarray(np.round(np.clip(doubled, -5000, 5000) * (1 << _SHIFT)), dtype=np.int32)


def _halved(side: int, draw: Callable[[npt.NDArray[np.uint8]], object]) -> Layer:
    large = np.zeros((side * 2, side * 2), np.uint8)
    draw(large)
    return np.asarray(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), dtype=np.float32) / 255


def part_points(mesh: Mesh, part: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """(n, 2) outline of a part; an eye's is opened upwards and downwards."""
    points = mesh[list(part)].astype(np.float64)
    if part in PARTS["eyes"]:
        middle = points.mean(axis=0)
        width = float(np.hypot(*(points[0] - points[8])))
        direction = points - middle
        points = middle + direction * _EYE_OPENING + np.sign(direction) * [0, 0.06 * width]
    return points


def hidden_shares(hidden: Mapping[str, Layer], mesh: Mesh) -> dict[str, float]:
    """How much of each region is hidden, 0..1: its most hidden part.

    Args:
        hidden: what is hidden, for each region, as a layer of the picture.
        mesh: of the same picture.
    """
    shares = {}
    for region, parts in PARTS.items():
        layer = hidden[region]
        insides = [polygon(part_points(mesh, part), layer.shape[0]) for part in parts]
        shares[region] = max(float((inside * layer).sum() / max(inside.sum(), 1e-6)) for inside in insides)
    return shares


def labels(shares: Mapping[str, float]) -> npt.NDArray[np.float32]:
    """(3,) 1 covered, 0 free, -1 neither: half hidden, not to be learnt from nor counted."""
    verdicts = [1.0 if shares[r] >= _COVERED[r] else 0.0 if shares[r] <= _FREE[r] else -1.0 for r in REGIONS]
    return np.array(verdicts, dtype=np.float32)
