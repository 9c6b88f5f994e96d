"""The demo's stage: the office behind whoever is there, the sensor's noise, and drawing one on the other."""

import cv2
import numpy as np
import numpy.typing as npt

from camera.frame import Image

NOISE = 2.2
"""Standard deviation of the sensor's noise, grey levels: a small camera indoors."""

MARGIN = 64
"""The noise is larger than the picture by this much and is shifted at random, which is cheaper than making it anew."""


class Stage:
    """Makes whole frames. The same seed makes the same frames.

    Args:
        width: Pixels across.
        height: Pixels down.
        seed: Of the noise.
    """

    def __init__(self, width: int, height: int, seed: int) -> None:
        self._room = office(width, height)
        self._size = (width, height)
        self._chance = np.random.default_rng(seed)
        grain = self._chance.normal(0.0, NOISE, (height + MARGIN, width + MARGIN, 3))
        # Demosaicing spreads each sensor cell's noise over its neighbours.
        grain = 0.6 * grain + 0.8 * cv2.GaussianBlur(grain, (0, 0), 0.7)
        self._grain = np.clip(np.rint(grain) + 128, 0, 255).astype(np.uint8)

    def frame(self, sprite: npt.NDArray[np.uint8] | None, top: int = 0, left: int = 0, light: float = 1.0) -> Image:
        """A new frame, (height, width, 3) uint8 BGR.

        Args:
            sprite: (rows, columns, 4) uint8 BGRA with colours multiplied by opacity; None leaves the room empty.
            top: Row of the frame at which the sprite begins.
            left: Column likewise.
            light: Brightness, 1 as photographed.
        """
        picture = self._room.copy()
        if sprite is not None:
            rows, columns = sprite.shape[:2]
            part = picture[top : top + rows, left : left + columns]
            blend(part, sprite)
        down, right = self._chance.integers(0, MARGIN, 2)
        width, height = self._size
        grain = self._grain[down : down + height, right : right + width]
        return np.asarray(cv2.addWeighted(picture, light, grain, 1.0, -128.0), np.uint8)


def blend(picture: Image, sprite: npt.NDArray[np.uint8]) -> None:
    """Draw a sprite with colours multiplied by opacity over a picture of the same size, in place."""
    shade = cv2.bitwise_not(cv2.cvtColor(cv2.extractChannel(sprite, 3), cv2.COLOR_GRAY2BGR))
    behind = cv2.multiply(picture, shade, scale=1 / 255)
    cv2.add(behind, cv2.cvtColor(sprite, cv2.COLOR_BGRA2BGR), dst=picture)


def office(width: int, height: int) -> Image:
    """An office out of focus, (height, width, 3) uint8 BGR: a wall in soft light, a door, a shelf with folders."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    light = 1.04 - 0.22 * np.hypot(x - 0.3, y - 0.2)
    picture = light[:, :, None] * np.array([188.0, 197.0, 202.0])

    def paint(left: float, top: float, right: float, bottom: float, colour: tuple[int, int, int]) -> None:
        corner, opposite = (int(left * width), int(top * height)), (int(right * width), int(bottom * height))
        cv2.rectangle(picture, corner, opposite, colour, cv2.FILLED)

    paint(0.03, 0.08, 0.2, 1.0, (120, 142, 158))
    paint(0.05, 0.11, 0.18, 1.0, (140, 163, 180))
    paint(0.8, 0.3, 1.0, 0.33, (96, 112, 124))
    for index, colour in enumerate([(120, 96, 70), (86, 110, 92), (90, 92, 150), (128, 122, 118)]):
        paint(0.82 + 0.042 * index, 0.14, 0.855 + 0.042 * index, 0.3, colour)
    return np.asarray(np.clip(cv2.GaussianBlur(picture, (0, 0), width / 90), 0, 255), np.uint8)
