"""Templates of one realm as one float32 matrix with their id map, searched exactly. No threads, no index, no decision here.

A row's owner stands in one list that grows with the matrix, and only row numbers of this object index it: an id can never
slide to a neighbour's vector.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inference.observation import Embedding

Matrix = npt.NDArray[np.float32]
RowNumbers = npt.NDArray[np.intp]

_UNIT_TOLERANCE = 1e-3
_FIRST_CAPACITY = 256
_NOBODY = np.float32(-np.inf)


class Key(NamedTuple):
    """Whose template a row is."""

    user_id: str
    enrollment_id: str


class Candidate(NamedTuple):
    """A person whom a probe resembles, by that person's nearest template."""

    user_id: str
    enrollment_id: str
    cosine: float


def checked(vector: npt.ArrayLike, dimension: int) -> Embedding:
    """The vector as (dimension,) float32 of unit length to the last bit that float32 has.

    Raises:
        ValueError: another shape, a number that is not finite, or a length more than .001 off 1.
    """
    array = np.asarray(vector, dtype=np.float64)
    if array.shape != (dimension,):
        raise ValueError(f"an embedding of shape {array.shape}, where ({dimension},) is needed")
    length = float(np.sqrt(array @ array))
    if not np.isfinite(length):
        raise ValueError("an embedding with numbers that are not finite")
    if abs(length - 1.0) > _UNIT_TOLERANCE:
        raise ValueError(f"an embedding of length {length:.4f}, where unit length is needed")
    return (array / length).astype(np.float32)


