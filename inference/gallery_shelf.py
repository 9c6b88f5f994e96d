"""One realm of the gallery: its rows, their lock, and the index over most of them. The builder sees to when one is built."""

import threading
from collections.abc import Callable
from itertools import chain
from typing import NamedTuple, TypeVar

import numpy as np

from inference.gallery_annoy import GalleryIndex
from inference.gallery_exact import Candidate, ExactRows, Matrix, first_of_each_person
from inference.observation import Embedding

T = TypeVar("T")

_FRESH_SHARE = 0.05
_GONE_SHARE = 0.1
_FEW = 256
_MANY_SHARE = 1 / 16
"""Of a gallery: gathering more rows than this one by one costs as much as reading all in order."""


class Snapshot(NamedTuple):
    """What an index is built of: rows that nobody moves, and the enrolment of each."""

    matrix: Matrix
    enrollment_ids: list[str]


class Shelf:
    """Rows, searched exactly or by index. Row numbers are stable from `snapshot` to `install`, so the index's place is known."""

    def __init__(self, rows: ExactRows, index_from: int | None) -> None:
        self._rows = rows
        self._index_from = index_from
        self._lock = threading.Lock()
        self._index: GalleryIndex | None = None
        self._fresh_from = 0
        """Rows from here on are not in the index: they are always compared."""
        self._building = False

    @property
    def indexed(self) -> int:
        """Templates that the index knows; 0: there is none."""
        index = self._index
        return len(index) if index else 0

    def read(self, read: Callable[[ExactRows], T]) -> T:
        """Read the rows while nothing changes them."""
        with self._lock:
            return read(self._rows)

    def change(self, change: Callable[[ExactRows], T]) -> T:
        """Change the rows between two searches."""
        with self._lock:
            result = change(self._rows)
            if self._rows.crowded and not self._building:
                self._compact()
            self._drop_if_small()
            return result

    def search(self, probe: Embedding, k: int, within: float, at_least: float) -> list[Candidate]:
        """As `Gallery.search`."""
        with self._lock:
            found = self._indexed(self._index, probe, k, within, at_least) if self._index else None
            return self._rows.scan(probe, k) if found is None else found

    def wants_index(self) -> bool:
        """Whether there is an index to build: none yet, too many rows outside it, or too many of it gone."""
        with self._lock:
            return not self._building and self._is_due()

    def snapshot(self) -> Snapshot:
        """Begin a build. Until `install` or `abandon`, rows keep their numbers."""
        with self._lock:
            self._compact()
            self._building = True
            return Snapshot(self._rows.view(), self._rows.enrollment_ids())

    def install(self, index: GalleryIndex) -> None:
        """Put the index made of the last snapshot in place: trees, sketch and ids in one step."""
        with self._lock:
            self._building = False
            self._index, self._fresh_from = index, len(index)
            self._drop_if_small()

    def abandon(self) -> None:
        """Give the build up; what was there stays."""
        with self._lock:
            self._building = False

    def _is_due(self) -> bool:
        if self._index_from is None or len(self._rows) < self._index_from:
            return False
        known = self.indexed
        fresh = self._rows.used - self._fresh_from
        gone = known + fresh - len(self._rows)
        return known == 0 or fresh > known * _FRESH_SHARE or gone > known * _GONE_SHARE

    def _compact(self) -> None:
        kept = self._rows.compact()
        self._fresh_from = int(np.searchsorted(kept, self._fresh_from))

    def _drop_if_small(self) -> None:
        """At half the size, so that one person coming and going does not build and drop it each time."""
        if self._index_from is None or len(self._rows) * 2 < self._index_from:
            self._index, self._fresh_from = None, 0

    def _indexed(self, index: GalleryIndex, probe: Embedding, k: int, within: float, at_least: float) -> list[Candidate] | None:
        """The best of what Annoy proposes, of what is not indexed yet, and of what the bounds cannot exclude; None: read all."""
        proposed = self._rows.rescore(probe, self._rows.rows(index.propose(probe)), k)
        fresh = self._rows.scan(probe, k, self._fresh_from)
        found = _best(k, proposed, fresh)
        floor = max(at_least, found[0].cosine - within) if found else at_least
        rest = self._not_excluded(index, probe, k, floor, within)
        if rest is None:
            return None
        found = _best(k, found, rest)
        return found if len(found) == min(k, self._rows.people) else None

    def _not_excluded(self, index: GalleryIndex, probe: Embedding, k: int, floor: float, within: float) -> list[Candidate] | None:
        """Compare every indexed row whose bound reaches the floor; None: they are too many to gather."""
        bounds = index.bounds(probe)
        items = np.flatnonzero(bounds >= np.float32(floor))
        found: list[Candidate] = []
        if len(items) > _FEW:
            likely = items[np.argpartition(bounds[items], -_FEW)[-_FEW:]]
            found = self._rows.rescore(probe, self._rows.rows(index.enrollments(likely)), k)
            floor = max(floor, found[0].cosine - within) if found else floor
            items = items[bounds[items] >= np.float32(floor)]
        if len(items) > max(_FEW, len(index) * _MANY_SHARE):
            return None
        return _best(k, found, self._rows.rescore(probe, self._rows.rows(index.enrollments(items)), k))


def _best(k: int, *lists: list[Candidate]) -> list[Candidate]:
    ranked = sorted(chain(*lists), key=lambda candidate: -candidate.cosine)
    return first_of_each_person(ranked, k)
