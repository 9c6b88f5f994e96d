"""Where the head points, from the mesh and a generic face. What a pose means for quality or liveness is not decided here."""

import math

import cv2
import numpy as np
import numpy.typing as npt

from inference.mesh import RIGID, Landmarks
from inference.observation import Pose

_GENERIC_FACE = np.array(
    [
        (0.0, -1.126865, 7.475604),  # 1
        (0.0, -0.463170, 7.586580),  # 4
        (0.0, 0.365669, 7.242870),  # 5
        (0.0, 2.473255, 5.788627),  # 6
        (0.0, 3.271027, 5.236015),  # 168
        (0.0, 1.728369, 6.316750),  # 197
        (-4.445859, 2.663991, 3.173422),  # 33
        (-1.856432, 2.585245, 3.757904),  # 133
        (1.856432, 2.585245, 3.757904),  # 362
        (4.445859, 2.663991, 3.173422),  # 263
        (-2.456206, -4.342621, 4.283884),  # 61
        (2.456206, -4.342621, 4.283884),  # 291
        (0.0, 8.261778, 4.481535),  # 10
        (0.0, -9.403378, 4.264492),  # 152
    ]
)
"""The `RIGID` points of MediaPipe's canonical face model (Apache-2.0), cm: x to the person's left, y up, z to the camera."""

_NO_DISTORTION = np.zeros(4)


def head_pose(landmarks: Landmarks, width: int, height: int) -> Pose | None:
    """The head's pose relative to the ray from the camera to the face, by SQPNP (Terzakis and Lourakis 2020).

    Relative to the ray, because a flat frontal photo slid sideways would turn in the camera's own frame.

    Args:
        landmarks: the face, (478, 3), pixels.
        width: of the frame, pixels; the focal length is taken to be the longer side.
        height: of the frame, pixels.

    Returns:
        The pose in degrees, or None when the points fit no face in front of the camera.
    """
    focal = float(max(width, height))
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    points = np.ascontiguousarray(landmarks[RIGID, :2], dtype=np.float64)
    try:
        found, rotation, shift = cv2.solvePnP(_GENERIC_FACE, points, camera, _NO_DISTORTION, flags=cv2.SOLVEPNP_SQPNP)
    except cv2.error:
        return None
    if not found or not shift[2, 0] > 0:
        return None
    return _relative_to_ray(np.asarray(cv2.Rodrigues(rotation)[0]), shift[:, 0] / np.linalg.norm(shift))


def _relative_to_ray(turn: npt.NDArray[np.float64], ray: npt.NDArray[np.float64]) -> Pose:
    """Degrees from the way back to the camera to where the face points; `turn` is face to camera: x right, y down, z away."""
    forward, up, back = turn[:, 2], turn[:, 1], -ray
    yaw = _wrap(math.atan2(forward[0], -forward[2]) - math.atan2(back[0], -back[2]))
    pitch = _elevation(forward) - _elevation(back)
    roll = math.atan2(up[0], -up[1])
    return Pose(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))


def _elevation(direction: npt.NDArray[np.float64]) -> float:
    return math.atan2(-direction[1], math.hypot(direction[0], direction[2]))


def _wrap(angle: float) -> float:
    return math.remainder(angle, math.tau)
