"""How far apart the scene hashes of frames are: shown again, the next frame, the same person later, and in another session."""

import itertools
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.cues.watching import Watched, thinned
from inference.fingerprint import distance, scene
from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.luma import luma_of
from inference.mesh import box
from inference.observation import SAME_SCENE

RATE = 8.0
LATER_S = 2.0
_QUALITY, _NOISE, _JITTER = 60, 2.0, 0.5
"""Of the copy: JPEG quality, noise in grey levels of 320 px, and pixels that its face is found beside."""


def measured(clips: dict[str, list[Watched]], folder: Path) -> dict[str, Any]:
    """Percentiles of Hamming distances by clip, and across the sessions of the PAD subjects."""
    found = {name: _clip(thinned(frames, RATE)) for name, frames in clips.items() if name.startswith("live_")}
    across = [bits for person in sorted((folder / "pad" / "live").glob("*")) for bits in _sessions(person)]
    return {"same_scene": SAME_SCENE, "clips": found, "across_sessions": _percentiles(across)}


def _clip(frames: list[Watched]) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    hashes = [scene(frame.luma.grey, frame.box, frame.luma.scale) for frame in frames]
    again = [distance(one, _copied(frame, rng)) for one, frame in zip(hashes, frames, strict=True)]
    following = [distance(one, other) for one, other in itertools.pairwise(hashes)]
    later = []
    for one, frame in zip(hashes, frames, strict=True):
        far = [other for other, its in zip(hashes, frames, strict=True) if abs(its.time - frame.time) > LATER_S]
        later += [min(distance(one, other) for other in far)] if far else []
    names = {"encoded_again": again, "next_frame": following, "nearest_later": later}
    return {name: _percentiles(values) for name, values in names.items()}


def _copied(frame: Watched, rng: np.random.Generator) -> int:
    """The hash of the frame encoded again, its face found a little beside."""
    noisy = np.clip(frame.luma.grey + rng.normal(0, _NOISE, frame.luma.grey.shape), 0, 255).astype(np.uint8)
    jpeg = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    mesh = (frame.mesh + rng.normal(0, _JITTER, 3)).astype(np.float32)
    return scene(np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8), box(mesh), frame.luma.scale)


def _sessions(person: Path) -> list[int]:
    """Distances between photos of one person in two sessions (NUAA names its files subject_glasses_place_session_frame)."""
    finder, mesher = MediaPipeFinder(), MediaPipeMesher(tracking=False)
    by: dict[str, list[int]] = {}
    for path in sorted(person.glob("*.jpg"))[::2]:
        image = np.asarray(cv2.imread(str(path)), np.uint8)
        faces = finder.find(image)
        mesh = mesher.start(image, max(faces, key=lambda face: face.eye_distance)) if faces else None
        if mesh is not None:
            luma = luma_of(image)
            by.setdefault(path.stem.split("_")[3], []).append(scene(luma.grey, box(mesh), luma.scale))
    finder.close()
    mesher.close()
    return [distance(one, other) for a, b in itertools.combinations(by.values(), 2) for one in a for other in b]


def _percentiles(values: list[int]) -> dict[str, float] | None:
    return {f"p{p}": float(np.percentile(values, p)) for p in (0, 5, 50, 95, 100)} | {"n": len(values)} if values else None
