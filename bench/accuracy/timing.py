"""How long an embedding takes, networks in turn in one process, so that the machine's mood meets them all alike."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.progress import track

from bench.accuracy.networks import FIRST, Subject

ROUNDS = 60
_WARM_UP = 3


def embedding(subjects: Sequence[Subject]) -> dict[str, dict[str, Any]]:
    """By network: median and 5 to 95 % of an aligned face and its mirror image, one thread of the device's runtime.

    The ratio is to the first network, round by round. Networks that do not run on that runtime are left out.
    """
    embedders = {subject.name: subject.open() for subject in subjects if subject.on_device}
    random = np.random.default_rng(1)
    chips = {
        name: random.integers(0, 256, (embedder.model.input.height, embedder.model.input.width, 3), dtype=np.uint8)
        for name, embedder in embedders.items()
    }
    times: dict[str, list[float]] = {name: [] for name in embedders}
    for number in track(range(ROUNDS + _WARM_UP), "time of an embedding", transient=True):
        for name, embedder in embedders.items():
            began = time.perf_counter()
            embedder.embed_chip(chips[name])
            if number >= _WARM_UP:
                times[name].append(1000 * (time.perf_counter() - began))
    return {name: _row(np.array(taken), times.get(FIRST)) for name, taken in times.items()}


def _row(taken: np.ndarray[Any, Any], first: list[float] | None) -> dict[str, Any]:
    low, median, high = (float(value) for value in np.percentile(taken, (5, 50, 95)))
    ratio = None if first is None else float(np.median(taken / np.array(first)))
    return {"p5_ms": low, "p50_ms": median, "p95_ms": high, "rounds": len(taken), "ratio_to_first": ratio}
