"""Turning a portrait in space: rotation of its depth with perspective, as a map from the frame back into the portrait."""

from dataclasses import dataclass

import cv2
import numpy as np

from camera.sources.demo_portraits import CHIN, NOSE_BRIDGE, QUARTER, Floats, Portrait

CAMERA_DISTANCE = 6.0
"""From camera to face, in units of the outer eye distance (9 cm): about 55 cm, arm's length from a kiosk."""

MOUTH_CORNERS = (61, 291)
"""FaceMesh landmarks: the person's right corner (left in the picture), and the left."""

ITERATIONS = 10
"""Steps of the fixed-point inversion: at 20 degrees the last ones move no point by more than .2 pixels, at 30 by 1.4."""


@dataclass(frozen=True, slots=True)
class Stance:
    """Where the head is and how it is turned, in the frame.

    Angles are degrees about the head's own axes: yaw > 0 to the person's left (right in the picture), pitch > 0 up, roll > 0
    clockwise in the picture. `x`, `y` are where the bridge of the nose is, in pixels of the frame; `scale` is frame pixels for
    one of the portrait.
    """

    x: float
    y: float
    scale: float
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


class Warp:
    """Inverse warp of one portrait. The head turns about a point behind the face; the body below the chin stays."""

    def __init__(self, portrait: Portrait) -> None:
        eyes = portrait.eye_distance
        self._anchor = portrait.points[NOSE_BRIDGE, :2].astype(np.float64)
        self._pivot_depth = float(portrait.points[NOSE_BRIDGE, 2]) - 0.75 * eyes
        self._distance = CAMERA_DISTANCE * eyes
        self._depth = portrait.depth - self._pivot_depth
        rows, columns = portrait.depth.shape
        y = (np.arange(rows) * QUARTER + 1.5)[:, None]
        chin = float(portrait.points[CHIN, 1])
        falling = np.clip((y - chin - 0.1 * eyes) / (1.1 * eyes), 0.0, 1.0)
        self._weight = np.broadcast_to(1.0 - falling * falling * (3.0 - 2.0 * falling), (rows, columns)).astype(np.float32)
        x = np.arange(columns) * QUARTER + 1.5
        grid_x, grid_y = np.meshgrid(x - self._anchor[0], y[:, 0] - self._anchor[1])
        self._grid = (grid_x.astype(np.float32), grid_y.astype(np.float32))
        self._smile = self._expression(portrait)

    def _expression(self, portrait: Portrait) -> tuple[Floats, Floats]:
        """How each cell moves when the corners of the mouth go up and outwards, pixels of the portrait."""
        moved_x, moved_y = np.zeros_like(self._grid[0]), np.zeros_like(self._grid[1])
        unit = portrait.eye_distance
        for corner, outwards in zip(MOUTH_CORNERS, (-1.0, 1.0), strict=True):
            x, y = portrait.points[corner, :2] - self._anchor.astype(np.float32)
            near = np.exp(-((self._grid[0] - x) ** 2 + (self._grid[1] - y) ** 2) / (2.0 * (0.13 * unit) ** 2))
            moved_x += outwards * 0.02 * unit * near
            moved_y -= 0.035 * unit * near
        return moved_x, moved_y

    def bounds(self, stance: Stance, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the part of a frame that the portrait can reach however it is turned; empty outside."""
        rows, columns = self._depth.shape
        reach = 0.25 * self._distance / CAMERA_DISTANCE
        left, top = stance.x - (self._anchor[0] + reach) * stance.scale, stance.y - (self._anchor[1] + reach) * stance.scale
        right = stance.x + (columns * QUARTER - self._anchor[0] + reach) * stance.scale
        bottom = stance.y + (rows * QUARTER - self._anchor[1] + reach) * stance.scale
        return max(0, int(left)), max(0, int(top)), min(width, int(right) + 1), min(height, int(bottom) + 1)

    def maps(self, stance: Stance, width: int, height: int, smile: float = 0.0) -> tuple[Floats, Floats]:
        """Maps for `cv2.remap`: for each pixel of a (height, width) frame the place in the portrait it comes from, float32."""
        shift_x, shift_y = self.displacement(stance)
        shift_x, shift_y = shift_x + smile * self._smile[0], shift_y + smile * self._smile[1]
        columns, rows = -(-width // QUARTER), -(-height // QUARTER)
        x = ((np.arange(columns) * QUARTER + 1.5 - stance.x) / stance.scale + self._anchor[0]).astype(np.float32)
        y = ((np.arange(rows) * QUARTER + 1.5 - stance.y) / stance.scale + self._anchor[1]).astype(np.float32)
        goal_x, goal_y = np.meshgrid(x, y)
        at_x, at_y = goal_x, goal_y
        for _ in range(ITERATIONS):
            cell_x, cell_y = (at_x - 1.5) / QUARTER, (at_y - 1.5) / QUARTER
            at_x = goal_x - cv2.remap(shift_x, cell_x, cell_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            at_y = goal_y - cv2.remap(shift_y, cell_x, cell_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        size = (columns * QUARTER, rows * QUARTER)
        full_x = cv2.resize(at_x, size, interpolation=cv2.INTER_LINEAR)[:height, :width]
        full_y = cv2.resize(at_y, size, interpolation=cv2.INTER_LINEAR)[:height, :width]
        return np.asarray(full_x, np.float32), np.asarray(full_y, np.float32)

    def displacement(self, stance: Stance) -> tuple[Floats, Floats]:
        """How far each cell of the portrait's depth grid moves when the head turns, pixels of the portrait, (rows, columns)."""
        yaw, pitch, roll = np.radians([stance.yaw, stance.pitch, stance.roll])
        x, y = self._grid
        z = self._depth
        turned_x = x * np.cos(yaw) + z * np.sin(yaw)
        depth = z * np.cos(yaw) - x * np.sin(yaw)
        turned_y = y * np.cos(pitch) - depth * np.sin(pitch)
        depth = depth * np.cos(pitch) + y * np.sin(pitch)
        nearer = self._distance / (self._distance - (depth - z))
        rolled_x = (turned_x * np.cos(roll) - turned_y * np.sin(roll)) * nearer
        rolled_y = (turned_x * np.sin(roll) + turned_y * np.cos(roll)) * nearer
        return (rolled_x - x) * self._weight, (rolled_y - y) * self._weight
