"""The protocols of the accuracy report: what is compared with what. Each returns plain values with stable keys."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.accuracy.data import Photo
from bench.accuracy.groups import REPLICATES, percentiles
from bench.accuracy.metrics import FAILED, Distribution, OpenSet, Rate, Scores, Vectors
from inference.calibration import Calibration

FMRS = (1e-2, 1e-3, 1e-4, 1e-5)
FPIRS = (1e-2, 1e-3)
SHIPPED = 0.65
"""The confidence that a door asks for unless told otherwise."""
ENROLLED, PROBED = 5, 3
"""Photos of the kiosk protocol: what enrolment takes, and what a visit averages."""
DRAWS = 20
"""Times that the photos of each person are drawn for it."""
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
    threshold = calibration.cosine_at(SHIPPED)
    return {
        "cosine": threshold,
        "fmr": scores.fmr_at(threshold).to_json(),
        "tmr": 1 - scores.fnmr_at(threshold).value,
        "fnmr": scores.fnmr_at(threshold).to_json(),
    }


def identification(found: OpenSet, calibration: Calibration | None, gallery: int) -> dict[str, Any]:
    """FNIR at fixed FPIR with event counts, and both at confidence .65 where there is a calibration."""
    rows = {f"{fpir:.0e}": _search(found, found.threshold_at_fpir(fpir)) for fpir in FPIRS}
    if calibration is not None:
        rows["confidence_0.65"] = _search(found, calibration.cosine_at(SHIPPED))
    return {"gallery": gallery, "mated": len(found.mated_score), "unmated": len(found.unmated_score), "at_fpir": rows}


def _search(found: OpenSet, threshold: float) -> dict[str, Any]:
    fnir, fpir = found.fnir_at(threshold).to_json(), found.fpir_at(threshold).to_json()
    return {"threshold": threshold, "fnir": fnir, "fpir": fpir}


def first_and_others(people: Names) -> tuple[Names, Names]:
    """Positions of the first photo of each person with two or more, and of all other photos."""
    counts = np.bincount(people)
    first = {int(person): index for index, person in reversed(list(enumerate(people)))}
    gallery = np.array([first[person] for person in np.flatnonzero(counts >= 2)])
    return gallery, np.setdiff1d(np.arange(len(people)), gallery)


def one_probe_each(people: Names, gallery: Names) -> Names:
    """Positions of the second photo of each person in the gallery of first photos."""
    taken = set(gallery.tolist())
    second = {int(person): index for index, person in reversed(list(enumerate(people))) if index not in taken}
    return np.array([second[int(person)] for person in people[gallery]])


def one_photo_open_set(vectors: Vectors, people: Names) -> tuple[OpenSet, int]:
    """Gallery: the first photo of each person with two or more; probes: their others, and everybody else."""
    gallery, probes = first_and_others(people)
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


def over_people(genuine: Scores, owners: Names, threshold: float) -> list[float]:
    """95 % interval of the true match rate by bootstrap over people: pairs of one person stand or fall together."""
    total = np.bincount(owners).astype(np.float64)
    matched = np.bincount(owners, genuine >= threshold)[total > 0]
    total = total[total > 0]
    drawn = np.random.default_rng(1).multinomial(len(total), np.full(len(total), 1 / len(total)), REPLICATES)
    return percentiles(drawn @ matched / (drawn @ total))


def genuine_pairs(vectors: Vectors, people: Names) -> tuple[Scores, Names]:
    """Cosines of all pairs of photos of one person, and whose they are."""
    order = np.argsort(people, kind="stable")
    scores, owners = [], []
    for rows in np.split(order, np.flatnonzero(np.diff(people[order])) + 1):
        if len(rows) > 1:
            block = vectors[rows] @ vectors[rows].T
            failed = ~vectors[rows].any(axis=1)
            block[failed] = block[:, failed] = FAILED
            found = block[np.triu_indices(len(rows), k=1)]
            scores.append(found)
            owners.append(np.full(len(found), people[rows[0]]))
    return np.concatenate(scores), np.concatenate(owners)


def at_threshold(genuine: Scores, owners: Names, threshold: float) -> dict[str, Any]:
    """True match rate at a threshold that comes from elsewhere."""
    missed = Rate(int((genuine < threshold).sum()), len(genuine))
    interval = over_people(genuine, owners, threshold)
    return {"threshold": threshold, "tmr": 1 - missed.value, "bootstrap95": interval, "fnmr": missed.to_json()}


def kiosk_pairs(vectors: Vectors, people: Names) -> tuple[Scores, Names]:
    """The kiosk's comparison: the mean of five photos against the mean of three others, drawn `DRAWS` times a person.

    People with fewer than eight photos are left out.
    """
    random = np.random.default_rng(1)
    scores, owners = [], []
    for person in np.flatnonzero(np.bincount(people) >= ENROLLED + PROBED):
        rows = np.flatnonzero(people == person)
        for _ in range(DRAWS):
            drawn = random.permutation(rows)
            template, probe = averaged(vectors[drawn[:ENROLLED]]), averaged(vectors[drawn[ENROLLED : ENROLLED + PROBED]])
            scores.append(float(template @ probe) if template.any() and probe.any() else float(FAILED))
            owners.append(person)
    return np.array(scores, dtype=np.float32), np.array(owners)


def against_clean_gallery(gallery: Vectors, owners: Names, probes: Vectors, people: Names) -> tuple[Distribution, Scores]:
    """Probes of another condition against one clean photo a person: all scores, and each probe's with its own person."""
    scores = np.where(probes.any(axis=1)[:, None] & gallery.any(axis=1)[None, :], probes @ gallery.T, FAILED).astype(np.float32)
    same = people[:, None] == owners[None, :]
    return Distribution(np.sort(scores[same]), np.sort(scores[~same])), scores[same]
