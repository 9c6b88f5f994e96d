"""Keeping a source that makes its own frames in step with the clock. Cameras need none of this: they have a pace of their own."""

import threading
from collections.abc import Callable
from enum import Enum, auto

from camera.controls import EARLY, NoControls
from camera.frame import boot_time

PAUSE_S = 1.0
"""Seconds a reader may stay away before that counts as a pause: the source then waits for it instead of skipping."""


class Due(Enum):
    """What to do with a frame whose time has been compared with the clock."""

    SHOW = auto()
    SKIP = auto()
    CLOSED = auto()


class Pace:
    """Maps a source's own seconds, from 0, to boot time, and waits until a frame is due."""

    def __init__(self, *, fast: bool, period: float, clock: Callable[[], float] = boot_time) -> None:
        self._fast = fast
        self._period = period
        self._clock = clock
        self._start: float | None = None
        self._closed = threading.Event()
        self._apart = 0.0
        self._shown = -1e9

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed.is_set()

    def rate(self, fps: float) -> None:
        """Show at most so many frames a second from now on; as fast as frames are taken, all are shown."""
        self._apart = 0.0 if self._fast or fps * self._period >= 1.0 else EARLY / fps

    def wait(self, seconds: float) -> tuple[Due, float]:
        """Wait until the frame at `seconds` of the source is due.

        Returns:
            What to do with it, and its boot time. Fast: always at once, with the time it would have had. Real-time: a frame
            that is late by more than a period is to be skipped; later than `PAUSE_S`, the source's clock is put back instead.
        """
        if self._closed.is_set():
            return Due.CLOSED, 0.0
        now = self._clock()
        if self._start is None:
            self._start = now - seconds
        due = self._start + seconds
        if self._fast:
            return Due.SHOW, due
        if now - due > PAUSE_S:
            self._start += now - due
            return Due.SHOW, now
        if now - due > self._period:
            return Due.SKIP, due
        if due > now and self._closed.wait(due - now):
            return Due.CLOSED, due
        if due - self._shown < self._apart:
            return Due.SKIP, due
        self._shown = due
        return Due.SHOW, due

    def close(self) -> None:
        """Wake whoever waits; from now on every frame is answered `CLOSED`."""
        self._closed.set()


class PacedControls(NoControls):
    """The controls of a source that is kept in step by a `Pace`: its rate, and nothing else."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    def rate(self, fps: float, *, resting: bool = False) -> None:
        """Frames between are skipped before anything is decoded or drawn."""
        self._pace.rate(fps)
