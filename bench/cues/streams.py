"""Streams of the clips, as they are and made up: which alarms they raise, at several rates of frames."""

import itertools
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from bench.accuracy.metrics import Rate
from bench.cues.watching import Watched, thinned
from inference.liveness.watch import StreamWatch
from inference.luma import THUMB, Luma
from inference.mesh import centroid, eye_distance

RATES = (60.0, 30.0, 15.0, 10.0, 5.0)
WINDOW_S, STEP_S = 3.0, 0.25
_NOISE = 2.0
"""Standard deviation in grey levels of 320 px: what another encoding leaves, or an attacker adds."""
_TREMBLE = 0.0006
"""How much the mesh trembles under it, in eye distances."""


def measured(clips: dict[str, list[Watched]]) -> dict[str, Any]:
    """False alarms on live clips, and which injections are found, by rate."""
    live = {name: frames for name, frames in clips.items() if name.startswith("live_")}
    found: dict[str, Any] = {"false_alarms": {}, "injections": {}}
    for fps in RATES:
        windows = [window for frames in live.values() for window in _windows(thinned(frames, fps))]
        found["false_alarms"][f"{fps:.0f}"] = Rate(sum(bool(alarms(window)) for window in windows), len(windows)).to_json()
    for name, inject in INJECTIONS.items():
        found["injections"][name] = {}
        for fps in RATES[2:]:
            raised = [alarms(inject(thinned(frames, fps), fps)) for frames in live.values()]
            found["injections"][name][f"{fps:.0f}"] = Rate(sum(map(bool, raised)), len(raised)).to_json()
    return found


def alarms(frames: Iterable[Watched]) -> tuple[str, ...]:
    """What a new watch says of these frames."""
    watch = StreamWatch()
    for frame in frames:
        x, y = centroid(frame.mesh) / eye_distance(frame.mesh)
        watch.face(frame.time, 1, frame.luma, (float(x), float(y)), frame.box)
    return watch.alarms


def _windows(frames: list[Watched]) -> list[list[Watched]]:
    """Overlapping windows of `WINDOW_S`, one every `STEP_S`: those that follow each other share most of their frames."""
    last = frames[-1].time - WINDOW_S if frames else 0
    starts = np.arange(0, max(last, 0), STEP_S)
    return [[frame for frame in frames if start <= frame.time <= start + WINDOW_S] for start in starts]


def _shown(frames: Sequence[Watched], fps: float, *, noise: float = _NOISE) -> list[Watched]:
    """The frames one after the other at this rate, each encoded anew."""
    rng = np.random.default_rng(7)
    shown = []
    for number, frame in enumerate(frames):
        grey = np.clip(frame.luma.grey + rng.normal(0, noise, frame.luma.grey.shape), 0, 255).astype(np.uint8)
        grey = grey if noise else frame.luma.grey
        thumb = np.asarray(cv2.resize(grey, (THUMB, THUMB), interpolation=cv2.INTER_AREA), np.uint8)
        off = rng.normal(0, _TREMBLE * eye_distance(frame.mesh), 3) if noise else 0
        mesh = (frame.mesh + off).astype(np.float32)
        shown.append(replace(frame, time=number / fps, mesh=mesh, luma=Luma(grey, thumb, frame.luma.scale)))
    return shown


def _encoded(frame: Watched, count: int, fps: float) -> list[Watched]:
    """One frame under noise, as JPEG each time, which makes the mesh tremble as much as a face sways."""
    rng = np.random.default_rng(11)
    shown = []
    for shot in _shown([frame] * count, fps, noise=4.0):
        jpeg = cv2.imencode(".jpg", shot.luma.grey, [cv2.IMWRITE_JPEG_QUALITY, 75])[1]
        grey = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8)
        thumb = np.asarray(cv2.resize(grey, (THUMB, THUMB), interpolation=cv2.INTER_AREA), np.uint8)
        mesh = (shot.mesh + rng.normal(0, 0.02 * eye_distance(shot.mesh), 3)).astype(np.float32)
        shown.append(replace(shot, mesh=mesh, luma=Luma(grey, thumb, shot.luma.scale)))
    return shown


def _reordered(frames: list[Watched], block: int) -> list[Watched]:
    """Blocks in an order by chance, each as it was."""
    blocks = [frames[start : start + block] for start in range(0, len(frames), block)]
    random.Random(3).shuffle(blocks)  # noqa: S311
    return [frame for block in blocks for frame in block]


def _shuffled(frames: list[Watched], block: int) -> list[Watched]:
    chance, shown = random.Random(3), []  # noqa: S311  # an attack to repeat, not a secret
    for start in range(0, len(frames), block):
        part = frames[start : start + block]
        shown += chance.sample(part, len(part))
    return shown


def _round(frames: list[Watched], seconds: float, fps: float, *, fro: bool = False) -> list[Watched]:
    part = frames[: max(3, int(seconds * fps))]
    part = [*part, *part[::-1]] if fro else part
    return list(itertools.islice(itertools.cycle(part), int(max(8.0, 2.5 * seconds) * fps)))


INJECTIONS: dict[str, Callable[[list[Watched], float], list[Watched]]] = {
    "each frame three times": lambda f, fps: _shown([x for x in f[: int(4 * fps)] for _ in range(3)], fps, noise=0),
    "one frame for ever": lambda f, fps: _shown(f[:1] * int(4 * fps), fps, noise=0),
    "one frame under noise": lambda f, fps: _shown(f[:1] * int(4 * fps), fps),
    "one frame under noise, as JPEG": lambda f, fps: _encoded(f[0], int(4 * fps), fps),
    "loop of 2 s": lambda f, fps: _shown(_round(f, 2, fps), fps),
    "loop of 4 s": lambda f, fps: _shown(_round(f, 4, fps), fps),
    "3 s to and fro": lambda f, fps: _shown(_round(f, 3, fps, fro=True), fps),
    "6 s, blocks of 2 in another order": lambda f, fps: _shown(_reordered(f[: int(6 * fps)], 2), fps),
    "6 s, blocks of 5 in another order": lambda f, fps: _shown(_reordered(f[: int(6 * fps)], 5), fps),
    "shuffled, blocks of 8": lambda f, fps: _shown(_shuffled(f, 8), fps),
}
