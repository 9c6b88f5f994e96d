"""Turning pictures upright, for cameras on their side or behind a mirror. All sources turn alike."""

from typing import Literal

import cv2
import numpy as np

from camera.controls import Area
from camera.frame import Image

Rotation = Literal[0, 90, 180, 270]

_CODES = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def upright(image: Image, rotate: Rotation, *, mirror: bool = False) -> Image:
    """The picture turned clockwise by `rotate` degrees, then mirrored if so told; the same array where nothing is to be done."""
    turned = image if rotate == 0 else cv2.rotate(image, _CODES[rotate])
    return np.asarray(cv2.flip(turned, 1) if mirror else turned, np.uint8)


def on_sensor(area: Area, rotate: Rotation, *, mirror: bool = False) -> Area:
    """Where an area of the upright picture lies in the picture as the sensor has it."""
    if mirror:
        area = Area(1 - area.x - area.width, area.y, area.width, area.height)
    match rotate:
        case 90:
            return Area(area.y, 1 - area.x - area.width, area.height, area.width)
        case 180:
            return Area(1 - area.x - area.width, 1 - area.y - area.height, area.width, area.height)
        case 270:
            return Area(1 - area.y - area.height, area.x, area.height, area.width)
        case _:
            return area
