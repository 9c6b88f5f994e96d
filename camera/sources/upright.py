"""Turning pictures upright, for cameras that are mounted on their side. All sources rotate alike."""

from typing import Literal

import cv2
import numpy as np

from camera.frame import Image

Rotation = Literal[0, 90, 180, 270]

_CODES = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def upright(image: Image, rotate: Rotation) -> Image:
    """The picture turned clockwise by `rotate` degrees; the same array where there is nothing to turn."""
    return image if rotate == 0 else np.asarray(cv2.rotate(image, _CODES[rotate]), np.uint8)
