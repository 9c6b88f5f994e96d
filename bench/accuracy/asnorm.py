"""A study, apart from `make eval`: does adaptive symmetric score normalisation (AS-norm) narrow the gap between groups?

The cohort is cluster centres of photos that were trained on, so it holds nobody's face. A comparison's cosine s becomes
((s - mean_a) / sd_a + (s - mean_b) / sd_b) / 2, with mean and standard deviation of each side's highest cosines to the cohort
(Matejka et al., 2017). Shipped only if it helps: `.venv/bin/python -m bench.accuracy.asnorm`.
"""

import argparse
import json
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from bench.accuracy import data, groups, protocols
from bench.accuracy.__main__ import find, parse
from bench.accuracy.evaluation import Evaluation
from bench.accuracy.extract import Extractor
from bench.accuracy.groups import Group
from bench.accuracy.metrics import Distribution, Scores, Vectors

CENTRES = 256
HIGHEST = (16, 32, 64, 256)
"""How many of a side's highest cosines to the cohort are taken: the variants tried."""
A_GROUP = 400
_ITERATIONS = 30
_BLOCK = 1024
AT = 1e-3

Moments = npt.NDArray[np.float32]
"""(n, 2): mean and standard deviation of each photo's highest cosines to the cohort."""


def centres(vectors: Vectors, count: int, seed: int = 1) -> Vectors:
    """(count, d) unit cluster centres by spherical k-means; a cluster that empties is started anew at a random photo."""
    random = np.random.default_rng(seed)
    middle = vectors[random.permutation(len(vectors))[:count]]
    for _ in range(_ITERATIONS):
        nearest = (vectors @ middle.T).argmax(axis=1)
        total = np.zeros_like(middle)
        np.add.at(total, nearest, vectors)
        empty = ~np.isin(np.arange(count), nearest)
        total[empty] = vectors[random.integers(0, len(vectors), int(empty.sum()))]
        middle = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), np.float32(1e-12))
    return np.asarray(middle, dtype=np.float32)


def moments(vectors: Vectors, cohort: Vectors, highest: int) -> Moments:
    """Of every row: mean and standard deviation of its `highest` cosines to the cohort."""
    top = np.sort(vectors @ cohort.T, axis=1)[:, -highest:]
    return np.stack([top.mean(axis=1), np.maximum(top.std(axis=1), 1e-6)], axis=1)


def normalised(scores: Scores, a: Moments, b: Moments) -> Scores:
    """The scores seen from both sides' cohorts; shapes broadcast, the moments' last axis left out."""
    return np.asarray(((scores - a[..., 0]) / a[..., 1] + (scores - b[..., 0]) / b[..., 1]) / 2, dtype=np.float32)


def of_group(group: Group, vectors: Vectors, cohort: Vectors, highest: int) -> Group:
    """The group's comparisons with normalised scores."""
    found = moments(vectors, cohort, highest)
    return replace(group, cosines=normalised(group.cosines, found[:, None], found[None, :]))


def all_pairs(vectors: Vectors, people: protocols.Names, cohort: Vectors, highest: int) -> Distribution:
    """Normalised scores of all pairs, failures left out."""
    kept = vectors.any(axis=1)
    vectors, people = vectors[kept], people[kept]
    found = moments(vectors, cohort, highest)
    same, other = [], []
    for start in range(0, len(vectors), _BLOCK):
        stop = start + _BLOCK
        scores = normalised(vectors[start:stop] @ vectors[start:].T, found[start:stop, None], found[None, start:])
        upper = np.triu(np.ones(scores.shape, dtype=bool), k=1)
        alike = people[start:stop, None] == people[None, start:]
        same.append(scores[upper & alike])
        other.append(scores[upper & ~alike])
    return Distribution(np.sort(np.concatenate(same)), np.sort(np.concatenate(other)))


