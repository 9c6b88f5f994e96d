"""A frame: one picture with its number and its time. What is in it is not known here."""

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""(height, width, 3) uint8, BGR as OpenCV has it, row 0 on top, upright, not mirrored."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One captured picture. `seq` rises by one a capture (gaps are drops); `time` is boot-time seconds, of the capture."""

    seq: int
    time: float
    image: Image
    view: Image | None = None
    """The same moment for people's eyes, where the camera makes a picture of its own for them; else it is `image`."""


def boot_time() -> float:
    """Seconds since boot, suspend included: the one clock that vision and control share."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
