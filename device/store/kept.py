"""Rows kept in memory until something of their kind is written: what is asked with every frame need not wait for the disk."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Rows by key. Right only where reads and writes are carried out in the order in which they are asked, as the owner does.

    Args:
        most: rows; past it all are let go.
    """

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._rows: dict[str, T] = {}
        self._writes = 0

    async def get(self, key: str, read: Callable[[], Awaitable[T | None]]) -> T | None:
        """The row as it was last written, read where it is not kept. What is not there is not kept."""
        if (row := self._rows.get(key)) is not None:
            return row
        before = self._writes
        row = await read()
        # A row read before a write and come after it is an old one.
        if row is not None and before == self._writes:
            if len(self._rows) >= self._most:
                self._rows.clear()
            self._rows[key] = row
        return row

    @contextmanager
    def writing(self) -> Iterator[None]:
        """While something of this kind is written, from before it is asked, nothing older is given out."""
        self._forget()
        try:
            yield
        finally:
            self._forget()

    def _forget(self) -> None:
        self._writes += 1
        self._rows.clear()
