"""The portraits that the demo is rendered from: pictures, landmarks, depth and cut-out. How they move is not known here."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from camera.frame import Image
from camera.source import CameraAbsent

Floats = npt.NDArray[np.float32]

ASSETS = Path(__file__).parent / "assets"

DEPTH_STEP = 4
"""Pixels of the original portrait for one cell of the depth grid."""

OUTER_EYES = (33, 263)
"""FaceMesh landmarks of the outer corners of the eyes."""

CHIN, NOSE_BRIDGE = 152, 168


@dataclass(frozen=True, slots=True)
class Portrait:
    """One person's picture, ready to be warped.

    Attributes:
        image: (height, width, 3) uint8 BGR, as photographed, background included.
        sprite: (height, width, 4) float-free uint8 BGRA of the person alone, colours multiplied by opacity; it is larger than
            `image` by `pad` columns on the right and rows below, so that sleeves do not end in the picture.
        depth: (height, width) float32 of the sprite at a quarter of its size, pixels towards the camera.
        points: (478, 3) float32 FaceMesh landmarks in pixels of the image, z towards the camera.
        eye_distance: Pixels between the outer corners of the eyes.
    """

    image: Image
    sprite: npt.NDArray[np.uint8]
    depth: Floats
    points: Floats
    eye_distance: float


def hopper_path() -> Path:
    """The portrait of Grace Hopper that matplotlib ships, found without importing matplotlib.

    Raises:
        CameraAbsent: matplotlib is not installed, or without its sample data.
    """
    found = importlib.util.find_spec("matplotlib")
    for folder in (found.submodule_search_locations or []) if found else []:
        path = Path(folder, "mpl-data", "sample_data", "grace_hopper.jpg")
        if path.is_file():
            return path
    raise CameraAbsent("the demo needs matplotlib's sample portrait grace_hopper.jpg; install the base dependencies again")


def load(name: str) -> Portrait:
    """Load a portrait by its subject's id, `grace` or `collins`.

    Raises:
        CameraAbsent: the picture is not installed.
    """
    path = hopper_path() if name == "grace" else ASSETS / f"{name}.jpg"
    image = cv2.imread(str(path))
    if image is None:
        raise CameraAbsent(f"the demo's portrait {path} is missing or damaged")
    with np.load(ASSETS / f"{name}.npz") as stored:
        return _prepared(np.asarray(image, np.uint8), stored["landmarks"], stored["depth"], stored["opacity"], GROW[name])


GROW = {"grace": 1, "collins": 2}
"""The astronaut's face is small in her portrait: it is enlarged before it is warped, so that it stays sharp."""

PAD = 96


def _prepared(
    image: Image, points: Floats, depth: npt.NDArray[np.float16], opacity: npt.NDArray[np.uint8], grow: int
) -> Portrait:
    if grow > 1:
        size = (image.shape[1] * grow, image.shape[0] * grow)
        opacity = np.asarray(cv2.resize(opacity, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        larger = cv2.resize(image, size, interpolation=cv2.INTER_LANCZOS4)
        image = np.asarray(cv2.addWeighted(larger, 2.0, cv2.GaussianBlur(larger, (0, 0), 1.6), -1.0, 0), np.uint8)
    scaled = (points * grow).astype(np.float32)
    cells = DEPTH_STEP * grow // QUARTER
    grid = cv2.resize(depth.astype(np.float32) * grow, None, fx=cells, fy=cells, interpolation=cv2.INTER_LINEAR)
    return Portrait(
        image=image,
        sprite=_sprite(image, opacity),
        depth=np.asarray(cv2.copyMakeBorder(grid, 0, PAD // QUARTER, 0, PAD // QUARTER, cv2.BORDER_REPLICATE), np.float32),
        points=scaled,
        eye_distance=float(np.linalg.norm(scaled[OUTER_EYES[0], :2] - scaled[OUTER_EYES[1], :2])),
    )


QUARTER = 4


def _sprite(image: Image, opacity: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Cut the person out and carry the body on to the right and below, where the portrait ends."""
    colours = cv2.copyMakeBorder(image, 0, PAD, 0, PAD, cv2.BORDER_REPLICATE)
    alpha = cv2.copyMakeBorder(opacity, 0, PAD, 0, PAD, cv2.BORDER_REPLICATE)
    height, width = opacity.shape
    for column in range(PAD):
        # The shoulder falls away at a slant beyond the picture's edge.
        shift = min(2 * column, height)
        alpha[shift:, width + column] = alpha[: height + PAD - shift, width - 1]
        alpha[:shift, width + column] = 0
    faded = cv2.multiply(colours, cv2.merge([alpha] * 3), scale=1 / 255)
    return np.dstack([faded, alpha])
