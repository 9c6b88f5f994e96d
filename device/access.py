"""Whether somebody who was recognised may come in now. Pure; recognising is not done here."""

from api.records import DoorState, Enrollment, Person


def refusal(person: Person | None, enrollment: Enrollment | None, now: float | None) -> str:
    """Why the person may not come in; empty when nothing stands against it.

    Args:
        person: who was recognised, as the store has it now; None: erased in the meantime.
        enrollment: the template that matched; None: removed in the meantime.
        now: POSIX seconds, or None while the clock is not trusted: then nobody comes in whose access has bounds in time.
    """
    if person is None or enrollment is None or enrollment.status != "active":
        return "no_match"
    if person.status != "active":
        return "person_disabled"
    if enrollment.door is not DoorState.CONFIRMED:
        return "enrollment_not_confirmed"
    if person.valid_from is None and person.valid_until is None:
        return ""
    if now is None:
        return "clock_not_trusted"
    if person.valid_from is not None and now < person.valid_from:
        return "not_valid_yet"
    if person.valid_until is not None and now >= person.valid_until:
        return "no_longer_valid"
    return ""
