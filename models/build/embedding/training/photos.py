"""The training photos as memory-mapped arrays below the work folder: crops once decoded, teacher targets once computed."""

import hashlib
import sys
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from embedding.crops import Photo, chip_of, is_held_out, read_crops, read_index
from embedding.training import lanes
from embedding.training.teacher import Teacher, as_tensor
from inference.manifest import NetworkSpec

CROP = 192
_BATCH = 8
"""Photos the teacher is asked at a time: more no longer fit a core's cache, and each takes twice as long."""
_SMALLEST_CELL = 128


class PhotosError(Exception):
    """The folder of photos is absent, damaged, or not laid out as the recipe reads it."""


@dataclass(frozen=True)
class Cache:
    """Crops (n, 192, 192, 3) uint8 RGB, unit targets (n, 128), targets of morphs, and who may be trained on."""

    photos: list[Photo]
    crops: np.ndarray
    targets: np.ndarray
    morph_pairs: np.ndarray
    """(m, 2) positions of the two faces of each morph."""
    morph_weights: np.ndarray
    """(m,) share of the first face."""
    morph_targets: np.ndarray
    training: np.ndarray
    """Positions not set aside for validation."""
    cells: list[np.ndarray]
    """Positions of each sex and group, training photos only: what within-group batches are drawn from."""


def teacher_chips(photos: list[Photo], crops: np.ndarray, spec: NetworkSpec) -> np.ndarray:
    """The teacher's 112x112 chips of these crops, by the index's five points."""
    return np.stack([chip_of(photo, crop, "five-points", spec) for photo, crop in zip(photos, crops, strict=True)])


def prepare(data: Path, work: Path, teacher: Teacher, spec: NetworkSpec, morphs: int, seed: int) -> Cache:
    """Decode, ask the teacher, and keep the answers; what is there already is taken from the work folder."""
    work.mkdir(parents=True, exist_ok=True)
    photos = _indexed(data)
    _forget_others(work, hashlib.sha256((data / "index.csv").read_bytes() + teacher.digest).hexdigest())
    crops = _crops(data, work, photos)
    targets = _targets(work / "targets.npy", len(photos), lambda at: teacher_chips(photos[at], crops[at], spec), teacher)
    training = np.array([i for i, photo in enumerate(photos) if not is_held_out(photo)])
    cells = _cells(photos, training)
    if not cells:
        raise PhotosError(f"{data}: no sex and group has {_SMALLEST_CELL} photos or more to train on")
    pairs, weights = _draw_morphs(cells, morphs, seed)

    def morph_chips(at: slice) -> np.ndarray:
        first, second = pairs[at].T
        a = teacher_chips([photos[i] for i in first], crops[first], spec)
        b = teacher_chips([photos[i] for i in second], crops[second], spec)
        return blend(a, b, weights[at])

    morph_targets = _targets(work / f"morph_targets_{seed}.npy", len(pairs), morph_chips, teacher)
    return Cache(photos, crops, targets, pairs, weights, morph_targets, training, cells)


def blend(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The morph of aligned pictures: a weighted mean, `share` of the first."""
    weight = share[:, None, None, None]
    return np.round(a * weight + b * (1 - weight)).astype(np.uint8)


def _cells(photos: list[Photo], training: np.ndarray) -> list[np.ndarray]:
    by_cell: dict[tuple[str, str], list[int]] = {}
    for position in training:
        by_cell.setdefault((photos[position].sex, photos[position].group), []).append(int(position))
    return [np.array(members) for members in by_cell.values() if len(members) >= _SMALLEST_CELL]


def _draw_morphs(cells: list[np.ndarray], count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs within one sex and group, as many of each: every morph is a new person of that group."""
    rng = np.random.default_rng(seed)
    pairs = np.array([rng.choice(cells[i % len(cells)], 2, replace=False) for i in range(count)]).reshape(-1, 2)
    return pairs, rng.uniform(0.35, 0.65, len(pairs)).astype(np.float32)


def _forget_others(work: Path, origin: str) -> None:
    """Remove what another index or teacher left in the work folder."""
    stamp = work / "origin.sha256"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == origin:
        return
    for path in (work / "crops.npy", work / "targets.npy", *work.glob("morph_targets_*.npy")):
        path.unlink(missing_ok=True)
    stamp.write_text(origin, encoding="utf-8")


def _indexed(data: Path) -> list[Photo]:
    try:
        photos = read_index(data)
    except (OSError, KeyError, ValueError) as error:
        raise PhotosError(f"{data}/index.csv: absent or of another form ({type(error).__name__}: {error})") from error
    if not photos:
        raise PhotosError(f"{data}/index.csv names no photo")
    return photos


def _crops(data: Path, work: Path, photos: list[Photo]) -> np.ndarray:
    path = work / "crops.npy"
    if not path.exists() or len(np.load(path, mmap_mode="r")) != len(photos):
        partial = path.with_suffix(".partial.npy")
        _decode(data, photos, np.lib.format.open_memmap(partial, "w+", np.uint8, (len(photos), CROP, CROP, 3)))
        partial.rename(path)
    crops: np.ndarray = np.load(path, mmap_mode="r")
    return crops


def _decode(data: Path, photos: list[Photo], held: np.ndarray) -> None:
    position = {(photo.source, photo.file): i for i, photo in enumerate(photos)}
    missing = set(position)
    try:
        for photo, crop in read_crops(data, photos):
            if crop.shape != (CROP, CROP, 3):
                raise PhotosError(f"{photo.source}/{photo.file}: not a picture of {CROP}x{CROP}")
            held[position[photo.source, photo.file]] = cv2.cvtColor(crop, cv2.COLOR_BGR2RGB)
            missing.discard((photo.source, photo.file))
            if len(missing) % 500 == 0:
                print(f"\rphotos: {len(photos) - len(missing)}/{len(photos)} ", end="", file=sys.stderr)
    except (OSError, tarfile.TarError, cv2.error) as error:
        raise PhotosError(f"{data}: {error}") from error
    print(file=sys.stderr)
    if missing:
        source, file = min(missing)
        raise PhotosError(f"{data}: {len(missing)} photos of the index are in no tar, {source}/{file} among them")


def _targets(path: Path, count: int, chips_of: Callable[[slice], np.ndarray], teacher: Teacher) -> np.ndarray:
    if path.exists() and len(np.load(path, mmap_mode="r")) == count:
        return np.load(path)
    parts: list[np.ndarray] = []
    starts, began = range(0, count, _BATCH), time.monotonic()
    with lanes.pool() as pool:
        for part in pool.map(lambda start: teacher.targets(as_tensor(chips_of(slice(start, start + _BATCH)))).numpy(), starts):
            parts.append(part)
            done = min(len(parts) * _BATCH, count)
            left = (time.monotonic() - began) / done * (count - done) / 60
            print(f"\r{path.stem}: {done}/{count}, {left:.0f} min left ", end="", file=sys.stderr)
    print(file=sys.stderr)
    targets = np.concatenate(parts)
    partial = path.with_suffix(".partial.npy")
    np.save(partial, targets)
    partial.rename(path)
    return targets


def chips_for_student(crops: np.ndarray) -> torch.Tensor:
    """Of each crop dlib's chip, exactly: (n, 3, 150, 150)."""
    return as_tensor(np.ascontiguousarray(crops[:, 34:184, 21:171]))
