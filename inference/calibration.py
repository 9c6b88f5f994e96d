"""What a cosine means: false match rate and confidence, from measured knots. Measuring the knots is the recipe's work.

Confidence is the wire contract's `clip(.65 + .05 * (-log10 FMR - 3), 0, .99)`: .65 is one false match in 1,000 comparisons.
"""

from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

_AT_ONE_IN_A_THOUSAND = 0.65
_PER_DECADE = 0.05
_HIGHEST_CONFIDENCE = 0.99
_MOST_DECADES = 16.0
"""Far past every confidence; keeps the false match rate above zero."""


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cosine → false match rate in the worst group of people measured, log-linear between knots.

    Below the first knot the line runs to a rate of 1 at cosine -1. Above the last knot a fitted tail takes over, a power of
    the cosine distance that reaches a rate of 0 at cosine 1 (a Pareto tail with that end point): those rates are
    extrapolated, not measured, and `extrapolated` says so.
    """

    group: str
    """The group of people whose false match rates these are: the worst of all that were measured."""
    source: str
    """The photos it was measured on, and how many comparisons."""
    cosines: tuple[float, ...]
    """Strictly rising, within (-1, 1)."""
    log10_fmr: tuple[float, ...]
    """Strictly falling, at most 0, one for each cosine."""
    tail_exponent: float
    """Above the last knot the rate falls with this power of 1 - cosine; positive."""
    averaging: float = 0.0
    """Spread of one person's samples over the distance between different people, 0 or more: see `of_averages`."""

    def __post_init__(self) -> None:
        """Refuse knots that are no monotone curve (ValueError, which the manifest loader reports with its place)."""
        if len(self.cosines) < 2 or len(self.cosines) != len(self.log10_fmr):
            raise ValueError("calibration needs two or more knots, and as many cosines as log10_fmr")
        if not all(np.isfinite([*self.cosines, *self.log10_fmr, self.tail_exponent])):
            raise ValueError("calibration has a number that is not finite")
        if any(b <= a for a, b in pairwise((-1.0, *self.cosines, 1.0))):
            raise ValueError("calibration cosines must rise strictly, between -1 and 1")
        if self.log10_fmr[0] >= 0 or any(b >= a for a, b in pairwise(self.log10_fmr)):
            raise ValueError("calibration log10_fmr must be negative and fall strictly")
        if self.tail_exponent <= 0:
            raise ValueError("calibration tail_exponent must be positive")
        if not (np.isfinite(self.averaging) and self.averaging >= 0):
            raise ValueError("calibration averaging must be 0 or more")

    def of_averages(self) -> "Calibration":
        """What the cosine of averaged templates means, on the safe side.

        The knots were measured between single photos. Averaging takes the scatter out, and so draws different people
        together as well: 1 - c_single = (1 - c_averaged) (1 + averaging (1 - h)), where h is the mean of 1/photos of both
        sides. Taken here as if the template were of very many photos and the probe of one: frames of one visit are hardly
        more than one photo.
        """
        factor = 1.0 + self.averaging / 2.0
        cosines = tuple(1.0 - (1.0 - cosine) / factor for cosine in self.cosines)
        return msgspec.structs.replace(self, cosines=cosines, averaging=0.0)

    def log10_fmr_at(self, cosine: npt.ArrayLike) -> Numbers:
        """log10 of the false match rate at each cosine (any shape); a cosine outside [-1, 1] is taken as the nearer end."""
        at = np.clip(np.asarray(cosine, dtype=np.float64), -1.0, 1.0)
        inside = np.interp(at, (-1.0, *self.cosines), (0.0, *self.log10_fmr))
        distance = np.maximum(1.0 - at, 1e-12) / (1.0 - self.cosines[-1])
        tail = self.log10_fmr[-1] + self.tail_exponent * np.log10(distance)
        return np.maximum(np.where(at > self.cosines[-1], tail, inside), -_MOST_DECADES)

    def fmr(self, cosine: float) -> float:
        """Share of comparisons between different people that reach this cosine or more, 0..1."""
        return float(10.0 ** self.log10_fmr_at(cosine))

    def extrapolated(self, cosine: float) -> bool:
        """Whether the rate at this cosine comes from the fitted tail, below what was measured."""
        return cosine > self.cosines[-1]

    def confidence(self, cosine: float) -> float:
        """Confidence of the wire contract, .5 (rate 1) to .99, never falling as the cosine rises."""
        return float(self.confidences(cosine))

    def confidences(self, cosine: npt.ArrayLike) -> Numbers:
        """`confidence` of each of many cosines, same shape."""
        decades = -self.log10_fmr_at(cosine)
        return np.clip(_AT_ONE_IN_A_THOUSAND + _PER_DECADE * (decades - 3.0), 0.0, _HIGHEST_CONFIDENCE)

    def cosine_at_fmr(self, fmr: float) -> float:
        """The cosine whose false match rate is `fmr` (0 < fmr <= 1); at 1 nothing is left but the template itself."""
        if not 0.0 < fmr <= 1.0:
            raise ValueError(f"a false match rate of {fmr} is not in (0, 1]")
        return self._cosine_at_decades(-float(np.log10(fmr)))

    def cosine_at(self, confidence: float) -> float:
        """The lowest cosine that reaches `confidence`: -1 for .5 and less."""
        decades = (min(confidence, _HIGHEST_CONFIDENCE) - _AT_ONE_IN_A_THOUSAND) / _PER_DECADE + 3.0
        return self._cosine_at_decades(decades)

    def _cosine_at_decades(self, decades: float) -> float:
        measured = -self.log10_fmr[-1]
        if decades > measured:
            return float(1.0 - (1.0 - self.cosines[-1]) * 10.0 ** ((measured - decades) / self.tail_exponent))
        falling = (0.0, *(-value for value in self.log10_fmr))
        return float(np.interp(decades, falling, (-1.0, *self.cosines)))


def confidence_at_fmr(fmr: float) -> float:
    """The confidence that stands for a false match rate (0 < fmr <= 1): API.md's formula, no model needed."""
    if not 0.0 < fmr <= 1.0:
        raise ValueError(f"a false match rate of {fmr} is not in (0, 1]")
    value = _AT_ONE_IN_A_THOUSAND + _PER_DECADE * (-float(np.log10(fmr)) - 3.0)
    return min(max(value, 0.0), _HIGHEST_CONFIDENCE)
