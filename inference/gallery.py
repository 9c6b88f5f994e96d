"""Everybody's templates in memory, by realm: who is nearest to a probe, and how near one person is. Nothing is decided here.

A gallery holds the templates of one model. Safe to call from any thread. What is removed is zeroed at once; where there is
an index, the few coordinates that it has of a removed template stay in memory, naming nobody, until it is next rebuilt.
"""

import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from inference.gallery_annoy import available
from inference.gallery_builder import Builder
from inference.gallery_exact import Candidate, ExactRows, Key, checked
from inference.gallery_shelf import Shelf

__all__ = ["Candidate", "Gallery", "TemplateRecord"]

T = TypeVar("T")

ANNOY_FROM = 50_000
"""Templates of a realm from which the index beats exact search by measurement (`python -m bench.search`)."""


class TemplateRecord(Protocol):
    """What the gallery needs of an enrolment record (`api.records.Enrollment` is one)."""

    @property
    def realm(self) -> str: ...  # noqa: D102
    @property
    def user_id(self) -> str: ...  # noqa: D102
    @property
    def enrollment_id(self) -> str: ...  # noqa: D102
    @property
    def model_id(self) -> str: ...  # noqa: D102
    @property
    def template(self) -> npt.NDArray[np.float32]: ...  # noqa: D102


class Gallery:
    """The templates that one model made. Additions and removals hold for every search that begins after they return."""

    def __init__(self, model_id: str, dimension: int, *, annoy_from: int = ANNOY_FROM, build_threads: int = 1) -> None:
        """For unit vectors of `dimension`; a realm of `annoy_from` templates or more is indexed, where Annoy is there."""
        self.model_id = model_id
        self.dimension = dimension
        self._annoy_from = annoy_from if available() else None
        self._lock = threading.Lock()
        self._shelves: dict[str, Shelf] = {}
        self._builder = Builder(build_threads)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop building in the background. Searching still works."""
        self._builder.close()

    def add(self, realm: str, user_id: str, enrollment_id: str, vector: npt.ArrayLike) -> None:
        """Add a template that `model_id` made; one of the same enrolment is replaced. Searchable when this returns.

        Raises:
            ValueError: not a finite unit vector of the gallery's dimension, or the enrolment is another person's.
        """
        template = checked(vector, self.dimension)
        self._change(realm, lambda rows: rows.add(Key(user_id, enrollment_id), template))

    def remove_person(self, realm: str, user_id: str) -> int:
        """Forget a person's templates; how many there were."""
        return self._change(realm, lambda rows: rows.remove_person(user_id))

    def remove_enrollment(self, realm: str, enrollment_id: str) -> bool:
        """Forget one template. False: there was none."""
        return self._change(realm, lambda rows: rows.remove_enrollment(enrollment_id))

    def replace_all(self, records: Iterable[TemplateRecord]) -> int:
        """Forget everything and hold these instead, in one step for searches.

        Returns:
            How many were left out because another model made them: templates of different models are never compared.

        Raises:
            ValueError: as in `add`; the gallery is then as it was.
        """
        left_out = 0
        by_realm: dict[str, ExactRows] = {}
        for record in records:
            if record.model_id != self.model_id:
                left_out += 1
                continue
            rows = by_realm.setdefault(record.realm, ExactRows(self.dimension))
            rows.add(Key(record.user_id, record.enrollment_id), checked(record.template, self.dimension))
        shelves = {realm: Shelf(rows, self._annoy_from) for realm, rows in by_realm.items()}
        with self._lock:
            self._shelves = shelves
        for shelf in shelves.values():
            self._builder.consider(shelf)
        return left_out

    def search(
        self, realm: str, probe: npt.ArrayLike, k: int = 2, *, within: float = 0.0, at_least: float = -1.0
    ) -> list[Candidate]:
        """The nearest people of a realm, each by the nearest of their templates, best first.

        Exactly the k best people, without an index. With one, exactly those of them whose cosine is at least `at_least` and at
        most `within` below the best; who else fills the list up to k may stand in for somebody a little nearer.

        Raises:
            ValueError: the probe is not a finite unit vector of the gallery's dimension.
        """
        point = checked(probe, self.dimension)
        shelf = self._shelf(realm)
        return shelf.search(point, k, within, at_least) if shelf else []

    def compare(self, realm: str, user_id: str, probe: npt.ArrayLike) -> Candidate | None:
        """How near one person is (1:1), by the nearest of their templates; None: not in the gallery.

        Raises:
            ValueError: as in `search`.
        """
        point = checked(probe, self.dimension)
        return self._read(realm, lambda rows: rows.compare(user_id, point), None)

    def has_person(self, realm: str, user_id: str) -> bool:
        """Whether the person has a template."""
        return self._read(realm, lambda rows: rows.has_person(user_id), False)

    def people_count(self, realm: str) -> int:
        """People of the realm with at least one template."""
        return self._read(realm, lambda rows: rows.people, 0)

    def indexed(self, realm: str) -> int:
        """Templates of the realm that the index knows; 0 where search is exact."""
        shelf = self._shelf(realm)
        return shelf.indexed if shelf else 0

    def wait_indexed(self, timeout: float | None = None) -> bool:
        """Wait (seconds) until nothing is being built; False: still building. For tests and benchmarks."""
        return self._builder.wait_idle(timeout)

    def _shelf(self, realm: str) -> Shelf | None:
        return self._shelves.get(realm)

    def _read(self, realm: str, read: Callable[[ExactRows], T], nobody: T) -> T:
        shelf = self._shelf(realm)
        return shelf.read(read) if shelf else nobody

    def _change(self, realm: str, change: Callable[[ExactRows], T]) -> T:
        # One writer at a time: a shelf that `replace_all` has just put away must not take in what was added after it.
        with self._lock:
            shelf = self._shelves.get(realm) or Shelf(ExactRows(self.dimension), self._annoy_from)
            result = shelf.change(change)
            self._shelves.setdefault(realm, shelf)
        self._builder.consider(shelf)
        return result
