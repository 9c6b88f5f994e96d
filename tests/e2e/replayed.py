"""A replay camera whose picture a test changes while it runs: folders of rendered photos, and a link to the one that is shown."""

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from camera.frame import Image
from camera.settings import CameraSettings
from camera.sources.demo_actor import Actor
from camera.sources.demo_render import Renderer
from camera.sources.demo_script import at

CYCLE = 72
"""Frames after which a scene repeats, three seconds."""

LENGTH = 4 * CYCLE
"""Photos of a scene. The replay reads its first photo once for all, so that it should come round seldom."""

BLINK = (0.3, 0.7, 1.0, 1.0, 1.0, 0.7, 0.3)
"""How far the eyes are closed, frame after frame."""

BLINKS_AT = (14, 50)


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody in front of the camera."""

    subject: str
    size: float = 1.0
    light: float = 1.0
    blinks: bool = True

    def frame(self, renderer: Renderer, number: int) -> Image:
        """The frame of that number: the head sways, and the eyes blink twice a cycle."""
        usual, phase = renderer.usual(self.subject), 2 * math.pi * number / CYCLE
        stance = replace(
            usual,
            x=usual.x + 8 * math.sin(phase),
            scale=usual.scale * self.size,
            yaw=9 * math.sin(phase),
            pitch=usual.pitch + math.cos(phase),
        )
        since = min((number - at for at in BLINKS_AT if number >= at), default=len(BLINK))
        closure = BLINK[since] if self.blinks and since < len(BLINK) else 0.0
        return renderer.person(self.subject, stance, closure, 0.5, self.light)


SCENES: dict[str, Shown | None] = {
    "nobody": None,
    "far": Shown("grace", size=0.55),
    "dark": Shown("grace", light=0.12, blinks=False),
    "staring": Shown("grace", blinks=False),
    "grace": Shown("grace"),
    "stranger": Shown("collins"),
}


class Replayed:
    """The scenes as folders, and `camera`, the one that is shown."""

    def __init__(self, folder: Path) -> None:
        settings = CameraSettings()
        renderer = Renderer(settings.width, settings.height, 1)
        empty = renderer.draw(at(0.0), Actor(seed=0, blinks=[]))
        for name, shown in SCENES.items():
            frames = [empty] if shown is None else [shown.frame(renderer, number) for number in range(CYCLE)]
            _keep(folder / name, frames)
        self.camera = folder / "camera"
        self.show("nobody")

    def show(self, scene: str) -> None:
        """Another scene, from the next frame on."""
        new = self.camera.with_name("next")
        new.symlink_to(scene)
        new.replace(self.camera)


def _keep(folder: Path, frames: list[Image]) -> None:
    """Write photos, and link them over and over."""
    folder.mkdir(parents=True)
    for number in range(LENGTH):
        file = folder / f"{number:03}.jpg"
        if number < len(frames):
            cv2.imwrite(str(file), frames[number])
        else:
            os.link(folder / f"{number % len(frames):03}.jpg", file)
