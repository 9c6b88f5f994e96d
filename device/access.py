"""Whether somebody who was recognised may come in now. Pure; recognising is not done here."""

from api.access import barred
from api.records import DoorState, Enrollment, Person


def refusal(person: Person | None, enrollment: Enrollment | None, now: float | None) -> str:
    """Why the person may not come in; empty when nothing stands against it.

    Args:
        person: who was recognised, as the store has it now; None: erased in the meantime.
        enrollment: the template that matched; None: removed in the meantime.
        now: POSIX seconds, or None while the clock is not trusted: then nobody comes in whose access has bounds in time.
    """
    if enrollment is None or enrollment.status != "active":
        return "no_match"
    return barred(person, now) or ("" if enrollment.door is DoorState.CONFIRMED else "enrollment_not_confirmed")
