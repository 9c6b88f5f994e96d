"""A light that shines nowhere: where there is none, and in tests. The screen's border is the light then."""

from types import TracebackType
from typing import Self


class SimulatedLight:
    """`Light` that only remembers what it was told."""

    def __init__(self) -> None:
        self.on = False

    def switch(self, *, on: bool) -> None:
        """Remember it."""
        self.on = on

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.on = False
