"""Error rates of ISO/IEC 19795-1 from comparison scores: pure arithmetic on arrays, nothing is read or drawn here."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, lgamma, log, log1p

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float32]

FAILED = np.float32(-1.0)
"""The score of a comparison one side of which failed to give a template: it never matches."""

_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Rate:
    """Events out of trials, with the 95 % interval of Clopper and Pearson."""

    events: int
    trials: int

    @property
    def value(self) -> float:
        """The share, 0..1; NaN without trials."""
        return self.events / self.trials if self.trials else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper 95 % limit (Clopper and Pearson, 1934)."""
        return clopper_pearson(self.events, self.trials)

    def to_json(self) -> dict[str, float | int | list[float]]:
        """Stable keys for reports."""
        return {"value": self.value, "events": self.events, "trials": self.trials, "interval95": list(self.interval)}


def _continued_fraction(share: float, a: float, b: float) -> float:
    """Of the incomplete beta function, by Lentz's method (Numerical Recipes, 6.4)."""
    tiny, c = 1e-300, 1.0
    d = 1 / (1 - (a + b) * share / (a + 1) or tiny)
    product = d
    for m in range(1, 100_000):
        for numerator in (
            m * (b - m) * share / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * share / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + numerator * d or tiny)
            c = 1 + numerator / c or tiny
            product *= c * d
        if abs(c * d - 1) < 1e-12:
            return product
    raise ArithmeticError("the incomplete beta function did not converge")


def _tail_at_least(events: int, trials: int, share: float) -> float:
    """P(X ≥ events) for X ~ Binomial(trials, share): the regularised incomplete beta function."""
    a, b = float(events), float(trials - events + 1)
    if share <= 0 or share >= 1:
        return float(share >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(share) + b * log1p(-share))
    if share < (a + 1) / (a + b + 2):
        return front * _continued_fraction(share, a, b) / a
    return 1 - front * _continued_fraction(1 - share, b, a) / b


def clopper_pearson(events: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Exact binomial interval by bisection; (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    half = (1 - level) / 2

    def root(count: int, target: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if _tail_at_least(count, trials, middle) < target else (low, middle)
        return (low + high) / 2

    lower = 0.0 if events == 0 else root(events, half)
    upper = 1.0 if events == trials else root(events + 1, 1 - half)
    return lower, upper


def pair_scores(vectors: Vectors, people: npt.NDArray[np.int64]) -> Iterator[tuple[Scores, Scores]]:
    """Cosines of all pairs i < j in blocks, as (genuine, impostor).

    Args:
        vectors: (n, d) unit rows; a row of zeros is a failure to enrol, whose pairs score `FAILED`.
        people: (n,) identity of each row.
    """
    failed = ~vectors.any(axis=1)
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK] @ vectors[start:].T
        block[failed[start : start + _BLOCK]] = FAILED
        block[:, failed[start:]] = FAILED
        upper = np.triu(np.ones(block.shape, dtype=bool), k=1)
        same = people[start : start + _BLOCK, None] == people[None, start:]
        yield block[upper & same], block[upper & ~same]


@dataclass(frozen=True, slots=True)
class Distribution:
    """Genuine and impostor scores of one protocol, each sorted ascending."""

    genuine: Scores
    impostor: Scores

    @classmethod
    def of_pairs(cls, vectors: Vectors, people: npt.NDArray[np.int64]) -> "Distribution":
        """All pairs of the rows of `vectors` (n, d)."""
        genuine, impostor = zip(*pair_scores(vectors, people), strict=True)
        return cls(np.sort(np.concatenate(genuine)), np.sort(np.concatenate(impostor)))

    def threshold_at_fmr(self, fmr: float) -> float:
        """The lowest score at which no more than `fmr` of the impostor comparisons match (score ≥ threshold)."""
        allowed = int(np.floor(fmr * len(self.impostor)))
        return float(np.nextafter(self.impostor[len(self.impostor) - allowed - 1], np.float32(2)))

    def fmr_at(self, threshold: float) -> Rate:
        """False match rate: impostor scores at or above the threshold."""
        return Rate(int(len(self.impostor) - np.searchsorted(self.impostor, threshold, "left")), len(self.impostor))

    def fnmr_at(self, threshold: float) -> Rate:
        """False non-match rate: genuine scores below the threshold, failures to enrol included."""
        return Rate(int(np.searchsorted(self.genuine, threshold, "left")), len(self.genuine))


@dataclass(frozen=True, slots=True)
class OpenSet:
    """Best scores of an identification search (1:N): of probes whose person is in the gallery, and of others."""

    mated_score: Scores
    """(m,) the highest score of the search."""
    mated_correct: npt.NDArray[np.bool_]
    """(m,) whether that highest score belongs to the right person."""
    unmated_score: Scores

    @classmethod
    def search(cls, gallery: Vectors, owners: npt.NDArray[np.int64], probes: Vectors, people: npt.NDArray[np.int64]) -> "OpenSet":
        """Search every probe (rows of zeros are failures) in the gallery, one row a person."""
        scores = probes @ gallery.T
        best = scores.argmax(axis=1)
        top = np.where(probes.any(axis=1), scores.max(axis=1), FAILED).astype(np.float32)
        mated = np.isin(people, owners)
        return cls(top[mated], owners[best[mated]] == people[mated], top[~mated])

    def threshold_at_fpir(self, fpir: float) -> float:
        """The lowest threshold at which no more than `fpir` of the unmated searches return somebody."""
        ordered = np.sort(self.unmated_score)
        return float(np.nextafter(ordered[len(ordered) - int(np.floor(fpir * len(ordered))) - 1], np.float32(2)))

    def fnir_at(self, threshold: float) -> Rate:
        """False negative identification rate: the right person is not first, or below the threshold."""
        found = self.mated_correct & (self.mated_score >= threshold)
        return Rate(int(len(found) - found.sum()), len(found))

    def fpir_at(self, threshold: float) -> Rate:
        """False positive identification rate of the unmated probes."""
        return Rate(int((self.unmated_score >= threshold).sum()), len(self.unmated_score))
