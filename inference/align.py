"""Cuts an embedding network's chip out of a picture, by a similarity from landmarks to the template. No network here."""

import cv2
import numpy as np
import numpy.typing as npt

from camera.frame import Image
from inference.manifest import Alignment

Points = npt.NDArray[np.float64]
"""(N, 2) float64: x, y in pixels."""
Similarity = npt.NDArray[np.float64]
"""(2, 3) float64: [[a, -b, tx], [b, a, ty]], maps (x, y, 1)."""

_LARGEST_STEP = 2.0
"""Picture pixels per chip pixel above which bilinear sampling skips pixels and costs up to .008 of cosine."""

_SMALLEST_STEP = 0.01
"""Picture pixels per chip pixel below which the landmarks span a pixel or two: no face."""


class AlignmentError(ValueError):
    """The landmarks determine no similarity: too few, not finite, or all at one place."""


def fit_similarity(source: npt.ArrayLike, target: npt.ArrayLike) -> Similarity:
    """Least-squares similarity (rotation, uniform scale, shift; no reflection) that takes `source` points to `target`.

    Closed form with points as complex numbers, equal to Umeyama (1991) restricted to proper rotations in the plane.

    Args:
        source: (N, 2) points, N >= 2.
        target: (N, 2) points.

    Raises:
        AlignmentError: not finite, or the source points coincide.
    """
    both = np.array([source, target], dtype=np.float64)
    if not np.isfinite(both).all():
        raise AlignmentError("the landmarks are not finite")
    z, w = both @ np.array([1, 1j])
    centred = z - z.mean()
    spread = float(np.vdot(centred, centred).real)
    if spread < 1e-9:
        raise AlignmentError("the landmarks determine no similarity: all are at one place")
    turn = np.vdot(centred, w - w.mean()) / spread
    shift = w.mean() - turn * z.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def template_points(landmarks: npt.ArrayLike, alignment: Alignment) -> Points:
    """The template's points in the picture: each the mean of its landmarks.

    Args:
        landmarks: (N, 2) or (N, 3) FaceMesh landmarks in pixels of the picture; columns past x, y are not looked at.
        alignment: the template.

    Raises:
        AlignmentError: fewer landmarks than the template refers to.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    highest = max(max(indices) for indices in alignment.landmarks)
    if points.ndim != 2 or points.shape[0] <= highest or points.shape[1] < 2:
        raise AlignmentError(f"landmarks of shape {points.shape}; the template needs number {highest}")
    return np.array([points[list(indices), :2].mean(axis=0) for indices in alignment.landmarks])


def warp(image: Image, chip_to_image: Similarity, width: int, height: int) -> Image:
    """Sample a chip of `width` x `height` from the picture: bilinear, black outside, halved first while more than 2:1."""
    matrix = chip_to_image.copy()
    while np.hypot(matrix[0, 0], matrix[1, 0]) > _LARGEST_STEP and min(image.shape[:2]) > 2:
        # pyrDown keeps pixel (2x, 2y) at (x, y), so coordinates halve without an offset.
        image = np.asarray(cv2.pyrDown(image), dtype=np.uint8)
        matrix /= 2.0
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    chip = cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(chip, dtype=np.uint8)


def align(image: Image, landmarks: npt.ArrayLike, alignment: Alignment, width: int, height: int) -> Image:
    """The face's chip, (height, width, 3) uint8 BGR.

    The fit runs from chip to picture, so that the error it minimises is in picture pixels, as when the targets were measured.

    Raises:
        AlignmentError: the landmarks determine no similarity.
    """
    fit = fit_similarity(alignment.targets, template_points(landmarks, alignment))
    if np.hypot(fit[0, 0], fit[1, 0]) < _SMALLEST_STEP:
        raise AlignmentError("the landmarks make no face: all are at one place")
    return warp(image, fit, width, height)
