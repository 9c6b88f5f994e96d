"""Whether somebody may be recognised now, here and remotely. Pure; who it is was found before, and doors are not known here."""

from api.records import Person


def barred(person: Person | None, now: float | None) -> str:
    """Why the person may not be recognised now; empty when nothing stands against it.

    Args:
        person: as the store has them now; None: erased in the meantime.
        now: POSIX seconds, or None while the clock is not trusted: then nobody is recognised whose time has bounds.
    """
    if person is None:
        return "no_match"
    if person.status != "active":
        return "person_disabled"
    if person.valid_from is None and person.valid_until is None:
        return ""
    if now is None:
        return "clock_not_trusted"
    if person.valid_from is not None and now < person.valid_from:
        return "not_valid_yet"
    if person.valid_until is not None and now >= person.valid_until:
        return "no_longer_valid"
    return ""
