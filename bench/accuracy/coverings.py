"""What the report draws over a face to see what it costs: a mask, sunglasses, darkness. On the mesh, seeded."""

import cv2
import numpy as np
import numpy.typing as npt

from camera.frame import Image
from inference.mesh import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS

CONDITIONS = ("mask", "sunglasses", "dark")
VERSION = 1
"""Of the drawings: another number, and nothing kept of earlier ones is used."""

Points = npt.NDArray[np.float32]

_MASK = (
    *(234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454),
    *(347, 343, 412, 197, 188, 114, 118),
)
"""Ear to ear below the chin, and back over the cheekbones and the nose's bridge."""
_EYES = ((33, 133, 159, 145), (362, 263, 386, 374))
_TEMPLES = (127, 356)
_SUPERSAMPLE = 16
_LIGHT = 0.08
"""Share of the light that darkness leaves."""
_READ_NOISE = 2.5
"""Standard deviation of the sensor's own noise, grey levels."""
_ELECTRONS = 8.0
"""Per grey level: the noise of light itself is the square root of the count."""


def draw(condition: str, image: Image, mesh: Points, seed: bytes) -> Image:
    """The picture with the condition drawn in.

    Args:
        condition: one of `CONDITIONS`.
        image: (height, width, 3) uint8 BGR.
        mesh: (478, 2) landmarks in its pixels.
        seed: decides colour and noise; the same seed draws the same.
    """
    random = np.random.default_rng(np.frombuffer(seed[:16], dtype=np.uint32))
    if condition == "mask":
        return _mask(image, mesh, random)
    if condition == "sunglasses":
        return _sunglasses(image, mesh, random)
    if condition == "dark":
        return _dark(image, random)
    raise ValueError(f"no condition {condition!r}; there are {', '.join(CONDITIONS)}")


def _mask(image: Image, mesh: Points, random: np.random.Generator) -> Image:
    """A surgical or cloth mask, lit as the face below it is, with three folds."""
    outline = mesh[list(_MASK)]
    middle = outline.mean(axis=0)
    shape = _filled(image, middle + (outline - middle) * 1.04)
    colour = np.array(((215, 190, 150), (235, 235, 235), (35, 32, 32))[int(random.integers(3))], dtype=np.float32)
    light = cv2.GaussianBlur(image.astype(np.float32).mean(axis=2), (0, 0), _width(mesh) / 3)
    cloth = colour * (0.35 + 0.65 * light / max(float(light.max()), 1.0))[..., None]
    for share in (0.3, 0.5, 0.7):
        ends = [mesh[a] * (1 - share) + mesh[b] * share for a, b in ((234, 172), (197, 152), (454, 397))]
        fold, thick = np.array(ends).astype(np.int32), max(1, round(_width(mesh) / 60))
        cv2.polylines(cloth, [fold], False, (colour * 0.6).tolist(), thick, cv2.LINE_AA)
    return _over(image, cloth, shape)


def _sunglasses(image: Image, mesh: Points, random: np.random.Generator) -> Image:
    """Two dark lenses of one of three sizes, a bridge, and sides to the temples."""
    span = float(np.linalg.norm(mesh[RIGHT_EYE_CORNERS[0]] - mesh[LEFT_EYE_CORNERS[1]]))
    wide, high = span * np.array(((0.26, 0.20), (0.28, 0.24), (0.30, 0.27)))[int(random.integers(3))]
    across = mesh[LEFT_EYE_CORNERS[1]] - mesh[RIGHT_EYE_CORNERS[0]]
    angle = float(np.degrees(np.arctan2(across[1], across[0])))
    down = np.array((-across[1], across[0])) / span * high * 0.25
    shape = np.zeros(image.shape[:2], dtype=np.uint8)
    lenses = [mesh[list(lids)].mean(axis=0) + down for lids in _EYES]
    thin = max(1, round(span / 35))
    for lens, temple in zip(lenses, _TEMPLES, strict=True):
        cv2.ellipse(shape, _ellipse(lens, wide, high, angle), (255,), -1, cv2.LINE_AA)
        cv2.line(shape, _pixel(lens - down), _pixel(mesh[temple]), (255,), thin, cv2.LINE_AA)
    cv2.line(shape, _pixel(lenses[0] - 2 * down), _pixel(lenses[1] - 2 * down), (255,), 2 * thin, cv2.LINE_AA)
    tint = np.array(((18, 16, 16), (25, 30, 45), (35, 25, 20))[int(random.integers(3))], dtype=np.float32)
    return _over(image, image.astype(np.float32) * 0.04 + tint, shape)


def _dark(image: Image, random: np.random.Generator) -> Image:
    """A twelfth of the light, the noise of light and sensor, and the gain that a camera answers with."""
    electrons = random.poisson(image.astype(np.float32) * (_LIGHT * _ELECTRONS)).astype(np.float32)
    levels = electrons / _ELECTRONS + random.normal(0, _READ_NOISE * _LIGHT * 4, image.shape).astype(np.float32)
    gain = min(4.0, 60.0 / max(float(levels.mean()), 1.0))
    return np.clip(levels * gain, 0, 255).astype(np.uint8)


def _ellipse(centre: Points, wide: float, high: float, angle: float) -> tuple[tuple[float, float], tuple[float, float], float]:
    return (float(centre[0]), float(centre[1])), (2 * wide, 2 * high), angle


def _width(mesh: Points) -> float:
    """Of the face, ear to ear, in pixels."""
    return float(np.linalg.norm(mesh[234] - mesh[454]))


def _filled(image: Image, outline: Points) -> npt.NDArray[np.uint8]:
    shape = np.zeros(image.shape[:2], dtype=np.uint8)
    cv2.fillPoly(shape, [(outline * _SUPERSAMPLE).astype(np.int32)], (255,), cv2.LINE_AA, shift=4)
    return shape


def _over(image: Image, cloth: npt.NDArray[np.float32], shape: npt.NDArray[np.uint8]) -> Image:
    share = shape.astype(np.float32)[..., None] / 255
    return np.clip(image * (1 - share) + cloth * share, 0, 255).astype(np.uint8)


def _pixel(point: Points) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
