"""The square crops that the passive network looks at: the face, and the face with what is around it. No network here."""

from dataclasses import dataclass

import cv2
import numpy as np

from camera.frame import Image
from inference.mesh import Landmarks, box

_SIDE = 1.045
"""Side of the square, in geometric means of the sides of the mesh's upright box."""
_DOWN = 0.013
"""How far the square's centre lies below the box's, in the same."""


@dataclass(frozen=True, slots=True)
class Square:
    """An upright square in pixels of the picture: its centre and its side."""

    x: float
    y: float
    side: float

    def inside(self, width: int, height: int) -> float:
        """Share of its area that lies within a picture of that size, 0..1."""
        across = min(self.x + self.side / 2, width) - max(self.x - self.side / 2, 0)
        down = min(self.y + self.side / 2, height) - max(self.y - self.side / 2, 0)
        return max(across, 0) * max(down, 0) / (self.side * self.side)


class CropError(ValueError):
    """The landmarks give no square, or the picture cannot hold it."""


def face_square(landmarks: Landmarks) -> Square:
    """The square around a face: within 3 % (standard deviation) that of the MiniFASNet pair.

    Theirs is (1.146 w, .882 h) of YuNet's box; on LFW, webcam frames and clips the mesh's box predicts its side and centre.

    Raises:
        CropError: the landmarks are not finite, or all at one place.
    """
    found = box(landmarks)
    size = float(np.sqrt(found.width * found.height))
    if not np.isfinite(size) or size < 1:
        raise CropError("the landmarks span no face")
    return Square(found.x + found.width / 2, found.y + found.height / 2 + _DOWN * size, _SIDE * size)


def crop(image: Image, square: Square, scale: float, side: int) -> Image:
    """(side, side, 3): the square enlarged `scale` times around its centre.

    Where that leaves the picture the crop is moved back into it and, where it is larger than the picture, made smaller:
    nothing is ever made up at the border. So a face near the border lies off the middle of its crop.

    Raises:
        CropError: the picture is smaller than 2 pixels.
    """
    height, width = image.shape[:2]
    length = min(square.side * scale, width - 1, height - 1)
    if length < 1:
        raise CropError("the picture is too small to cut a face out of it")
    left = min(max(square.x - length / 2, 0), width - 1 - length)
    top = min(max(square.y - length / 2, 0), height - 1 - length)
    part = image[int(top) : int(top + length) + 1, int(left) : int(left + length) + 1]
    return np.asarray(cv2.resize(part, (side, side), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
