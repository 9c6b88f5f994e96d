"""Photos that are held before the camera and turned: flat and bent sheets, seen by a pinhole camera. Nothing is judged here."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from bench.cues.motion import Pose
from camera.frame import Image

BORDER = 0.08
"""Of white paper around the picture, in units of its width."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Held:
    """How a sheet is held."""

    eyes: float
    """Pixels between the eyes when it faces the camera."""
    focal: float
    """Of the camera, pixels."""
    bend: float = 0.0
    """Radians that it is bent about its upright axis over one eye distance; > 0: its middle bulges towards the camera."""


class Sheet:
    """A photo on paper.

    Args:
        photo: the picture, BGR.
        eyes: the eye centres in it, (2, 2) pixels.
    """

    def __init__(self, photo: Image, eyes: npt.NDArray[np.float32]) -> None:
        border = int(BORDER * photo.shape[1])
        edges = (border, border, border, border)
        paper = cv2.copyMakeBorder(photo, *edges, cv2.BORDER_CONSTANT, value=(222, 226, 228))
        self._paper = np.dstack([paper, np.full(paper.shape[:2], 255, np.uint8)])
        self._middle = eyes.mean(axis=0) + border
        self._between = float(np.hypot(*(eyes[1] - eyes[0])))

    def draw(self, held: Held, pose: Pose, width: int, height: int) -> npt.NDArray[np.uint8]:
        """(height, width, 4) BGRA, colours multiplied by opacity; a pose's degrees are > 0 as a head's."""
        across, down = self._hit(held, pose, width, height)
        x, y = (across + self._middle[0]).astype(np.float32), (down + self._middle[1]).astype(np.float32)
        drawn = cv2.remap(self._paper, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        opacity = cv2.merge([drawn[:, :, 3]] * 3)
        return np.dstack([cv2.multiply(drawn[:, :, :3], opacity, scale=1 / 255), drawn[:, :, 3]])

    def _hit(self, held: Held, pose: Pose, width: int, height: int) -> tuple[Floats, Floats]:
        """For each pixel the place on the paper that its ray hits, from between the eyes, in pixels of the paper."""
        columns = (np.arange(width) - width / 2 - pose.x) / held.focal
        rows = (np.arange(height) - height * 0.45 - pose.y) / held.focal
        rays = np.stack([*np.meshgrid(columns, rows), np.ones((height, width))], axis=-1)
        turn = rotation(pose)
        # The sheet turns about the point between the eyes. From here on everything is in its own coordinates.
        start = turn.T @ np.array([0.0, 0.0, -held.focal * self._between / (held.eyes * pose.scale)])
        x, y, z = np.moveaxis(rays @ turn, -1, 0)
        if not held.bend:
            along = -start[2] / np.where(np.abs(z) < 1e-9, 1e-9, z)
            return start[0] + along * x, start[1] + along * y
        radius = self._between / held.bend
        along = _cylinder(start, x, z, radius)
        side = math.copysign(1.0, radius)
        angle = np.arctan2(side * (start[0] + along * x), side * (radius - start[2] - along * z))
        return np.nan_to_num(radius * angle, nan=-1e6), np.nan_to_num(start[1] + along * y, nan=-1e6)


def _cylinder(start: Floats, x: Floats, z: Floats, radius: float) -> Floats:
    """How far along each ray the cylinder through the origin is, axis upright at z = `radius`; NaN where missed."""
    square, mixed = x**2 + z**2, start[0] * x + (start[2] - radius) * z
    rest = start[0] ** 2 + (start[2] - radius) ** 2 - radius**2
    inside = mixed**2 - square * rest
    root = np.sqrt(np.where(inside < 0, np.nan, inside))
    return np.asarray((-mixed - math.copysign(1.0, radius) * root) / square)


def rotation(pose: Pose) -> Floats:
    """(3, 3): from the sheet to the camera, x right, y down, z away."""
    angles = (-pose.pitch, pose.yaw, pose.roll)
    about = [cv2.Rodrigues(np.radians(angle) * axis)[0] for angle, axis in zip(angles, np.eye(3), strict=True)]
    return np.asarray(about[2] @ about[1] @ about[0])
