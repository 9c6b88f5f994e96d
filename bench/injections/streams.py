"""Injected streams, made of live clips: what is sent in place of a camera's picture, frame by frame. Nothing is sent here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from bench.frames import evaluation_folder
from camera.frame import Image

FPS = 10.0
SECONDS = 6.0
COUNT = int(FPS * SECONDS)
WIDTH = 368
CLIPS = ("live_blinks_portrait.mp4", "live_eyes_open_closed.mp4", "live_head_turns.mp4")
SWAPPED_FROM = 8
"""Frame at which another face takes the place of the first."""
Random = np.random.Generator
Frames = list[Image]


@dataclass(frozen=True, slots=True)
class Clip:
    """A live clip at `FPS`, small."""

    name: str
    frames: Frames

    def part(self, chance: Random, count: int = COUNT) -> Frames:
        """`count` frames in a row from anywhere in it."""
        start = int(chance.integers(0, max(1, len(self.frames) - count)))
        return self.frames[start : start + count]


def clips() -> list[Clip]:
    """The clips that are there."""
    paths = [evaluation_folder() / "video" / name for name in CLIPS]
    return [Clip(path.stem, _read(str(path))) for path in paths if path.is_file()]


def _read(path: str) -> Frames:
    video = cv2.VideoCapture(path)
    step = float(video.get(cv2.CAP_PROP_FPS)) / FPS
    frames: Frames = []
    number = 0
    while True:
        read, image = video.read()
        if not read:
            break
        if number >= len(frames) * step:
            height = round(image.shape[0] * WIDTH / image.shape[1])
            frames.append(np.asarray(cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA), dtype=np.uint8))
        number += 1
    video.release()
    return frames


def noisy(image: Image, chance: Random, sigma: float) -> Image:
    """With sensor noise."""
    return np.asarray(np.clip(image + chance.normal(0.0, sigma, image.shape), 0, 255), dtype=np.uint8)


def duplicate(frames: Frames, others: Frames, chance: Random) -> Frames:
    """Each frame two to four times: a clip of fewer frames than are sent."""
    times = int(chance.integers(2, 5))
    return [frames[n // times] for n in range(len(frames))]


def still(frames: Frames, others: Frames, chance: Random) -> Frames:
    """One picture under noise."""
    sigma = float(chance.uniform(1.0, 8.0))
    return [noisy(frames[0], chance, sigma) for _ in frames]


def loop(frames: Frames, others: Frames, chance: Random) -> Frames:
    """A second or two, again and again, each frame with noise of its own."""
    length = int(chance.integers(int(FPS), int(2.2 * FPS)))
    return [noisy(frames[n % length], chance, 1.0) for n in range(len(frames))]


def reorder(frames: Frames, others: Frames, chance: Random) -> Frames:
    """Blocks of frames in an order by chance."""
    size = int(chance.integers(2, 8))
    blocks = [frames[n : n + size] for n in range(0, len(frames), size)]
    return [frame for number in chance.permutation(len(blocks)) for frame in blocks[number]]


def swap(frames: Frames, others: Frames, chance: Random) -> Frames:
    """The enrolled face, and then another one, or the other way round."""
    first, second = (frames, others) if chance.random() < 0.5 else (others, frames)
    return [*first[:SWAPPED_FROM], *(_fitted(each, first[0]) for each in second[SWAPPED_FROM:])]


def _fitted(image: Image, like: Image) -> Image:
    return np.asarray(cv2.resize(image, (like.shape[1], like.shape[0])), dtype=np.uint8)


def again(frames: Frames, others: Frames, chance: Random) -> Frames:
    """As it is: the same stream was sent in an earlier session (see `bench.injections.run`)."""
    return frames


INJECTIONS: dict[str, Callable[[Frames, Frames, Random], Frames]] = {
    "duplicate": duplicate,
    "still + noise": still,
    "loop": loop,
    "reorder": reorder,
    "cross-session": again,
    "identity swap": swap,
}


def encoded(frames: Sequence[Image], quality: int = 92) -> list[bytes]:
    """As JPEG."""
    return [cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes() for frame in frames]
