"""The face patch: a face in grey, upright and of one size, with its mesh. Quality and the tracking of corners look at it."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from camera.frame import Image
from inference.align import fit_similarity, warp
from inference.mesh import Landmarks, eye_centres

WIDTH, HEIGHT = 112, 128
EYES = ((36.0, 44.0), (76.0, 44.0))
"""Where the eye centres stand: 40 px apart, so that no measure depends on size."""
_REACH = 2.9
"""Eye distances from an eye to the patch's farthest corner, however the face is rolled."""

Grey = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Patch:
    """A cut-out face: `grey` is (128, 112) uint8, `points` the mesh in its pixels, (478, 2) float32."""

    grey: Grey
    points: Points


def cut(image: Image, landmarks: Landmarks) -> Patch:
    """The patch of one face.

    Args:
        image: the frame, BGR.
        landmarks: its mesh, pixels.

    Raises:
        AlignmentError: the landmarks are not finite.
    """
    eyes = eye_centres(landmarks)
    to_frame = fit_similarity(EYES, eyes)
    # Only what the patch can reach is halved where the face is large; a frame of 2 megapixels would cost more than the rest.
    reach = _REACH * float(np.hypot(*(eyes[1] - eyes[0])))
    left, top = (int(value) for value in np.maximum(0, eyes.min(axis=0) - reach))
    right, bottom = (int(value) for value in np.maximum(1, eyes.max(axis=0) + reach))
    near = image[top:bottom, left:right]
    points = _inside(landmarks, to_frame)
    if near.size == 0:
        return Patch(np.zeros((HEIGHT, WIDTH), np.uint8), points)
    to_near = to_frame - np.array([[0, 0, left], [0, 0, top]])
    grey = cv2.cvtColor(warp(near, to_near, WIDTH, HEIGHT), cv2.COLOR_BGR2GRAY)
    return Patch(np.asarray(grey, np.uint8), points)


def _inside(landmarks: Landmarks, to_frame: npt.NDArray[np.float64]) -> Points:
    inverse = cv2.invertAffineTransform(to_frame)
    return np.asarray(landmarks[:, :2] @ inverse[:, :2].T + inverse[:, 2], np.float32)
