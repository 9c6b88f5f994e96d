"""Measures a network's false match rates within groups of people, and fits the calibration. Pure numbers: photos are crops.py's.

All pairs of different photos within one group count as comparisons of different people. Some are not: the same person twice
in a source, which at rates of 1e-3 and less is most of what one would count. A second network, the referee, finds them: pairs
that it takes for one person with a wide margin are left out. It misses some, so the rates come out too high, not too low.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.calibration import Calibration

Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]

BINS = 40_000
"""Over cosines -1..1: .00005 each."""
BLOCK = 1_000
SAME_PERSON = 0.6
"""The referee's cosine from which a pair is one person; of different people one pair in 100,000 is taken out wrongly."""
FEWEST_MATCHES = 20
"""Pairs above a knot's cosine; with fewer its rate is not measured but guessed."""
LEVELS = (0.5, 0.3, 0.2, *(10.0 ** (-quarter / 4) for quarter in range(4, 21)))
"""False match rates of the knots: four a decade from 1e-1 to 1e-5."""
_NEEDED = 1e-3
"""The rate at which the worst group is named, and that one group at least must be able to show."""
TAIL_DECADES = 1.0
"""The tail's exponent is fitted to the knots within this many decades of the lowest one."""


@dataclass(frozen=True)
class Group:
    """The comparisons of one group: how many pairs fell into each bin of cosine, and the lowest rate its labels allow."""

    name: str
    photos: int
    histogram: Counts
    readable: float
    left_out: int = 0
    """Pairs that the referee takes for one person."""

    @property
    def pairs(self) -> int:
        """Comparisons in all."""
        return int(self.histogram.sum())

    @property
    def floor(self) -> float:
        """The lowest false match rate that can be read: by the labels, and by the number of pairs."""
        return max(self.readable, FEWEST_MATCHES / max(self.pairs, 1))

    def fmr(self, cosines: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Share of the pairs at or above each cosine."""
        above = np.append(np.cumsum(self.histogram[::-1])[::-1], 0)
        index = np.ceil((np.asarray(cosines, dtype=np.float64) + 1.0) / 2.0 * BINS - 1e-9).astype(int)
        return np.asarray(above[np.clip(index, 0, BINS)] / self.pairs, dtype=np.float64)

    def cosine_at(self, fmr: float) -> float:
        """The lowest bin edge whose rate is at most `fmr`."""
        above = np.append(np.cumsum(self.histogram[::-1])[::-1], 0)
        return float(np.argmax(above <= fmr * self.pairs) / BINS * 2.0 - 1.0)


def measure(name: str, vectors: Floats, readable: float, referee: Floats | None = None) -> Group:
    """Compare all pairs of one group.

    Args:
        name: of the group.
        vectors: (photos, dimension) unit vectors of the network to calibrate.
        readable: lowest rate that the labels allow to be read.
        referee: unit vectors of the same photos by the referee; pairs at `SAME_PERSON` or more there are left out.
    """
    histogram, left_out = np.zeros(BINS, dtype=np.int64), 0
    for start in range(0, len(vectors), BLOCK):
        cosines = vectors[start : start + BLOCK] @ vectors[start:].T
        # Pairs of the block with itself count once: only those right of the diagonal.
        counted = np.triu(np.ones(cosines.shape, dtype=bool), k=1)
        if referee is not None:
            same = counted & (referee[start : start + BLOCK] @ referee[start:].T >= SAME_PERSON)
            counted &= ~same
            left_out += int(same.sum())
        index = np.clip(((cosines[counted] + 1.0) / 2.0 * BINS).astype(np.int64), 0, BINS - 1)
        histogram += np.bincount(index, minlength=BINS)
    return Group(name, len(vectors), histogram, readable, left_out)


def envelope(groups: Mapping[str, Group], source: str) -> Calibration:
    """The calibration that holds in every group: at each rate the highest cosine that any group needs.

    A group with too few pairs for a rate keeps, from the lowest rate it can show, its ratio of cosine distances to the best
    measured group.
    Below that group's own floor a tail goes on: a power of the cosine distance, as the share of a sphere within that distance
    is, with the exponent of the last decade (least squares). The exponent still rises there, so extrapolated rates are too
    high, not too low.

    Raises:
        ValueError: no group has pairs enough for a rate of 1e-3.
    """
    best = min(groups.values(), key=lambda group: group.floor)
    if best.floor > _NEEDED:
        raise ValueError(f"no group has enough pairs to read a false match rate of {_NEEDED:g}")
    levels = np.array([level for level in LEVELS if level >= best.floor * 0.999])
    curves = np.array([_cosines(group, best, levels) for group in groups.values()])
    worst = list(groups)[int(curves[:, np.argmin(np.abs(levels - _NEEDED))].argmax())]
    cosines, decades = curves.max(axis=0), np.log10(levels)
    kept = [i for i in range(len(levels)) if i == 0 or cosines[i] > cosines[:i].max()]
    cosines, decades = cosines[kept], decades[kept]
    in_tail = decades <= decades[-1] + TAIL_DECADES + 0.05
    exponent = float(np.polyfit(np.log10(1.0 - cosines[in_tail]), decades[in_tail], 1)[0])
    return Calibration(
        group=worst,
        source=source,
        cosines=tuple(round(float(c), 5) for c in cosines),
        log10_fmr=tuple(round(float(d), 4) for d in decades),
        tail_exponent=round(exponent, 3),
    )


def _cosines(group: Group, best: Group, levels: Floats) -> Floats:
    own = np.array([group.cosine_at(level) for level in levels])
    readable = np.flatnonzero(levels >= group.floor * 0.999)
    if not len(readable):
        return np.full(len(levels), -1.0)
    last = int(readable[-1])
    reference = 1.0 - np.array([best.cosine_at(level) for level in levels])
    return np.where(np.arange(len(levels)) <= last, own, 1.0 - reference * (1.0 - own[last]) / reference[last])
