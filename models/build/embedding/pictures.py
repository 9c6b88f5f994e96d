"""Seeded pictures on which implementations of a network are compared: nobody's face."""

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
COUNT = 20


def pictures(height: int, width: int, count: int = COUNT, seed: int = 20240) -> list[Image]:
    """Coloured noise of several grains, RGB: nobody's face, yet with edges and areas."""
    random = np.random.default_rng(seed)
    grains = random.integers(4, 40, count)
    noise = [random.integers(0, 256, (grain, grain, 3), dtype=np.uint8) for grain in grains]
    return [np.asarray(cv2.resize(n, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8) for n in noise]
