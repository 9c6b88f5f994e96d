"""How good a face is for recognition: size, pose, sharpness, exposure, clipping. Whether that is enough is not decided here.

Every score is a line through two measured points: .6 where an ordinary photo or webcam frame is still usable, and 1 where more
does not help. Tuned on web photos and webcam frames of which nearly all must pass, and on the same ones blurred and darkened.
"""

import cv2
import numpy as np
import numpy.typing as npt

from inference.mesh import Landmarks, eye_distance
from inference.observation import USABLE, Measure, Pose, Quality
from inference.patch import Patch

SCORE_USABLE = 0.6

_CORE = (slice(24, 104), slice(16, 96))
"""Forehead to chin, cheek to cheek: rows and columns of the patch without background and hair."""
_LEVEL_PITCH = -5.0
"""Degrees of pitch that the generic face gives people who look straight ahead (median of web photos and webcam frames)."""
_ROLL_WEIGHT = 0.7
"""Roll is undone by the alignment; it costs less than a turn."""

_SHARPNESS = ((0.1, 0.0), (0.205, 0.6), (0.31, 1.0))
_POSE = ((12.0, 1.0), (30.0, 0.6), (57.0, 0.0))
_DARK = ((15.0, 0.0), (45.0, 0.6), (80.0, 1.0))
_BRIGHT = ((180.0, 1.0), (225.0, 0.6), (255.0, 0.0))
_CLIPPED = ((0.1, 1.0), (0.45, 0.6), (0.9, 0.0))
_BLACK, _WHITE = 12, 250
"""Grey values at and beyond which a pixel shows nothing."""

Line = tuple[tuple[float, float], ...]
Grey = npt.NDArray[np.float32]


def assess(patch: Patch, landmarks: Landmarks, pose: Pose | None, min_eye_distance: float) -> Quality:
    """All measures of one face.

    Args:
        patch: the face, cut out of its frame.
        landmarks: its mesh, pixels of the frame.
        pose: its head pose; None, where the mesh fits no head, scores 0.
        min_eye_distance: pixels at which the size is just usable.
    """
    core = patch.grey[_CORE].astype(np.float32)
    measures = (
        _size(eye_distance(landmarks), min_eye_distance),
        _pose(pose),
        _sharpness(core),
        _exposure(core),
        _clipping(core),
    )
    return Quality(min(measure.score for measure in measures), measures)


def sharpness(core: Grey) -> float:
    """Fine against coarse detail, across or down, whichever has less: motion blurs one direction only.

    The spread of a band around 1.1 px over that of one around 2.5 px (differences of Gaussians), a ratio within one picture,
    so that neither contrast nor light matters. About .3 in sharp photos, .18 blurred by a Gaussian of 5 % of the eye distance
    or smeared over 20 % of it; the finest band is left out because it holds sensor noise.
    """
    return min(_detail(core), _detail(core.T))


def _detail(core: Grey) -> float:
    """The ratio of `sharpness` along the rows."""
    fine, middle, coarse = (cv2.GaussianBlur(core, (0, 0), sigmaX=sigma, sigmaY=0.8) for sigma in (0.8, 1.6, 4.0))
    return float(np.std(fine - middle) / (np.std(middle - coarse) + 2.0))


def turned(pose: Pose) -> float:
    """Degrees off a frontal face that cost recognition: the largest of yaw, pitch from level, and weighted roll."""
    return max(abs(pose.yaw), abs(pose.pitch - _LEVEL_PITCH), _ROLL_WEIGHT * abs(pose.roll))


def _size(distance: float, least: float) -> Measure:
    return _measure("size", distance, ((0.5 * least, 0.0), (least, SCORE_USABLE), (2.0 * least, 1.0)), "face_too_small")


def _pose(pose: Pose | None) -> Measure:
    return _measure("pose", 180.0 if pose is None else turned(pose), _POSE, "face_not_centered")


def _sharpness(core: Grey) -> Measure:
    return _measure("sharpness", sharpness(core), _SHARPNESS, "poor_image_quality")


def _exposure(core: Grey) -> Measure:
    mean = float(core.mean())
    dark, bright = _measure("exposure", mean, _DARK, "too_dark"), _measure("exposure", mean, _BRIGHT, "too_bright")
    return min(dark, bright, key=lambda measure: measure.score)


def _clipping(core: Grey) -> Measure:
    black, white = float(np.mean(core <= _BLACK)), float(np.mean(core >= _WHITE))
    return _measure("clipping", max(black, white), _CLIPPED, "too_dark" if black > white else "too_bright")


def _measure(name: str, value: float, line: Line, reason: str) -> Measure:
    """The score is the line's height at the value; outside the line its nearer end."""
    score = float(np.interp(value, [x for x, _ in line], [y for _, y in line]))
    return Measure(name, value, score, USABLE if score >= SCORE_USABLE else reason)
