"""How soon a vision that keeps dying may begin again: counted in a file over its lives, since whoever starts it may not count.

Under systemd (252 knows no growing pauses) a unit is started again at once, always; the pause is kept here, before the camera
is opened. The file belongs into a folder that a reboot empties.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LOOK_S = 0.5
"""How often a pause looks whether something has changed, seconds."""

STEADY_S = 60.0
"""Seconds of readiness after which earlier deaths no longer count."""

MOST_PATIENCE = 4
"""Times the ordinary one that a start may take at most."""


def start_s(ordinary_s: float, failures: int) -> float:
    """Seconds that a start may take after so many early ends in a row: a busy machine must not be cut off for ever."""
    return ordinary_s * min(1 + failures, MOST_PATIENCE)


@dataclass(frozen=True, slots=True)
class Restraint:
    """The count of lives in a row that ended early.

    Args:
        file: where it is kept.
        first_s: pause after the first early end; doubled by each further one.
        longest_s: the longest pause.
    """

    file: Path
    first_s: float = 0.5
    longest_s: float = 30.0

    def begin(self) -> int:
        """A life begins, and counts as an early end until `forgive`; how many came before it in a row."""
        before = self._count()
        # Renamed into place: a half-written count would be none.
        draft = self.file.with_name(f".{self.file.name}.{os.getpid()}")
        draft.write_text(str(before + 1), encoding="ascii")
        draft.replace(self.file)
        return before

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many early ends in a row."""
        return min(self.first_s * 2 ** min(failures - 1, 20), self.longest_s) if failures else 0.0

    def forgive(self) -> None:
        """This life lasted, or was ended in order: nothing is counted."""
        with contextlib.suppress(OSError):
            self.file.unlink()

    def _count(self) -> int:
        try:
            return max(0, int(self.file.read_text(encoding="ascii")))
        except (OSError, ValueError):
            return 0


class Life:
    """One life of a process, as its restraint counts it: what is not told here ended early. Without a restraint nothing counts.

    That control closed the connection is no end in order: so it ends a vision that sees nothing, or that it cannot understand.
    """

    def __init__(self, restraint: Restraint | None) -> None:
        self._restraint = restraint
        self._ready = False

    def begin(self) -> tuple[int, float]:
        """It begins: how many lives in a row ended early before it, and the seconds that it has to wait for that."""
        if self._restraint is None:
            return 0, 0.0
        failures = self._restraint.begin()
        return failures, self._restraint.pause(failures)

    def ready(self) -> None:
        """Its start is through; once that has lasted, earlier lives are forgotten."""
        self._ready = True
        asyncio.get_running_loop().call_later(STEADY_S, self.completed)

    def completed(self) -> None:
        """It did all that there was to do, or lasted."""
        if self._restraint is not None:
            self._restraint.forgive()

    def stopped(self) -> None:
        """It was told to stop. While it starts that is no order: so a unit ends a start that takes too long."""
        if self._ready:
            self.completed()


async def sleep_unless_changed(seconds: float, watched: Callable[[], object]) -> None:
    """A pause that ends early when what is watched changes: a camera that is plugged in again is not kept waiting."""
    before, left = watched(), seconds
    while left > 0 and watched() == before:
        step = min(LOOK_S, left)
        await asyncio.sleep(step)
        left -= step
