"""Those that the report lets judge the same frames: the shipped network, its float32, the teacher; and boxes that are off."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from camera.frame import Image
from inference.liveness.crops import CropError, Square, crop, face_square
from inference.liveness.network import PassiveNetwork
from inference.mesh import Landmarks

TEACHER = (("minifasnet_v2_scale2.7_80x80.onnx", 2.7), ("minifasnet_v1se_scale4.0_80x80.onnx", 4.0))
"""The MiniFASNet pair: file, and how much it enlarges the square."""
_SIDE, _LIVE = 80, 1

Judge = Callable[[Image, Square], float]
"""That the face in a square is live, 0..1."""


class Teacher:
    """The MiniFASNet pair, run by OpenCV: the mean of both networks' probability of a live face."""

    def __init__(self, folder: Path) -> None:
        """`FileNotFoundError`: it is not there."""
        paths = [folder / name for name, _ in TEACHER]
        if missing := [path for path in paths if not path.is_file()]:
            raise FileNotFoundError(missing[0])
        self._networks = [cv2.dnn.readNetFromONNX(str(path)) for path in paths]

    def __call__(self, image: Image, square: Square) -> float:
        """The score of one face."""
        return float(np.mean([self._one(number, image, square) for number in range(len(self._networks))]))

    def _one(self, number: int, image: Image, square: Square) -> float:
        chip = crop(image, square, TEACHER[number][1], _SIDE).astype(np.float32)
        self._networks[number].setInput(np.ascontiguousarray(chip.transpose(2, 0, 1)[None]))
        logits = self._networks[number].forward()[0]
        powers = np.exp(logits - logits.max())
        return float(powers[_LIVE] / powers.sum())


JITTERS: dict[str, tuple[float, float, float]] = {
    **{f"scale {scale:.1f}": (scale, 0.0, 0.0) for scale in (0.8, 0.9, 1.1, 1.2)},
    **{f"{name} {share:+.1f}": (1.0, *moved) for name, share, moved in (
        ("across", -0.1, (-0.1, 0.0)), ("across", 0.1, (0.1, 0.0)), ("down", -0.1, (0.0, -0.1)), ("down", 0.1, (0.0, 0.1)),
    )},
}  # fmt: skip
"""Scale of the box, and how far it is moved across and down, in sides."""


def jittered(square: Square, jitter: tuple[float, float, float]) -> Square:
    """The box as another finder might have it."""
    scale, across, down = jitter
    return Square(square.x + across * square.side, square.y + down * square.side, square.side * scale)


@dataclass(frozen=True, slots=True)
class Scored:
    """What everybody says of one frame."""

    shipped: float
    others: dict[str, float]
    jittered: dict[str, float]
    """By jitter; a box that the jitter moves out of the picture has none."""


@dataclass(slots=True)
class Recorder:
    """Stands where the pipeline's passive network stands, and lets the others judge the same face of the same frame."""

    network: PassiveNetwork
    others: dict[str, Judge] = field(default_factory=dict)
    rows: list[Scored] = field(default_factory=list)

    def score(self, image: Image, landmarks: Landmarks) -> float:
        """The shipped network's score."""
        square = face_square(landmarks)
        shipped = self.network.score_square(image, square)
        moved = {name: self._moved(image, jittered(square, jitter)) for name, jitter in JITTERS.items()}
        others = {name: judge(image, square) for name, judge in self.others.items()}
        self.rows.append(Scored(shipped, others, {name: score for name, score in moved.items() if score is not None}))
        return shipped

    def close(self) -> None:
        """The networks are the caller's."""

    def _moved(self, image: Image, square: Square) -> float | None:
        try:
            return self.network.score_square(image, square)
        except CropError:
            return None


Values = npt.NDArray[np.float64]
