"""Made-up embeddings for the search benchmark: a seeded Gaussian of people, and of a person's photos around them. No real face.

Fitted to the shipped network's unit vectors (face and mirror image averaged) of 9,469 photos of different people; only the mean
and the variance along each principal axis are kept, 256 numbers in all, and the axes themselves are not: search does not
depend on a rotation. Scatter within a person is a share of the total, fitted so that pairs of single photos are told apart
about as LFW's are: TMR 98.4, 94.7, 86.9 % at FMR 1e-2, 1e-3, 1e-4 (measured there: 98.9, 94.7, 81.4 %).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

WITHIN_SHARE = 0.28
"""Share of the total variance, in every direction, that lies between photos of one person."""

_CHUNK = 50_000

# fmt: off
MEAN = (
    0.0869, 0.00722, 0.0253, 0.0131, 0.0221, 0.03, 0.0341, 0.00222, 0.00762, 0.0193, 0.0261, 0.0236, 0.0159, 0.0139,
    0.0152, 0.0832, 0.00122, 0.0194, 0.000557, 0.0171, 0.0296, 0.0112, 0.0205, 0.000207, 0.0226, 0.0358, 0.016,
    0.00519, 0.0113, 0.0473, 0.027, 0.00213, 0.0223, 0.0123, 0.0017, 0.0215, 0.0298, 0.0351, 0.047, 0.0242, 0.0269,
    0.0072, 0.0183, 0.00955, 0.00441, 0.0242, 0.0469, 0.0171, 0.00993, 0.0181, 0.00138, 0.0526, 0.0171, 0.0661, 0.027,
    0.0251, 0.0101, 0.00235, 0.0133, 0.0172, 0.0601, 0.00151, 0.0239, 0.0517, 0.0544, 0.0397, 0.00623, 0.0319,
    0.00822, 0.00679, 0.0767, 0.0857, 0.0408, 0.0347, 0.0626, 0.193, 0.847, 0.0232, 0.012, 0.00251, 0.000689, 0.00291,
    0.00105, 0.000834, 0.000346, 0.000755, 0.000456, 0.000168, 8.11e-05, 0.000175, 0.000167, 0.00061, 0.000584,
    4.92e-05, 0.000145, 0.000104, 0.00036, 0.000117, 0.000104, 0.000794, 0.000667, 0.000318, 0.000368, 2.37e-05,
    0.000395, 0.000817, 0.00015, 0.000386, 0.000111, 0.000399, 1.83e-05, 0.000178, 0.000198, 0.000526, 5.6e-05,
    0.000153, 0.000245, 0.000169, 0.000198, 0.000261, 0.000144, 0.000156, 0.000113, 0.000181, 0.000289, 0.000112,
    7.96e-05, 9.77e-06,
)
TOTAL_VARIANCE = (
    0.0268, 0.0139, 0.012, 0.00818, 0.00582, 0.00516, 0.00429, 0.00405, 0.00344, 0.00331, 0.00305, 0.00287, 0.00273,
    0.0026, 0.00247, 0.00233, 0.00225, 0.0022, 0.00216, 0.00208, 0.002, 0.00183, 0.00182, 0.00174, 0.00168, 0.00166,
    0.00163, 0.00155, 0.00148, 0.00147, 0.00139, 0.00136, 0.00135, 0.0013, 0.00129, 0.00123, 0.0012, 0.00117, 0.00115,
    0.00109, 0.00104, 0.001, 0.000995, 0.000971, 0.00095, 0.000939, 0.000886, 0.000865, 0.00084, 0.000821, 0.000801,
    0.00078, 0.000756, 0.000741, 0.000735, 0.000715, 0.000672, 0.000648, 0.000631, 0.000611, 0.000597, 0.000578,
    0.000544, 0.000527, 0.000504, 0.000466, 0.000453, 0.000426, 0.000407, 0.000402, 0.000375, 0.000329, 0.000325,
    0.000275, 0.000197, 0.000119, 6.65e-05, 2.43e-06, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
)
# fmt: on


DIMENSION = len(MEAN)


@dataclass(frozen=True, slots=True)
class Population:
    """People of the fitted distribution, always the same for the same seed."""

    people: int
    seed: int = 1

    def templates(self, photos: int = 1) -> Vectors:
        """One template a person, the normalised mean over `photos` photos: (people, 128) float32 unit vectors."""
        found = np.empty((self.people, DIMENSION), dtype=np.float32)
        for number, first in enumerate(range(0, self.people, _CHUNK)):
            rows = np.arange(first, min(first + _CHUNK, self.people))
            found[rows] = _photo_mean(self._chunk(number), photos, self._stream(number, 1))[: len(rows)]
        return found

    def mated_probes(self, count: int, photos: int = 1, draw: int = 0) -> tuple[npt.NDArray[np.intp], Vectors]:
        """Probes of `count` people drawn without repetition, the same people at every `draw`, of other photos at each.

        Returns:
            The people's numbers, rising, and (count, 128) unit vectors, each the normalised mean over `photos` photos.
        """
        who = np.sort(self._stream(0, 2).choice(self.people, size=min(count, self.people), replace=False))
        identities = np.concatenate(
            [self._chunk(number)[who[who // _CHUNK == number] % _CHUNK] for number in np.unique(who // _CHUNK)]
        )
        return who, _photo_mean(identities, photos, self._stream(draw, 3))

    def _chunk(self, number: int) -> Vectors:
        """Identity means are drawn by whole chunks, so that person i is the same however many there are."""
        between = np.sqrt((1 - WITHIN_SHARE) * np.array(TOTAL_VARIANCE, dtype=np.float32))
        draw = self._stream(number, 0).standard_normal((_CHUNK, DIMENSION), dtype=np.float32)
        found: Vectors = draw * between + np.array(MEAN, dtype=np.float32)
        return found

    def _stream(self, number: int, purpose: int) -> np.random.Generator:
        return np.random.default_rng((self.seed, purpose, number))


def _photo_mean(identities: Vectors, photos: int, draw: np.random.Generator) -> Vectors:
    within = np.sqrt(WITHIN_SHARE * np.array(TOTAL_VARIANCE, dtype=np.float32))
    total = np.zeros_like(identities)
    for _ in range(photos):
        total += _unit(identities + draw.standard_normal(identities.shape, dtype=np.float32) * within)
    return _unit(total)


def _unit(vectors: Vectors) -> Vectors:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(unit, dtype=np.float32)
