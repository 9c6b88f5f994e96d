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


def passed(clock: Clock, boot_id: str, boot: float, wall: float) -> bool:
    """Whether a time is over that was written down in the boot `boot_id`: `boot` by its clock, `wall` in POSIX seconds.

    In that boot its clock says, so that no trusted time is needed; afterwards wall time, and while that is not trusted it is.
    """
    if boot_id == clock.boot_id:
        return clock.boot() >= boot
    now = clock.dated()
    return now is None or now >= wall
