"""A frame reduced to what the integrity of a stream is judged on: small, grey, made once a frame. No judgement here."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from camera.frame import Image

WIDTH = 320
THUMB = 32

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Luma:
    """`grey` is 320 px wide (narrower frames stay as they are), `thumb` (32, 32); uint8 both, `scale` grey px per frame px."""

    grey: Grey
    thumb: Grey
    scale: float


def luma_of(image: Image) -> Luma:
    """Reduce a BGR frame."""
    scale = min(1.0, WIDTH / image.shape[1])
    small = image
    if scale < 1:
        size = (WIDTH, max(1, round(image.shape[0] * scale)))
        small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
    thumb = np.asarray(cv2.resize(grey, (THUMB, THUMB), interpolation=cv2.INTER_AREA), np.uint8)
    return Luma(grey, thumb, scale)
