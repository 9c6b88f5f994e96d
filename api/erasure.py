"""Forgetting a person, the same for clients and operators: running sessions, index and store, in this order."""

from api.ports import Recognition, Store
from api.sessions import SessionService


async def erase_person(store: Store, recognition: Recognition, sessions: SessionService, realm: str, user_id: str) -> int | None:
    """Forget a person at once; how many enrolments went, or None where nobody has this id.

    Sessions go first, so that none writes of the person again; the index next, so that nobody is recognised by what is
    being destroyed.

    Raises:
        StoreError: the person is still there, and known.
    """
    await sessions.end(lambda row: row.realm == realm and row.user_id == user_id, "session_not_found")
    enrollments = await store.enrollments(realm, user_id)
    recognition.remove_person(realm, user_id)
    try:
        erased = await store.erase_person(realm, user_id)
    except BaseException:
        for enrollment in enrollments:
            recognition.add(enrollment)
        raise
    return len(enrollments) if erased else None
