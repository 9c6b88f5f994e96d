"""Forgetting a person or a template, the same for clients and operators: running sessions, index and store, in this order.

Decisions and what follows from them share `SessionService.people`, and erasing has it alone: a decision is wholly before the
erasure, and forgotten with the person, or wholly after it, and knows nobody.
"""

from api.ports import Recognition, Store
from api.records import SessionRow
from api.sessions import SessionService


async def erase_person(store: Store, recognition: Recognition, sessions: SessionService, realm: str, user_id: str) -> int | None:
    """Forget a person at once; how many enrolments went, or None where nobody has this id.

    Sessions go first, so that none writes of the person again; the index next, so that nobody is recognised by what is
    being destroyed.

    Raises:
        StoreError: the person is still there, and known.
    """

    def theirs(row: SessionRow) -> bool:
        return row.realm == realm and row.user_id == user_id

    await sessions.end(theirs, "session_not_found")
    async with sessions.people.alone():
        enrollments = await store.enrollments(realm, user_id)
        recognition.remove_person(realm, user_id)
        try:
            erased = await store.erase_person(realm, user_id)
        except BaseException:
            for enrollment in enrollments:
                recognition.add(enrollment)
            raise
        # Those that came to name the person since.
        late = sessions.forget(theirs)
    await sessions.tell_ended(late, "session_not_found")
    return len(enrollments) if erased else None


async def erase_enrollment(
    store: Store, recognition: Recognition, sessions: SessionService, realm: str, enrollment_id: str
) -> bool:
    """Forget one template; False where there is none of that id. `StoreError`: it is still there."""
    async with sessions.people.alone():
        if not await store.remove_enrollment(realm, enrollment_id):
            return False
        recognition.remove_enrollment(realm, enrollment_id)
        return True