class ExactRows:
    """Rows of unit vectors and whose they are. The caller sees to it that one thread at a time is in here.

    A removed row is zeroed at once and keeps its number until `compact`. The matrix is only ever appended to, zeroed by row,
    or replaced by another: who still holds an older one reads no row that moved.
    """

    def __init__(self, dimension: int, capacity: int = _FIRST_CAPACITY) -> None:
        self.dimension = dimension
        self._matrix: Matrix = np.zeros((max(1, capacity), dimension), dtype=np.float32)
        self._gone = np.zeros(max(1, capacity), dtype=np.bool_)
        self._keys: list[Key | None] = []
        self._row_of: dict[str, int] = {}
        self._rows_of_person: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        """Templates that are there."""
        return len(self._row_of)

    @property
    def used(self) -> int:
        """Rows in use, removed ones included: the next row's number."""
        return len(self._keys)

    @property
    def people(self) -> int:
        """People with at least one template."""
        return len(self._rows_of_person)

    @property
    def crowded(self) -> bool:
        """Whether removed rows are worth a `compact`."""
        gone = self.used - len(self)
        return gone > _FIRST_CAPACITY and gone * 4 > self.used

    def view(self) -> Matrix:
        """The rows in use, (used, dimension), without a copy; removed ones are zero."""
        return self._matrix[: self.used]

    def enrollment_ids(self) -> list[str]:
        """The enrolment of each row in use, in order; empty for a removed one."""
        return [key.enrollment_id if key else "" for key in self._keys]

    def owner(self, enrollment_id: str) -> str | None:
        """Whose enrolment it is; None: no such one."""
        key = self._keys[self._row_of[enrollment_id]] if enrollment_id in self._row_of else None
        return key.user_id if key else None

    def has_person(self, user_id: str) -> bool:
        """Whether the person has a template."""
        return user_id in self._rows_of_person

    def rows(self, enrollment_ids: Iterable[str]) -> RowNumbers:
        """Rows of those of the enrolments that are (still) there."""
        return np.fromiter((row for row in map(self._row_of.get, enrollment_ids) if row is not None), dtype=np.intp)

    def add(self, key: Key, vector: Embedding) -> None:
        """Append a template; one of the same enrolment is replaced.

        Raises:
            ValueError: the enrolment is another person's.
        """
        owner = self.owner(key.enrollment_id)
        if owner is not None and owner != key.user_id:
            raise ValueError(f"enrolment {key.enrollment_id} belongs to another person")
        self.remove_enrollment(key.enrollment_id)
        row = self.used
        if row == len(self._matrix):
            self._move_to(max(_FIRST_CAPACITY, row + row // 2), np.arange(row))
        self._matrix[row] = vector
        self._keys.append(key)
        self._row_of[key.enrollment_id] = row
        self._rows_of_person[key.user_id] = (*self._rows_of_person.get(key.user_id, ()), row)

    def remove_enrollment(self, enrollment_id: str) -> bool:
        """Zero and forget a template. False: there was none."""
        row = self._row_of.pop(enrollment_id, None)
        key = None if row is None else self._keys[row]
        if row is None or key is None:
            return False
        self._matrix[row] = 0
        self._gone[row] = True
        self._keys[row] = None
        rows = tuple(other for other in self._rows_of_person.pop(key.user_id) if other != row)
        if rows:
            self._rows_of_person[key.user_id] = rows
        return True

    def remove_person(self, user_id: str) -> int:
        """Zero and forget all templates of a person; how many there were."""
        keys = [self._keys[row] for row in self._rows_of_person.get(user_id, ())]
        return sum(self.remove_enrollment(key.enrollment_id) for key in keys if key)

    def compact(self) -> RowNumbers:
        """Close the gaps that removals left. Rows get new numbers, in the same order; returns the old number of each new row."""
        kept = np.flatnonzero(~self._gone[: self.used])
        if len(kept) == self.used:
            return kept
        self._move_to(max(_FIRST_CAPACITY, len(kept) + len(kept) // 8), kept)
        self._keys = [self._keys[row] for row in kept]
        self._row_of, self._rows_of_person = {}, {}
        for row, key in enumerate(self._keys):
            if key:
                self._row_of[key.enrollment_id] = row
                self._rows_of_person[key.user_id] = (*self._rows_of_person.get(key.user_id, ()), row)
        return kept

    def scan(self, probe: Embedding, k: int, first: int = 0) -> list[Candidate]:
        """The k best people among rows `first` and up, best first, every row compared."""
        scores = self._matrix[first : self.used] @ probe
        if len(self) < self.used:
            scores[self._gone[first : self.used]] = _NOBODY
        return list(self._best_people(scores, k, first))

    def rescore(self, probe: Embedding, rows: RowNumbers, k: int) -> list[Candidate]:
        """The k best people among few rows, best first."""
        scores = self._matrix[rows] @ probe
        ranked = (self._candidate(int(rows[at]), float(scores[at])) for at in np.argsort(-scores, kind="stable"))
        return first_of_each_person(ranked, k)

    def compare(self, user_id: str, probe: Embedding) -> Candidate | None:
        """The person's own nearest template; None: the person has none."""
        rows = self._rows_of_person.get(user_id)
        return self.rescore(probe, np.array(rows, dtype=np.intp), 1)[0] if rows else None

    def _best_people(self, scores: Matrix, k: int, first: int) -> Iterator[Candidate]:
        """One arg-max a person is cheaper than sorting: k is 2 or so, and nobody has many templates."""
        for _ in range(min(k, self.people) if len(scores) else 0):
            at = int(np.argmax(scores))
            if scores[at] == _NOBODY:
                return
            found = self._candidate(first + at, float(scores[at]))
            for row in self._rows_of_person[found.user_id]:
                if row >= first:
                    scores[row - first] = _NOBODY
            yield found

    def _candidate(self, row: int, score: float) -> Candidate:
        key = self._keys[row]
        assert key is not None, "a removed row is masked before it is ranked"  # noqa: S101
        return Candidate(key.user_id, key.enrollment_id, min(1.0, max(-1.0, score)))

    def _move_to(self, capacity: int, rows: RowNumbers) -> None:
        matrix = np.zeros((capacity, self.dimension), dtype=np.float32)
        matrix[: len(rows)] = self._matrix[rows]
        gone = np.zeros(capacity, dtype=np.bool_)
        gone[: len(rows)] = self._gone[rows]
        self._matrix, self._gone = matrix, gone


def first_of_each_person(ranked: Iterable[Candidate], k: int) -> list[Candidate]:
    """The first k people of candidates in order, each by the first that is theirs."""
    best: dict[str, Candidate] = {}
    for candidate in ranked:
        if candidate.user_id not in best:
            best[candidate.user_id] = candidate
            if len(best) == k:
                break
    return list(best.values())
