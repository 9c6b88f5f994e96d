"""The two clocks of DESIGN: boot-time seconds for durations, wall time for the calendar and for tokens' expiry."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from camera.frame import boot_time

_EARLIEST = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
"""A clock before this product existed was never set."""


class Clock(Protocol):
    """What sessions and rows are timed and dated by."""

    @property
    def boot_id(self) -> str:
        """Names this boot; boot times of different boots are never compared."""

    def boot(self) -> float:
        """Boot-time seconds, suspend included."""

    def wall(self) -> float:
        """POSIX seconds, whether trusted or not."""

    def dated(self) -> float | None:
        """POSIX seconds, or None while the wall clock is not trusted."""


class SystemClock:
    """The machine's own clocks."""

    def __init__(self) -> None:
        self._boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()

    @property
    def boot_id(self) -> str:
        """The kernel's boot id."""
        return self._boot_id

    def boot(self) -> float:
        """Boot-time seconds."""
        return boot_time()

    def wall(self) -> float:
        """POSIX seconds."""
        return time.time()

    def dated(self) -> float | None:
        """POSIX seconds, or None where the clock was plainly never set."""
        now = time.time()
        return now if now >= _EARLIEST else None


def rfc3339(posix: float) -> str:
    """POSIX seconds as RFC 3339 UTC, whole seconds, with `Z`."""
    return datetime.fromtimestamp(posix, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
