"""The demo's attack: a flat photo on paper, held in front of the camera. It only ever moves as a plane does."""

import math
import random

import cv2
import numpy as np
import numpy.typing as npt

from camera.sources.demo_portraits import NOSE_BRIDGE, Portrait

BORDER = 0.1
"""Of white paper around the picture, in units of its width."""

FOCAL = 600.0
"""Of the camera that sees the paper, in pixels: what makes a tilted rectangle a trapezium."""


class Print:
    """A photo of the whole portrait, background included, printed on paper.

    Args:
        portrait: What is printed.
        scale: Pixels of the frame for one of the portrait, when the paper is at its place.
        seed: Of the hand's movements.
    """

    def __init__(self, portrait: Portrait, scale: float, seed: int) -> None:
        border = int(BORDER * portrait.image.shape[1])
        # Paper shows less contrast than a screen or a face: black ink reflects, white paper is not white.
        ink = portrait.image.astype(np.float32) * 0.82 + 22.0
        paper = cv2.copyMakeBorder(
            np.asarray(ink, np.uint8), border, border, border, border, cv2.BORDER_CONSTANT, value=(222, 226, 228)
        )
        self._sheet = np.dstack([paper, np.full(paper.shape[:2], 255, np.uint8)])
        # A rim of nothing lets the interpolation draw a smooth edge.
        self._sheet[[0, -1]] = self._sheet[:, [0, -1]] = 0
        self._nose = portrait.points[NOSE_BRIDGE, :2] + border
        self._scale = scale
        chance = random.Random(seed)  # noqa: S311  # a screenplay, not a secret
        self._phases = [chance.uniform(0.0, math.tau) for _ in range(6)]

    def draw(self, seconds: float, x: float, y: float, size: tuple[int, int]) -> tuple[npt.NDArray[np.uint8], int, int] | None:
        """The paper as (rows, columns, 4) uint8 BGRA, colours multiplied by opacity, with its top and left in the frame.

        Its printed nose is at about (x, y); `seconds` into the scene decide how the hand holds it; `size` is (width, height)
        of the frame. None when the paper is outside.
        """
        matrix = self.homography(seconds, x, y)
        rows, columns = self._sheet.shape[:2]
        corners = np.array([[[0, 0]], [[columns, 0]], [[columns, rows]], [[0, rows]]], np.float64)
        edges = cv2.perspectiveTransform(corners, matrix)[:, 0]
        left, top = np.clip(np.floor(edges.min(0)), 0, size).astype(int).tolist()
        right, bottom = np.clip(np.ceil(edges.max(0)), 0, size).astype(int).tolist()
        if left >= right or top >= bottom:
            return None
        moved = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]]) @ matrix
        drawn = cv2.warpPerspective(self._sheet, moved, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
        return np.asarray(drawn, np.uint8), top, left

    def homography(self, seconds: float, x: float, y: float) -> npt.NDArray[np.float64]:
        """(3, 3) float64: from pixels of the sheet to pixels of the frame, for a plane that is shifted and tilted in space."""
        wave = [math.sin((0.8 + 0.23 * i) * seconds + phase) for i, phase in enumerate(self._phases)]
        yaw, pitch, roll = math.radians(9 * wave[0]), math.radians(6 * wave[1]), math.radians(2.5 * wave[2])
        scale = self._scale * (1.0 + 0.03 * wave[3])
        rotation = _rotation(yaw, pitch, roll)
        # Columns of a plane's homography (Hartley and Zisserman, 8.1.1): two of the rotation's and the position.
        plane = np.column_stack([rotation[:, 0] * scale, rotation[:, 1] * scale, [0.0, 0.0, FOCAL]])
        lens = np.array([[FOCAL, 0, x + 9 * wave[4]], [0, FOCAL, y + 6 * wave[5]], [0, 0, 1]])
        centre = np.array([[1, 0, -self._nose[0]], [0, 1, -self._nose[1]], [0, 0, 1]])
        return np.asarray(lens @ plane @ centre, np.float64)


def _rotation(yaw: float, pitch: float, roll: float) -> npt.NDArray[np.float64]:
    about = [cv2.Rodrigues(np.array(axis, np.float64))[0] for axis in ((pitch, 0, 0), (0, yaw, 0), (0, 0, roll))]
    return np.asarray(about[2] @ about[1] @ about[0], np.float64)
