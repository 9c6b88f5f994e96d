"""Closing a portrait's eyes: a lid of the person's own skin, with its row of lashes, slides over each eye."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from camera.frame import Image
from camera.sources.demo_portraits import Floats, Portrait

RIGHT = ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133))
LEFT = ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263))
"""FaceMesh landmarks of each eye's upper and lower rim, from left to right in the picture."""

MEET = 0.97
"""Where the lids meet, from the upper (0) to the lower rim (1): the lower lid hardly moves."""


@dataclass(frozen=True, slots=True)
class Lid:
    """What one eye needs: where it is in the portrait, its rims per column, and the lid as it is when closed."""

    rows: slice
    columns: slice
    open: Image
    closed: Image
    y: Floats
    x: Floats
    top: Floats
    meet: Floats
    cover: Floats


class Eyelids:
    """Both lids of one portrait; paints them into a sprite."""

    def __init__(self, portrait: Portrait) -> None:
        self._lids = [_lid(portrait, *rims) for rims in (RIGHT, LEFT)]
        self._line = 0.012 * portrait.eye_distance

    def paint(self, sprite: npt.NDArray[np.uint8], closure: float) -> None:
        """Draw the eyes into the sprite (BGRA, written in place), closed by `closure`, 0 (open) to 1."""
        for lid in self._lids:
            target = sprite[lid.rows, lid.columns, :3]
            target[:] = lid.open if closure <= 0.0 else self._drawn(lid, min(closure, 1.0))

    def _drawn(self, lid: Lid, closure: float) -> Image:
        edge = lid.top + closure * (lid.meet - lid.top)
        slid = cv2.remap(lid.closed, lid.x, lid.y + lid.meet - edge, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        above_edge = np.clip((edge - lid.y) / max(self._line, 1.0) + 0.5, 0.0, 1.0)
        cover = (above_edge * lid.cover * min(1.0, closure / 0.2))[:, :, None]
        return (slid * cover + lid.open * (1.0 - cover)).astype(np.uint8)


def _lid(portrait: Portrait, upper: tuple[int, ...], lower: tuple[int, ...]) -> Lid:
    points, unit = portrait.points, portrait.eye_distance
    corners = points[[upper[0], upper[-1]], 0]
    left, right = int(corners[0] - 0.06 * unit), int(corners[1] + 0.06 * unit)
    first = int(points[list(upper), 1].min() - 0.06 * unit)
    last = int(points[list(lower), 1].max() + 0.05 * unit)
    x, y = np.meshgrid(np.arange(right - left, dtype=np.float32), np.arange(last - first, dtype=np.float32))
    top, bottom = (np.interp(x[0] + left, points[list(rim), 0], points[list(rim), 1]) - first for rim in (upper, lower))
    meet = top + MEET * (bottom - top)
    wide = np.broadcast_to
    height = np.maximum(bottom - top, 0.0)
    # The lid covers the lashes above the open eye; beyond the corners, where the rims meet, it fades out.
    above = np.clip((y - wide(top, y.shape) + 0.035 * unit) / (0.03 * unit), 0.0, 1.0)
    cover = above * np.clip(wide(height, y.shape) / (0.02 * unit), 0.0, 1.0)
    box = portrait.image[first:last, left:right]
    return Lid(
        rows=slice(first, last),
        columns=slice(left, right),
        open=box.copy(),
        closed=_closed(portrait, x, y, wide(meet, y.shape), wide(bottom, y.shape), (left, first)),
        y=y,
        x=x,
        top=wide(top, y.shape).astype(np.float32),
        meet=wide(meet, y.shape).astype(np.float32),
        cover=cover.astype(np.float32),
    )


def _closed(portrait: Portrait, x: Floats, y: Floats, meet: Floats, bottom: Floats, origin: tuple[int, int]) -> Image:
    """The closed lid: the skin below the eye mirrored upwards (real texture), with a shadow at the lashes and the crease."""
    unit = portrait.eye_distance
    mirrored_y = bottom + 0.03 * unit + np.maximum(meet - y, 0.0) * 0.8
    skin = cv2.remap(
        portrait.image, (x + origin[0]).astype(np.float32), (mirrored_y + origin[1]).astype(np.float32), cv2.INTER_LINEAR
    ).astype(np.float32)
    smooth = cv2.GaussianBlur(skin, (0, 0), 0.03 * unit)
    skin = smooth + 0.6 * (skin - cv2.GaussianBlur(skin, (0, 0), 0.015 * unit))
    lashes = 0.72 * np.exp(-(((y - meet + 0.012 * unit) / (0.019 * unit)) ** 2))
    return np.asarray(np.clip(skin * (1.0 - lashes)[:, :, None], 0, 255), np.uint8)
