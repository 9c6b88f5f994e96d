"""The protocols of the accuracy report: what is compared with what. Each returns plain values with stable keys."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.accuracy.data import Photo
from bench.accuracy.metrics import Distribution, OpenSet, Rate, Vectors
from inference.calibration import Calibration

FMRS = (1e-2, 1e-3, 1e-4, 1e-5)
FPIRS = (1e-2, 1e-3)
Names = npt.NDArray[np.int64]


def identities(photos: Sequence[Photo]) -> Names:
    """A number a person, (n,)."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(photo.person, len(numbers)) for photo in photos], dtype=np.int64)


def failure_to_enrol(vectors: Vectors) -> Rate:
    """Photos that gave no template."""
    return Rate(int((~vectors.any(axis=1)).sum()), len(vectors))


def verification(scores: Distribution) -> dict[str, Any]:
    """FNMR and TMR at fixed FMR over all pairs, failures to enrol included."""
    rows = {}
    for fmr in FMRS:
        threshold = scores.threshold_at_fmr(fmr)
        fnmr = scores.fnmr_at(threshold)
        rows[f"{fmr:.0e}"] = {"threshold": threshold, "tmr": 1 - fnmr.value, "fnmr": fnmr.to_json()}
    return {"genuine": len(scores.genuine), "impostor": len(scores.impostor), "at_fmr": rows}


def at_shipped_threshold(scores: Distribution, calibration: Calibration) -> dict[str, Any]:
    """Where confidence .65 lies: its cosine, and the errors there."""
    threshold = calibration.cosine_at(0.65)
    return {
        "cosine": threshold,
        "fmr": scores.fmr_at(threshold).to_json(),
        "tmr": 1 - scores.fnmr_at(threshold).value,
        "fnmr": scores.fnmr_at(threshold).to_json(),
    }


def identification(found: OpenSet, calibration: Calibration, gallery: int) -> dict[str, Any]:
    """FNIR at fixed FPIR with event counts, and both at confidence .65."""
    rows = {}
    for fpir in FPIRS:
        threshold = found.threshold_at_fpir(fpir)
        rows[f"{fpir:.0e}"] = {
            "threshold": threshold,
            "fnir": found.fnir_at(threshold).to_json(),
            "fpir": found.fpir_at(threshold).to_json(),
        }
    shipped = calibration.cosine_at(0.65)
    rows["confidence_0.65"] = {
        "threshold": shipped,
        "fnir": found.fnir_at(shipped).to_json(),
        "fpir": found.fpir_at(shipped).to_json(),
    }
    return {"gallery": gallery, "mated": len(found.mated_score), "unmated": len(found.unmated_score), "at_fpir": rows}


def one_photo_open_set(vectors: Vectors, people: Names) -> tuple[OpenSet, int]:
    """Gallery: the first photo of each person with two or more; probes: their others, and everybody else."""
    counts = np.bincount(people)
    first = {int(person): index for index, person in reversed(list(enumerate(people)))}
    gallery = np.array([first[person] for person in np.flatnonzero(counts >= 2)])
    probes = np.setdiff1d(np.arange(len(people)), gallery)
    return OpenSet.search(vectors[gallery], people[gallery], vectors[probes], people[probes]), len(gallery)


def averaged(vectors: Vectors) -> Vectors:
    """Unit mean of rows (k, d), failures left out; zeros when all failed."""
    total = vectors.sum(axis=0)
    norm = float(np.linalg.norm(total))
    return np.asarray(total / norm if norm > 0 else total, dtype=np.float32)


def averaged_open_set(vectors: Vectors, people: Names, enrolled: int, probed: int) -> tuple[OpenSet, Distribution, int]:
    """Templates of `enrolled` photos against probes of `probed` other photos; unmated: people with too few photos.

    The first photos by name are enrolled; each further full set of `probed` photos is one probe.
    """
    rows: dict[int, list[int]] = defaultdict(list)
    for index, person in enumerate(people):
        rows[int(person)].append(index)
    gallery, owners, probes, names = [], [], [], []
    for person, indices in rows.items():
        held = indices
        if len(indices) >= enrolled + probed:
            gallery.append(averaged(vectors[indices[:enrolled]]))
            owners.append(person)
            held = indices[enrolled:]
        for start in range(0, len(held) - probed + 1, probed):
            probes.append(averaged(vectors[held[start : start + probed]]))
            names.append(person)
    gallery_rows, owner_ids = np.array(gallery), np.array(owners)
    probe_rows, probe_ids = np.array(probes), np.array(names)
    scores = np.where(probe_rows.any(axis=1)[:, None], probe_rows @ gallery_rows.T, np.float32(-1))
    same = probe_ids[:, None] == owner_ids[None, :]
    pairs = Distribution(np.sort(scores[same]), np.sort(scores[~same]))
    return OpenSet.search(gallery_rows, owner_ids, probe_rows, probe_ids), pairs, len(gallery)


def across_sessions(vectors: Vectors, photos: Sequence[Photo]) -> Distribution:
    """Pairs of webcam frames: genuine between two sessions of a person, impostor between people."""
    people = identities(photos)
    sessions = np.array([hash(photo.group) for photo in photos])
    scores = vectors @ vectors.T
    failed = ~vectors.any(axis=1)
    scores[failed] = scores[:, failed] = -1
    upper = np.triu(np.ones(scores.shape, dtype=bool), k=1)
    same = people[:, None] == people[None, :]
    other_session = sessions[:, None] != sessions[None, :]
    return Distribution(np.sort(scores[upper & same & other_session]), np.sort(scores[upper & ~same]))


def group_row(name: str, impostor: npt.NDArray[np.float32], threshold: float) -> dict[str, Any]:
    """False match rate within one group at the shipped threshold."""
    return {"group": name, "fmr": Rate(int((impostor >= threshold).sum()), len(impostor)).to_json()}


def worst_first(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Groups by their false match rate, the worst one first."""
    return sorted(rows, key=lambda row: -row["fmr"]["value"])