def measure(name: str, compared: list[Group], lfw: Distribution, true_match_rate: float | None) -> dict[str, Any]:
    """One way of scoring: at the worst group's FMR of 1e-3, and where it reaches a given true match rate."""
    found = groups.worst_threshold(compared, AT)
    if found is None:
        raise SystemExit("too few photos were kept out of training to read a false match rate of 1e-3")
    same = lfw.genuine
    row: dict[str, Any] = {"scores": name, "worst_group": found[0], "tmr": float((same >= found[1]).mean())}
    row["lfw_fmr"] = lfw.fmr_at(found[1]).value
    row["worst_fmr"] = max(group.fmr_at(found[1]).value for group in compared)
    row["tmr_at_own_fmr"] = {f"{fmr:.0e}": 1 - lfw.fnmr_at(lfw.threshold_at_fmr(fmr)).value for fmr in protocols.FMRS}
    row["spread"] = groups.spread(compared, found[1])
    equal = found[1] if true_match_rate is None else float(np.quantile(same, 1 - true_match_rate))
    rates = {group.name: group.fmr_at(equal).value for group in compared}
    row["at_equal_tmr"] = {"worst_fmr": max(rates.values()), "spread": groups.spread(compared, equal)}
    return row


def study(options: argparse.Namespace) -> dict[str, Any]:
    """The shipped network's plain cosines, and every variant."""
    subjects = find(options)
    teacher = next((subject for subject in subjects if subject.role == "teacher"), None)
    evaluation = Evaluation(subjects[0], teacher, options)
    evaluation.compare_groups()
    photos = [photo for of in data.trained_on(options.train, A_GROUP).values() for photo in of]
    extractor = Extractor(options.out.parent / "cache")
    cohort = centres(extractor.crop_embeddings(options.train, photos, subjects[0], "cohort, photos trained on"), CENTRES)
    vectors, people, by_group = evaluation.lfw_vectors, evaluation.people, evaluation.group_vectors()
    rows = [measure("cosine", evaluation.groups, Distribution.of_pairs(vectors, people), None)]
    for highest in HIGHEST:
        compared = [of_group(group, by_group[group.name], cohort, highest) for group in evaluation.groups]
        lfw = all_pairs(vectors, people, cohort, highest)
        rows.append(measure(f"AS-norm, highest {highest} of {CENTRES}", compared, lfw, rows[0]["tmr"]))
    return {"model": subjects[0].name, "cohort_photos": len(photos), "centres": CENTRES, "rows": rows}


def show(report: dict[str, Any], console: Console) -> None:
    """A line a variant."""
    table = Table(
        "scores",
        "worst group",
        "LFW TMR at its FMR 1e-3",
        "LFW FMR there",
        "LFW TMR at own 1e-3, 1e-4, 1e-5",
        "worst/best there",
        "at equal TMR: worst FMR",
        "worst/best",
    )
    for row in report["rows"]:
        equal = row["at_equal_tmr"]
        ratios = (
            f"{s['ratio']:.1f} \\[{s['bootstrap95'][0]:.1f}, {s['bootstrap95'][1]:.1f}]" for s in (row["spread"], equal["spread"])
        )
        here, there = ratios
        own = ", ".join(f"{100 * row['tmr_at_own_fmr'][fmr]:.1f}" for fmr in ("1e-03", "1e-04", "1e-05"))
        table.add_row(
            row["scores"],
            row["worst_group"],
            f"{100 * row['tmr']:.2f} %",
            f"{row['lfw_fmr']:.1e}",
            own,
            here,
            f"{equal['worst_fmr']:.2e}",
            there,
        )
    console.print(table)


def main() -> None:
    """Run the study and write build/reports/asnorm.json."""
    options = parse(sys.argv[1:], "python -m bench.accuracy.asnorm", __doc__)
    report = study(options)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "asnorm.json").write_text(json.dumps(report, indent=1) + "\n")
    show(report, Console())


if __name__ == "__main__":
    main()
