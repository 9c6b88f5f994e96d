"""How long the passive work of a frame takes, beside the teacher pair's and the embedding's, in turn in one process."""

import os
import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.pad.judges import Judge
from inference.embedder import Embedder
from inference.liveness.crops import Square
from inference.liveness.network import PassiveNetwork

ROUNDS = 60
_WARM_UP = 5
_WIDTH, _HEIGHT, _FACE = 640, 480, 190


def times(network: PassiveNetwork, embedder: Embedder, teacher: Judge | None) -> dict[str, Any]:
    """Median milliseconds of a face in a 640x480 frame, crops included, one thread each; ratios round by round.

    The embedding is one of a frame as the device makes it: face and mirror image of an aligned chip.
    """
    random = np.random.default_rng(1)
    frame = random.integers(0, 256, (_HEIGHT, _WIDTH, 3), dtype=np.uint8)
    shape = embedder.model.input
    chip = random.integers(0, 256, (shape.height, shape.width, 3), dtype=np.uint8)
    square = Square(_WIDTH / 2, _HEIGHT / 2, _FACE)
    work: dict[str, Callable[[], object]] = {
        "passive": lambda: network.score_square(frame, square),
        "embedding": lambda: embedder.embed_chip(chip),
    }
    if teacher is not None:
        work["teacher"] = lambda: teacher(frame, square)
    taken: dict[str, list[float]] = {name: [] for name in work}
    for number in range(ROUNDS + _WARM_UP):
        for name, one in work.items():
            began = time.perf_counter()
            one()
            if number >= _WARM_UP:
                taken[name].append(1000 * (time.perf_counter() - began))
    ours = np.array(taken["passive"])
    ratios = {f"ratio_to_{name}": float(np.median(ours / np.array(of))) for name, of in taken.items() if name != "passive"}
    return {**{name: float(np.median(of)) for name, of in taken.items()}, **ratios, "runtime": network.runtime}


def machine() -> str:
    """Processor architecture, cores, Python."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
