"""Tries a manifest's networks: `python -m inference.model_check MANIFEST`. One line of JSON for each that works.

Ends with 1, and the reason on standard error, where one does not. In a process of its own, so that control needs no runtime.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from camera.frame import Image
from inference.covering import CoveringDetector
from inference.embedder import Embedder
from inference.landmarks import quiet_native_code
from inference.liveness.network import PassiveNetwork
from inference.manifest import CoveringModel, EmbeddingModel, LivenessModel, ModelError, read_listing

_RUNS = 5
_SAME = 1e-4
"""Largest distance of two embeddings of one chip."""
_APART = 0.999
"""Cosine from which two wholly different pictures count as one: a network that answers so sees nothing."""


class ProbeFailed(ModelError):
    """The network runs, but what it answers is of no use."""


def probe_embedding(model: EmbeddingModel, embedder: Embedder) -> float:
    """Embed two drawn chips; milliseconds of one embedding.

    Raises:
        ProbeFailed: the answer is no unit vector, not the same twice, or the same for different pictures.
    """
    one, other = _drawn(model.input.width, model.input.height)
    first = embedder.embed_chip(one)
    if first.shape != (model.dimension,) or not abs(float(np.linalg.norm(first)) - 1.0) < _SAME:
        raise ProbeFailed(f"{model.path}: the network's answer is no unit vector of {model.dimension} numbers")
    if not np.allclose(first, embedder.embed_chip(one), atol=_SAME):
        raise ProbeFailed(f"{model.path}: the network answers the same picture differently each time")
    if float(first @ embedder.embed_chip(other)) > _APART:
        raise ProbeFailed(f"{model.path}: the network answers different pictures alike")
    return _milliseconds(lambda: embedder.embed_chip(one))


def probe_covering(model: CoveringModel, detector: CoveringDetector) -> float:
    """Judge a drawn chip; milliseconds of one run.

    Raises:
        ProbeFailed: the answer is no probability.
    """
    chip = _drawn(model.input.width, model.input.height)[0]
    found = detector.probabilities(chip)
    if not (np.isfinite(found).all() and (found >= -_SAME).all() and (found <= 1.0 + _SAME).all()):
        raise ProbeFailed(f"{model.path}: the network's answers are no probabilities")
    return _milliseconds(lambda: detector.probabilities(chip))


def probe_passive(model: LivenessModel, network: PassiveNetwork) -> float:
    """Score drawn crops; milliseconds of one run.

    Raises:
        ProbeFailed: the answer is no number, or another the second time.
    """
    crops = [_drawn(model.input.width, model.input.height)[0]] * len(model.crops)
    answers = [network.answer(crops) for _ in range(2)]
    if not np.isfinite(answers).all() or abs(answers[0] - answers[1]) > _SAME or not -_SAME <= answers[0] <= 1.0 + _SAME:
        raise ProbeFailed(f"{model.path}: the network's answer is no score, or another each time")
    return _milliseconds(lambda: network.score_crops(crops))


def _drawn(width: int, height: int) -> tuple[Image, Image]:
    """A face as a child draws it, and stripes."""
    face = np.full((height, width, 3), 90, np.uint8)
    cv2.ellipse(face, (width // 2, height // 2), (width * 2 // 5, height // 2), 0, 0, 360, (140, 170, 210), -1)
    for x in (width // 3, width * 2 // 3):
        cv2.circle(face, (x, height // 3), max(1, width // 16), (40, 40, 40), -1)
    cv2.ellipse(face, (width // 2, height * 3 // 4), (width // 6, height // 20), 0, 0, 360, (70, 70, 160), -1)
    stripes = np.zeros((height, width, 3), np.uint8)
    stripes[:, :: max(2, width // 10)] = 255
    return face, stripes


def _milliseconds(run: Callable[[], object]) -> float:
    took = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        run()
        took.append(time.perf_counter() - began)
    return round(statistics.median(took) * 1000, 2)


def check(manifest: Path) -> list[dict[str, object]]:
    """Try every network of a manifest: its id, kind, runtime, and milliseconds a face.

    Raises:
        ModelError: a manifest, file or network cannot be used; the message says which.
    """
    listing, tried = read_listing(manifest), []
    if listing.embedding is not None:
        with quiet_native_code():
            embedder = Embedder.open(listing.embedding)
        took = probe_embedding(listing.embedding, embedder)
        tried.append(_line(listing.embedding, "embedding", embedder.runtime, took))
        embedder.close()
    if listing.covering is not None:
        with quiet_native_code():
            detector = CoveringDetector.open(listing.covering)
        took = probe_covering(listing.covering, detector)
        tried.append(_line(listing.covering, "covering", detector.runtime, took))
        detector.close()
    if listing.liveness is not None:
        with quiet_native_code():
            passive = PassiveNetwork.open(listing.liveness)
        took = probe_passive(listing.liveness, passive)
        tried.append(_line(listing.liveness, "liveness", passive.runtime, took))
        passive.close()
    return tried


def _line(model: EmbeddingModel | CoveringModel | LivenessModel, kind: str, runtime: str, took: float) -> dict[str, object]:
    return {"id": model.id, "kind": kind, "runtime": runtime, "milliseconds": took}


def main(arguments: Sequence[str]) -> int:
    """Check the manifest named on the command line; the exit status."""
    cv2.setNumThreads(1)
    try:
        for line in check(Path(arguments[0])):
            print(json.dumps(line))
    except ModelError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
