"""False match rates within groups of people, from photos that were kept out of training. Nearly every photo is another person.

Pairs share photos, so they are not independent: beside the exact interval of independent pairs stands one by bootstrap over
people. Pairs that the referee takes for one person are left out, as the calibration leaves them out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.accuracy.data import WORST_OF
from bench.accuracy.metrics import Rate, Scores, Vectors

REPLICATES = 1000
_FEWEST = 10
"""Pairs above a threshold that is to be read off; with fewer it is chance."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Group:
    """All comparisons within one group of people."""

    name: str
    cosines: npt.NDArray[np.float32]
    """(n, n)."""
    counted: npt.NDArray[np.bool_]
    """(n, n), symmetric: pairs of different people. Never a photo with itself."""
    left_out: int
    """Pairs that the referee takes for one person."""

    @property
    def photos(self) -> int:
        """How many photos, which is nearly how many people."""
        return len(self.cosines)

    @property
    def scores(self) -> Scores:
        """(pairs,) ascending, each pair once."""
        return np.sort(self.cosines[np.triu(self.counted, k=1)])

    def fmr_at(self, threshold: float) -> Rate:
        """Share of the pairs at or above the threshold."""
        scores = self.scores
        return Rate(int(len(scores) - np.searchsorted(scores, threshold, "left")), len(scores))

    def threshold_at(self, fmr: float) -> float | None:
        """The lowest cosine that no more than `fmr` of the pairs reach; None where that is too few pairs to tell."""
        scores = self.scores
        allowed = int(np.floor(fmr * len(scores)))
        return float(np.nextafter(scores[len(scores) - allowed - 1], np.float32(2))) if allowed >= _FEWEST else None

    def resampled(self, threshold: float, seed: int = 1) -> npt.NDArray[np.float64]:
        """(REPLICATES,) rates with the people drawn anew, with replacement: bootstrap over people, not over pairs."""
        weights = np.random.default_rng(seed).multinomial(self.photos, np.full(self.photos, 1 / self.photos), REPLICATES)
        drawn = weights.astype(np.float64)
        events = (drawn @ (self.counted & (self.cosines >= threshold)).astype(np.float64) * drawn).sum(axis=1)
        return np.asarray(events / (drawn @ self.counted.astype(np.float64) * drawn).sum(axis=1))


def compare(name: str, vectors: Vectors, referee: Vectors | None, same_person: float) -> Group:
    """All pairs of one group.

    Args:
        name: of the group.
        vectors: (n, d) unit rows.
        referee: unit rows of the same photos by the network that finds photos of one person; None to leave nothing out.
        same_person: the referee's cosine from which a pair is one person.
    """
    counted = ~np.eye(len(vectors), dtype=bool)
    if referee is not None:
        counted &= referee @ referee.T < same_person
    left_out = int((~counted).sum() - len(vectors)) // 2
    return Group(name, vectors @ vectors.T, counted, left_out)


def worst_threshold(groups: Sequence[Group], fmr: float, source: str = WORST_OF) -> tuple[str, float] | None:
    """The group of `source` that needs the highest threshold for a rate of `fmr`, and that threshold."""
    read = [(group.threshold_at(fmr), group.name) for group in groups if group.name.startswith(source)]
    able = [(threshold, name) for threshold, name in read if threshold is not None]
    if not able or len(able) < len(read):
        return None
    threshold, name = max(able)
    return name, threshold


def percentiles(values: npt.NDArray[np.float64]) -> list[float]:
    """The middle 95 % of replicates."""
    low, high = np.percentile(values, (2.5, 97.5))
    return [float(low), float(high)]


def rows(groups: Sequence[Group], threshold: float) -> list[dict[str, Any]]:
    """A row a group at one threshold, the worst first."""
    found = [
        {
            "group": group.name,
            "photos": group.photos,
            "left_out": group.left_out,
            "fmr": group.fmr_at(threshold).to_json(),
            "bootstrap95": percentiles(group.resampled(threshold)),
        }
        for group in groups
    ]
    return sorted(found, key=lambda row: -row["fmr"]["value"])


def spread(groups: Sequence[Group], threshold: float) -> dict[str, Any]:
    """Worst over best false match rate at one threshold, with the bootstrap's interval.

    A group without a false match counts as having one: the ratio is then a lower limit, and `at_least` says so.
    """
    rates = {group.name: group.fmr_at(threshold) for group in groups}
    floors = np.array([1 / rate.trials for rate in rates.values()])
    values = np.maximum([rate.value for rate in rates.values()], floors)
    drawn = np.maximum([group.resampled(threshold, seed=7 + i) for i, group in enumerate(groups)], floors[:, None])
    names = list(rates)
    return {
        "threshold": threshold,
        "worst": names[int(values.argmax())],
        "best": names[int(values.argmin())],
        "ratio": float(values.max() / values.min()),
        "at_least": any(rate.events == 0 for rate in rates.values()),
        "bootstrap95": percentiles(drawn.max(axis=0) / drawn.min(axis=0)),
    }


def agreement(ours: Mapping[str, Vectors], theirs: Mapping[str, Vectors]) -> list[dict[str, Any]]:
    """How far two networks' vectors of the same photos agree, by group: mean and lowest cosine."""
    cosines: dict[str, npt.NDArray[np.float32]] = {name: (ours[name] * theirs[name]).sum(axis=1) for name in ours}
    return [
        {"group": name, "photos": len(values), "mean": float(values.mean()), "lowest": float(values.min())}
        for name, values in cosines.items()
    ]
