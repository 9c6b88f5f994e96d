"""The MiniFASNet pair as what it is here: a teacher that is asked, and never shipped. Its input is the square box."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inference.liveness.crops import Square, crop

Floats = npt.NDArray[np.float32]
SIDE = 80
FILES = (
    ("minifasnet_v2_scale2.7_80x80.onnx", "7886c41b", 2.7),
    ("minifasnet_v1se_scale4.0_80x80.onnx", "e67aedf7", 4.0),
)
"""File, the first digits of its sha256, and how much it enlarges the box."""
_FEATURES = "onnx_node!/bn/BatchNormalization"
LIVE = 1
"""Index of the live class of three."""


class TeacherError(Exception):
    """A teacher's file is absent or another."""


class Teachers:
    """Both networks. Owned by the thread that asks."""

    def __init__(self, folder: Path) -> None:
        self._networks = [(cv2.dnn.readNetFromONNX(str(_checked(folder / name, digest))), scale) for name, digest, scale in FILES]

    def ask(self, picture: npt.NDArray[np.uint8], square: Square) -> tuple[Floats, Floats]:
        """Logits (2, 3) and features (2, 128) of the two for one face.

        Raises:
            CropError: the square does not fit the picture.
        """
        answers = [_forward(network, crop(picture, square, scale, SIDE)) for network, scale in self._networks]
        return np.stack([logits for logits, _ in answers]), np.stack([features for _, features in answers])


def live(logits: Floats) -> Floats:
    """(...) probability of a live face: the mean of both networks' softmax, for logits (..., 2, 3)."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray((powers / powers.sum(axis=-1, keepdims=True))[..., LIVE].mean(axis=-1), dtype=np.float32)


def _forward(network: cv2.dnn.Net, chip: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
    network.setInput(np.ascontiguousarray(chip.astype(np.float32).transpose(2, 0, 1)[None]))
    logits, features = network.forward(["logits", _FEATURES])
    return logits[0].copy(), features[0].copy()


def _checked(path: Path, digest: str) -> Path:
    if not path.is_file():
        raise TeacherError(f"no teacher at {path}")
    if not hashlib.sha256(path.read_bytes()).hexdigest().startswith(digest):
        raise TeacherError(f"{path} is another file than the recipe's teacher")
    return path
