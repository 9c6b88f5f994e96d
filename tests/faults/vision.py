"""The vision process with points at which it goes wrong on demand: `python -m tests.faults.vision FOLDER camera …`.

The product has no such points: this program wraps the stages from outside, and only a test starts it. A fault is asked for by a
file in FOLDER named after it; whoever comes by takes the file away, writes the time into `taken`, and does as told, once.
"""

import functools
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import inference.pipeline
import inference.vision_camera
from camera.frame import Frame, boot_time
from camera.settings import CameraSettings
from camera.source import CameraFailed
from camera.sources.demo import DemoSource
from inference import vision
from inference.attention import Attention
from inference.covering import CoveringDetector
from inference.embedder import Embedder
from inference.liveness.meter import LivenessMeter
from inference.liveness.network import PassiveNetwork
from inference.liveness.watch import StreamWatch
from inference.outlet import Outlet
from inference.tracking import StreamTracker

CORRUPT = 8
"""Corrupt frames in a row."""
STAGES = (
    *("capture", "gate", "detect", "quality", "liveness", "integrity", "covering", "passive", "embed"),
    *("preview", "send"),
)
"""Of vision, in the order in which a frame comes by."""

_folder = Path()


def asked(fault: str) -> bool:
    """Whether this fault was asked for; then it is taken, and noted."""
    try:
        (_folder / fault).unlink()
    except FileNotFoundError:
        return False
    with (_folder / "taken").open("a") as taken:
        taken.write(f"{fault} {boot_time()}\n")
    return True


def breaking(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which raises when the stage's fault is asked for."""

    @functools.wraps(function)
    def broken(*arguments: Any, **named: Any) -> Any:
        if asked(f"exception-{stage}"):
            raise RuntimeError(f"injected into {stage}")
        return function(*arguments, **named)

    return broken


class FaultySource:
    """A source whose reads hang, fail, or bring garbage when asked for; or, at last, a person who lives: the demo's."""

    def __init__(self, source: Any, settings: CameraSettings) -> None:
        self._source = source
        self._settings = settings
        self._corrupt = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def read(self) -> Frame:
        if asked("hang"):
            time.sleep(3600)
        if asked("unplug"):
            raise CameraFailed(f"{self._source.name} stopped delivering; was it unplugged?")
        if asked("exception-capture"):
            raise RuntimeError("injected into capture")
        if asked("person"):
            self._source = DemoSource(self._settings)
        frame: Frame = self._source.read()
        if asked("corrupt"):
            self._corrupt = CORRUPT
        if self._corrupt:
            self._corrupt -= 1
            return Frame(frame.seq, frame.time, self._garbage(frame.image))
        return frame

    def _garbage(self, image: Any) -> Any:
        height, width = image.shape[:2]
        noise = np.random.default_rng(self._corrupt).integers(0, 256, image.shape, np.uint8)
        torn = image.copy()
        torn[height // 2 :] = noise[height // 2 :]
        choices = [
            noise,
            torn,
            np.zeros_like(image),
            np.full_like(image, 255),
            np.roll(image, width // 3, axis=1),
            np.ascontiguousarray(image[: height // 2, : width // 2]),
            np.zeros((1, 1, 3), np.uint8),
            np.zeros((0, 0, 3), np.uint8),
        ]
        return choices[self._corrupt]


def main() -> int:
    """Wrap every stage, then be the vision process."""
    global _folder
    _folder = Path(sys.argv[1])
    pipeline, camera = inference.pipeline, inference.vision_camera
    pipeline.assess = breaking("quality", pipeline.assess)
    camera.preview_jpeg = breaking("preview", camera.preview_jpeg)
    for owner, name, stage in (
        (StreamTracker, "see", "detect"),
        (LivenessMeter, "update", "liveness"),
        (CoveringDetector, "measure", "covering"),
        (Attention, "worth", "gate"),
        (StreamWatch, "face", "integrity"),
        (PassiveNetwork, "score", "passive"),
        (Embedder, "embed", "embed"),
        (Outlet, "offer", "send"),
    ):
        setattr(owner, name, breaking(stage, getattr(owner, name)))
    open_source = sys.modules["camera.open"].open_source
    sys.modules["camera.open"].open_source = lambda settings: FaultySource(open_source(settings), settings)
    return vision.main(sys.argv[2:])


if __name__ == "__main__":
    import os

    os._exit(main())
