"""How much a frame is worth while nobody is there: a cheap look for motion, and now and then a full one. Pure but for OpenCV.

Awake, every frame goes through the pipeline. After some seconds without a face and without motion only the gate looks at frames;
whatever moves, or a face in one of the full looks (somebody may have come in the dark, slowly), wakes it with that very frame.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from camera.frame import Image

GRID = (32, 24)
"""Columns and rows of the picture's cells; each is a mean, in which a sensor's noise is gone."""
CHANGED = (4.0, 9.0)
"""Grey values by which a cell must differ from what is usual there: in the dark, and in good light."""
CHANGED_SHARE = 0.1
"""Between the two: this share of the picture's mean."""
SHARE = 0.01
"""Share of the cells that must: a head 3 m away, seen by a common camera, covers twice as much."""
SETTLE = 0.1
"""How fast what is usual follows what is seen, a frame."""
LOOK_S = 0.5
"""Seconds between two full looks while nothing moves."""

Cells = npt.NDArray[np.float32]


class MotionGate:
    """Whether something moves: cells that differ from what is usual, the change of the whole picture's light left out."""

    def __init__(self) -> None:
        self._usual: Cells | None = None
        self.grey = 0.0
        """Mean grey value of the last picture."""

    def moves(self, image: Image) -> bool:
        """Whether something moved in this frame; false for the first one."""
        cells = _cells(image)
        self.grey = float(cells.mean())
        if self._usual is None or self._usual.shape != cells.shape:
            self._usual = cells
            return False
        # Exposure and lamps change all cells alike, by a factor; a person does not.
        light = float(np.median((cells + 1.0) / (self._usual + 1.0)))
        moved = np.abs(cells - self._usual * light) > np.clip(CHANGED_SHARE * self.grey, *CHANGED)
        self._usual += SETTLE * (cells - self._usual)
        return bool(np.mean(moved) > SHARE)


def _cells(image: Image) -> Cells:
    # A thinned picture is enough, and costs a quarter.
    thinned = image[::2, ::2]
    if min(thinned.shape[:2]) == 0:
        return np.zeros(GRID[::-1], np.float32)
    small = np.asarray(cv2.resize(thinned, GRID, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(small.mean(axis=2), np.float32)


@dataclass
class Attention:
    """Decides frame by frame.

    Args:
        idle_after_s: seconds without a face and without motion after which it dozes; 0: never.
    """

    idle_after_s: float

    def __post_init__(self) -> None:
        self._gate = MotionGate()
        self._stirred: float | None = None
        self._looked = -1e9
        self.idle = False
        """Whether it dozes."""

    @property
    def grey(self) -> float | None:
        """Mean grey value of the last picture, 0..255; None where none was looked at for motion."""
        return None if self._stirred is None else self._gate.grey

    def worth(self, image: Image, time: float) -> bool:
        """Whether a frame is to go through the pipeline; `time` in seconds."""
        if not self.idle_after_s:
            return True
        if self._gate.moves(image) or self._stirred is None:
            self._stir(time)
        elif time - self._stirred > self.idle_after_s:
            self.idle = True
        if self.idle and time - self._looked < LOOK_S:
            return False
        self._looked = time
        return True

    def saw(self, time: float, *, faces: bool) -> None:
        """What the pipeline found in a frame that was worth it."""
        if faces:
            self._stir(time)

    def _stir(self, time: float) -> None:
        self._stirred, self.idle = time, False
