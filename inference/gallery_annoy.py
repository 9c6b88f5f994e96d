"""The index of a big gallery: Annoy proposes people, a sketch tells who else could be nearer. Nothing is decided here.

Annoy is optional. Its index is made of templates, so it lives in memory only: nothing here saves or maps a file.

Annoy alone would have to look at half the gallery to find the nearest of 99.9 % of probes (`bench.search` measures it). So it
looks at few, which gives a floor; whatever the sketch's bounds cannot exclude from being above that floor is then compared too.
"""

import importlib
import importlib.util
import threading
from typing import Any

import numpy as np

from inference.gallery_exact import Matrix, RowNumbers
from inference.gallery_sketch import Sketch
from inference.observation import Embedding

AXES = 18
TREES = 8
SEARCH_NODES = 3_000
PROPOSALS = 48
"""Measured at a million: more axes cost more than the rows they exclude, more nodes more than the better floor saves."""
_SEED = 20_231
_CHUNK = 4_096


class BuildStopped(Exception):
    """The build was told to stop before it was done."""


def available() -> bool:
    """Whether Annoy is installed (extra `index`)."""
    return importlib.util.find_spec("annoy") is not None


def notice() -> str:
    """One line for the start of the program where Annoy is absent; empty where it is there."""
    return "" if available() else "annoy is not installed (extra `index`): every search is exact, slower with very many people"


class GalleryIndex:
    """A finished index and the enrolment of each of its items, made together and swapped together."""

    def __init__(self, trees: Any, sketch: Sketch, enrollment_ids: list[str]) -> None:  # noqa: ANN401 - annoy has no types
        self._trees = trees
        self._sketch = sketch
        self._enrollment_ids = enrollment_ids

    @classmethod
    def build(cls, matrix: Matrix, enrollment_ids: list[str], stop: threading.Event, jobs: int = 1) -> "GalleryIndex":
        """Index a matrix of unit rows; row i is the template of `enrollment_ids[i]`.

        Raises:
            BuildStopped: `stop` was set meanwhile (the last stage, growing the trees, cannot be stopped).
        """
        sketch = Sketch.make(matrix, min(AXES, matrix.shape[1]))
        return cls(_grow(sketch, stop, jobs), sketch, enrollment_ids)

    def __len__(self) -> int:
        """Templates in the index, also those removed from the gallery since it was built."""
        return len(self._enrollment_ids)

    def propose(self, probe: Embedding) -> list[str]:
        """Enrolments near the probe; often the nearest among them, not always."""
        point = self._sketch.axes.coordinates(probe).tolist()
        return [self._enrollment_ids[item] for item in self._trees.get_nns_by_vector(point, PROPOSALS, SEARCH_NODES)]

    def bounds(self, probe: Embedding) -> Matrix:
        """(len,) float32: what the cosine of each item with the probe does not exceed."""
        return self._sketch.bounds(probe)

    def enrollments(self, items: RowNumbers) -> list[str]:
        """The enrolments of items."""
        return [self._enrollment_ids[item] for item in items]


def _grow(sketch: Sketch, stop: threading.Event, jobs: int) -> Any:  # noqa: ANN401
    points = sketch.coordinates()
    trees = importlib.import_module("annoy").AnnoyIndex(points.shape[1], "euclidean")
    trees.set_seed(_SEED)
    for first in range(0, len(points), _CHUNK):
        if stop.is_set():
            raise BuildStopped
        for item, point in enumerate(np.ascontiguousarray(points[first : first + _CHUNK]).tolist(), first):
            trees.add_item(item, point)
    trees.build(TREES, n_jobs=jobs)
    return trees
