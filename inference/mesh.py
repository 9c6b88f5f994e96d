"""What the points of MediaPipe's face mesh are called, and what is measured on them alone. No image and no model here."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inference.observation import Box

Landmarks = npt.NDArray[np.float32]
"""(478, 3) float32: x and y in pixels of the frame, z in the same scale (smaller is nearer to the camera)."""

POINTS = 478
RIGHT_EYE_CORNERS = (33, 133)
LEFT_EYE_CORNERS = (362, 263)
RIGHT_EYE = (33, 160, 158, 133, 153, 144)
LEFT_EYE = (362, 385, 387, 263, 373, 380)
RIGID = (1, 4, 5, 6, 168, 197, 33, 133, 362, 263, 61, 291, 10, 152)
"""Points that move little with expression: nose and bridge, eye and mouth corners, forehead, chin."""

FACE_OVAL = (
    *(10, 21, 54, 58, 67, 93, 103, 109, 127, 132, 136, 148, 149, 150, 152, 162, 172, 176, 234, 251, 284, 288, 297, 323, 332),
    *(338, 356, 361, 365, 377, 378, 379, 389, 397, 400, 454),
)
RIGHT_EYE_RIM = (7, 33, 133, 144, 145, 153, 154, 155, 157, 158, 159, 160, 161, 163, 173, 246)
LEFT_EYE_RIM = (249, 263, 362, 373, 374, 380, 381, 382, 384, 385, 386, 387, 388, 390, 398, 466)
MOUTH_RIM = (0, 17, 37, 39, 40, 61, 84, 91, 146, 181, 185, 267, 269, 270, 291, 314, 321, 375, 405, 409)
"""Outlines as sets of points, in no order."""


def eye_centres(landmarks: Landmarks) -> npt.NDArray[np.float32]:
    """(2, 2) float32: the middle between the corners of the person's right and left eye, in pixels."""
    right = landmarks[RIGHT_EYE_CORNERS, :2].mean(axis=0)
    left = landmarks[LEFT_EYE_CORNERS, :2].mean(axis=0)
    return np.array([right, left], dtype=np.float32)


def eye_distance(landmarks: Landmarks) -> float:
    """Pixels between the eye centres."""
    right, left = eye_centres(landmarks)
    return float(np.hypot(*(left - right)))


def centroid(landmarks: Landmarks) -> npt.NDArray[np.float32]:
    """(2,) float32: the mean of all points, in pixels."""
    return np.asarray(landmarks[:, :2].mean(axis=0), dtype=np.float32)


def box(landmarks: Landmarks) -> Box:
    """The smallest upright box around all points."""
    left, top = (float(value) for value in landmarks[:, :2].min(axis=0))
    right, bottom = (float(value) for value in landmarks[:, :2].max(axis=0))
    return Box(left, top, right - left, bottom - top)


def eye_aspect_ratio(landmarks: Landmarks) -> float:
    """How open the eyes are, both averaged: lid distance over eye width (Soukupová and Čech 2016).

    Open eyes have .16 to .34 between people, closed ones .02 to .08.
    """
    return (_aspect(landmarks, RIGHT_EYE) + _aspect(landmarks, LEFT_EYE)) / 2


def _aspect(landmarks: Landmarks, eye: Sequence[int]) -> float:
    points = landmarks[list(eye), :2].astype(np.float64)
    lids = np.hypot(*(points[1] - points[5])) + np.hypot(*(points[2] - points[4]))
    width = np.hypot(*(points[0] - points[3]))
    return float(lids / (2 * width)) if width > 0 else 0.0
