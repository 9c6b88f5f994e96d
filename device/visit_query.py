"""Which visits somebody wants to see, as a plain value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VisitQuery:
    """What fits is all of it; what is None or empty, or 0, does not matter."""

    outcome: str = ""
    reason: str = ""
    user_id: str | None = None
    """One person of the device's own realm."""
    begin: float | None = None
    """POSIX seconds; visits whose time is not known are none of a time."""
    end: float | None = None
    before: int = 0
    """Only those with a smaller number in the log."""
