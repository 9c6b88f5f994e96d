"""Short vectors that bound a cosine from above: which templates *could* reach a value is told without reading them whole.

Leave the mean m out of template x and probe q, and turn both onto the gallery's leading principal axes: what is left over is at
most the product of its lengths (Cauchy and Schwarz), so x·q <= (x-m)₁·(q-m)₁ + |(x-m)₂||(q-m)₂| + x·m + q·m - m·m.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from inference.gallery_exact import Matrix
from inference.observation import Embedding

_SAMPLE = 20_000
_CHUNK = 65_536
_ROUNDING = np.float32(2e-6)
"""Above the error of a float32 sum of unit-length terms, so that rounding never hides a template."""


@dataclass(frozen=True, slots=True)
class Axes:
    """What a gallery's vectors have in common: their mean, and the directions in which they differ most."""

    mean: Embedding
    basis: Matrix
    """(dimension, axes) float32, orthonormal columns."""

    @classmethod
    def fit(cls, matrix: Matrix, axes: int) -> Self:
        """Mean and leading principal axes of (at most 20,000 evenly drawn) rows."""
        sample = matrix[:: max(1, len(matrix) // _SAMPLE)].astype(np.float64)
        mean = sample.mean(axis=0)
        centred = sample - mean
        basis = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :axes]
        return cls(mean.astype(np.float32), np.ascontiguousarray(basis, dtype=np.float32))

    def coordinates(self, vectors: Matrix) -> Matrix:
        """Vectors, (n, dimension) or (dimension,), on the axes: (n, axes) or (axes,) float32."""
        return np.asarray((vectors - self.mean) @ self.basis, dtype=np.float32)


class Sketch:
    """A snapshot of templates as short rows: coordinates, x·m, and the length of what the axes leave out."""

    def __init__(self, axes: Axes, columns: Matrix) -> None:
        self.axes = axes
        self._columns = columns
        """(axes + 2, n): one column a template, so that a probe is a sum of few long rows."""

    @classmethod
    def make(cls, matrix: Matrix, axes: int) -> Self:
        """Sketch every row of `matrix`, (n, dimension)."""
        found = Axes.fit(matrix, axes)
        columns = np.empty((axes + 2, len(matrix)), dtype=np.float32)
        for first in range(0, len(matrix), _CHUNK):
            rows = matrix[first : first + _CHUNK]
            near = found.coordinates(rows)
            columns[:axes, first : first + _CHUNK] = near.T
            columns[axes, first : first + _CHUNK] = rows @ found.mean
            columns[axes + 1, first : first + _CHUNK] = _left_out(rows - found.mean, near)
        return cls(found, columns)

    def __len__(self) -> int:
        return self._columns.shape[1]

    def coordinates(self) -> Matrix:
        """(n, axes) float32: the templates on the axes."""
        return self._columns[:-2].T

    def bounds(self, probe: Embedding) -> npt.NDArray[np.float32]:
        """(n,) float32: what no template's cosine with the probe exceeds."""
        mean = self.axes.mean
        near = self.axes.coordinates(probe)
        weights = np.concatenate([near, [1.0], _left_out((probe - mean)[None], near[None])]).astype(np.float32)
        bounds: npt.NDArray[np.float32] = weights @ self._columns
        bounds += np.float32(float(probe @ mean) - float(mean @ mean)) + _ROUNDING
        return bounds


def _left_out(centred: Matrix, near: Matrix) -> npt.NDArray[np.float32]:
    whole = np.einsum("ij,ij->i", centred, centred, dtype=np.float64)
    left = whole - np.einsum("ij,ij->i", near, near, dtype=np.float64)
    return np.asarray(np.sqrt(np.maximum(left, 0.0) + 1e-9)).astype(np.float32)
