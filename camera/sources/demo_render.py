"""Renders the demo's moments into frames: which portrait, how it stands, on which stage. What happens is the screenplay's."""

from dataclasses import replace

import cv2
import numpy as np

from camera.frame import Image
from camera.sources.demo_actor import Actor
from camera.sources.demo_eyelids import Eyelids
from camera.sources.demo_portraits import load
from camera.sources.demo_print import Print
from camera.sources.demo_script import Moment
from camera.sources.demo_stage import Stage
from camera.sources.demo_warp import Stance, Warp

EYES = 0.19
"""Distance between the outer corners of a person's eyes, in units of the frame's shorter side."""

PRINTED_EYES = 0.15

EYE_LEVEL = 0.45
"""Height of the eyes in the frame, from its top."""

CHIN_UP = {"grace": 4.0, "collins": 8.0}
"""Degrees added to a portrait's pitch. Both women look down a little; so turned, they look at the camera as people at a
kiosk do: measured like the median of photos of live faces, -6."""

SUBJECTS = tuple(CHIN_UP)


class Player:
    """One subject, ready to be drawn: its warp, and a working copy of its sprite into which the eyelids are painted."""

    def __init__(self, name: str, shorter: int) -> None:
        portrait = load(name)
        self.scale = EYES * shorter / portrait.eye_distance
        self._sprite = portrait.sprite.copy()
        self._eyelids = Eyelids(portrait)
        self._warp = Warp(portrait)

    def draw(self, stance: Stance, closure: float, smile: float, width: int, height: int) -> tuple[Image, int, int] | None:
        """The subject as (rows, columns, 4) BGRA with its top and left in the frame; None when it is outside."""
        left, top, right, bottom = self._warp.bounds(stance, width, height)
        if left >= right or top >= bottom:
            return None
        self._eyelids.paint(self._sprite, closure)
        inside = replace(stance, x=stance.x - left, y=stance.y - top)
        map_x, map_y = self._warp.maps(inside, right - left, bottom - top, smile)
        return np.asarray(cv2.remap(self._sprite, map_x, map_y, cv2.INTER_LINEAR), np.uint8), top, left


class Renderer:
    """Draws any moment of the screenplay.

    Args:
        width: Pixels across.
        height: Pixels down.
        seed: Of noise and movements.

    Raises:
        CameraAbsent: the portraits are not installed.
    """

    def __init__(self, width: int, height: int, seed: int) -> None:
        self._width, self._height = width, height
        shorter = min(width, height)
        self._players = {name: Player(name, shorter) for name in SUBJECTS}
        portrait = load("grace")
        self._print = Print(portrait, PRINTED_EYES * shorter / portrait.eye_distance, seed)
        self._stage = Stage(width, height, seed)

    def stance(self, moment: Moment, actor: Actor) -> Stance:
        """How the subject of a scene stands in the frame at a moment."""
        outside = 1.0 - moment.inside
        unit = EYES * min(self._width, self._height)
        scale = self._players[moment.scene.subject].scale * actor.size.value
        return Stance(
            x=self._width * (0.5 + 0.95 * moment.scene.side * outside) + actor.sway(0, 0.07 * unit),
            y=self._height * EYE_LEVEL + actor.sway(1, 0.03 * unit),
            scale=scale * (1.0 + actor.sway(2, 0.015)),
            yaw=actor.yaw.value + actor.sway(3, 2.5) - 14.0 * moment.scene.side * outside,
            pitch=CHIN_UP[moment.scene.subject] + actor.sway(4, 1.8),
            roll=actor.sway(0, 1.2),
        )

    def draw(self, moment: Moment, actor: Actor) -> Image:
        """The frame of a moment, (height, width, 3) uint8 BGR."""
        match moment.scene.kind:
            case "person":
                stance = self.stance(moment, actor)
                return self.person(moment.scene.subject, stance, actor.closure(), 0.5 + actor.sway(1, 0.5))
            case "photo":
                return self._photo(moment)
            case "empty":
                return self._stage.frame(None)

    def person(self, subject: str, stance: Stance, closure: float, smile: float, light: float = 1.0) -> Image:
        """A person on the stage, whatever the screenplay says; `smile` 0 is as photographed, 1 a little more."""
        drawn = self._players[subject].draw(stance, closure, smile, self._width, self._height)
        return self._stage.frame(None, light=light) if drawn is None else self._stage.frame(*drawn, light=light)

    def usual(self, subject: str) -> Stance:
        """A person in the middle of the frame, looking straight."""
        return Stance(self._width * 0.5, self._height * EYE_LEVEL, self._players[subject].scale, pitch=CHIN_UP[subject])

    def _photo(self, moment: Moment) -> Image:
        x, y = self._width * 0.5, self._height * (0.42 + 0.95 * (1.0 - moment.inside))
        drawn = self._print.draw(moment.seconds, x, y, (self._width, self._height))
        return self._stage.frame(None) if drawn is None else self._stage.frame(*drawn)
