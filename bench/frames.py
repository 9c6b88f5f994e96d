"""Frames to measure speed on: a clip of a real person where the evaluation data is present, else the demo's subject."""

import os
from pathlib import Path

import cv2
import numpy as np

from camera.frame import Frame, Image
from camera.open import open_source
from camera.settings import CameraSettings

WIDTH, HEIGHT = 640, 480
CLIP = "live_head_turns.mp4"


def evaluation_folder() -> Path:
    """Where the evaluation data is, or would be."""
    return Path(os.environ.get("FACEKIOSK_EVAL", Path(__file__).resolve().parents[2] / "shared" / "eval"))


def speed_frames(count: int) -> tuple[str, list[Frame]]:
    """What the frames are of, and `count` frames of 640x480."""
    clip = evaluation_folder() / "video" / CLIP
    if clip.is_file():
        return clip.name, _take(CameraSettings(source="replay", path=str(clip), pace="fast", loop=True), count)
    settings = CameraSettings(source="demo", pace="fast")
    frames = _take(settings, count + 200)
    return "demo", frames[-count:]


def _take(settings: CameraSettings, count: int) -> list[Frame]:
    with open_source(settings) as source:
        frames = [source.read() for _ in range(count)]
    return [Frame(frame.seq, frame.time, fitted(frame.image)) for frame in frames]


def fitted(image: Image) -> Image:
    """The picture scaled to fit 640x480, black beside it."""
    scale = min(WIDTH / image.shape[1], HEIGHT / image.shape[0])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    framed = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    top, left = (HEIGHT - small.shape[0]) // 2, (WIDTH - small.shape[1]) // 2
    framed[top : top + small.shape[0], left : left + small.shape[1]] = small
    return framed
