"""The two clocks: boot-time seconds for durations, wall time for the calendar. Whether it is trusted is decided in `device`."""

from datetime import UTC, datetime
from typing import Protocol


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


def rfc3339(posix: float) -> str:
    """POSIX seconds as RFC 3339 UTC, whole seconds, with `Z`."""
    return datetime.fromtimestamp(posix, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
