"""Whether a face that turned did so as a head or as a picture on a plane does. Pure; lengths are in outer eye distances.

Two views of a plane are one homography apart (Hartley and Zisserman, 2.2), two views of a head are not. A bent print lies
between: it is a head of little depth.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.mesh import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, RIGID

Points = npt.NDArray[np.float32]
Pairs = npt.NDArray[np.float32]

MESH, NOSE, CORNERS, OUTLIERS = 0.05, 0.195, 0.03, 0.45
"""What a head must reach, all four. Measured (`make bench-cues`) between looking ahead and the extreme: 95 % of rendered heads at
least .054, .197, .050, .62; flat pictures turned to 35 degrees at most .033, .11, .024, .38. Bent prints lie between, up to .041,
.15, .052, .54; one wrapped around something as round as a head may come nearer still."""

NOSE_TIP = 1
_OUTER = (RIGHT_EYE_CORNERS[0], LEFT_EYE_CORNERS[1])
_OFF = 0.02
"""Eye distances off the homography that make a corner an outlier."""


@dataclass(frozen=True, slots=True)
class Depth:
    """What two views of a face say of its depth, in outer eye distances."""

    mesh: float
    """Residual of the mesh's rigid points."""
    nose: float
    """How far the tip of the nose moved between the eyes."""
    corners: float | None
    """Residual of tracked corners; None where they were lost."""
    outliers: float | None
    """Share of those corners that fit no common plane."""


def measure(before: Points, after: Points, corners: Pairs | None) -> Depth:
    """Compare two views.

    Args:
        before: mesh of the face that looks ahead, (478, 2) pixels.
        after: mesh of the turned face.
        corners: (N, 2, 2) corners tracked from the first to the second.
    """
    mesh, nose = mesh_residual(before, after), abs(nose_ratio(after) - nose_ratio(before))
    if corners is None:
        return Depth(mesh, nose, None, None)
    unit = outer_eye_distance(after)
    first, now = corners[:, 0], corners[:, 1]
    return Depth(mesh, nose, homography_residual(first, now, unit), outlier_share(first, now, unit))


def solid(depth: Depth) -> bool | None:
    """Whether it turned as a head does; None where the track of corners was lost."""
    if depth.corners is None or depth.outliers is None:
        return None
    return depth.mesh >= MESH and depth.nose >= NOSE and depth.corners >= CORNERS and depth.outliers >= OUTLIERS


def outer_eye_distance(points: Points) -> float:
    """Pixels between the outer corners of the eyes, of a mesh (478, 2)."""
    return float(np.hypot(*(points[_OUTER[1]] - points[_OUTER[0]])))


def mesh_residual(before: Points, after: Points) -> float:
    """Root mean square distance of the rigid points from the best homography between two meshes, (478, 2) each."""
    return homography_residual(before[list(RIGID)], after[list(RIGID)], outer_eye_distance(after))


def homography_residual(before: Points, after: Points, unit: float) -> float:
    """The same of any points, (N, 2) each, N >= 5, in units of `unit` pixels; 0 where nothing fits."""
    found, _ = cv2.findHomography(before.astype(np.float64), after.astype(np.float64), 0)
    if found is None or unit <= 0:
        return 0.0
    off = after - cv2.perspectiveTransform(before[None].astype(np.float64), found)[0]
    return float(np.sqrt((off**2).sum(axis=1).mean()) / unit)


def outlier_share(before: Points, after: Points, unit: float) -> float:
    """Share of the points that the homography most of them agree on leaves out (RANSAC), 0..1."""
    found, inliers = cv2.findHomography(before.astype(np.float64), after.astype(np.float64), cv2.RANSAC, _OFF * unit)
    return 0.0 if found is None else float(1 - inliers.mean())


def nose_ratio(points: Points) -> float:
    """Where the tip of the nose stands between the outer corners of the eyes: 0 at the right one's, 1 at the left one's."""
    right, left = points[_OUTER[0]].astype(np.float64), points[_OUTER[1]].astype(np.float64)
    across = left - right
    length = float(across @ across)
    return float((points[NOSE_TIP] - right) @ across) / length if length > 0 else 0.5
