"""Milliseconds of each stage of a frame, one configuration a process: `python -m bench.stages NAME`, JSON on standard output.

A process of its own for each, because thread pools and native libraries of one would disturb the other.
"""

import argparse
import json
import time
from collections.abc import Callable

import cv2
import numpy as np

from bench.frames import speed_frames
from camera.frame import Frame
from inference.embedder import Embedder
from inference.manifest import load_manifest
from inference.pipeline import Pipeline
from inference.settings import VisionSettings

WARM_UP = 20
CONFIGURATIONS = ("embedding", "embedding-2-threads", "tracking", "face_recognition")


def percentiles(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile, milliseconds."""
    return {"p50": round(float(np.median(values)), 3), "p95": round(float(np.percentile(values, 95)), 3)}


def pipeline_times(frames: list[Frame], *, embed: bool, threads: int) -> dict[str, dict[str, float]]:
    """Each stage, and `whole` as seen from outside; a frame is embedded each time, or never."""
    settings = VisionSettings(threads=threads, embed_interval_s=0 if embed else 5)
    laps: dict[str, list[float]] = {"whole": []}
    embedder = Embedder.open(load_manifest().embedding, threads)
    with Pipeline.stream(embedder, settings) as pipeline:
        for position, frame in enumerate(frames):
            began = time.perf_counter()
            seen = pipeline.observe(frame)
            took = (time.perf_counter() - began) * 1000
            if position < WARM_UP or (seen.embedding is None) == embed:
                continue
            laps["whole"].append(took)
            for name, value in seen.timings_ms.items():
                laps.setdefault(name, []).append(value)
    embedder.close()
    return {name: percentiles(values) | {"frames": len(values)} for name, values in laps.items() if name != "total"}


def reference_times(frames: list[Frame]) -> dict[str, dict[str, float]]:
    """The face_recognition package: HOG without upsampling, five points, dlib's network."""
    import face_recognition

    def one(frame: Frame) -> bool:
        rgb = cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB)
        boxes = face_recognition.face_locations(rgb, number_of_times_to_upsample=0)
        return bool(face_recognition.face_encodings(rgb, boxes, num_jitters=1, model="small"))

    return {"whole": _timed(frames, one)}


def _timed(frames: list[Frame], work: Callable[[Frame], bool]) -> dict[str, float]:
    work(frames[0])
    took = []
    for frame in frames:
        began = time.perf_counter()
        if work(frame):
            took.append((time.perf_counter() - began) * 1000)
    return percentiles(took) | {"frames": len(took)}


def main() -> None:
    """Measure one configuration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=CONFIGURATIONS)
    parser.add_argument("--frames", type=int, default=200)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    of, frames = speed_frames(given.frames)
    if given.name == "face_recognition":
        times = reference_times(frames[:: max(1, len(frames) // 30)])
    else:
        times = pipeline_times(frames, embed=given.name != "tracking", threads=2 if "2" in given.name else 1)
    print(json.dumps({"name": given.name, "frames_of": of, "ms": times}))


if __name__ == "__main__":
    main()
