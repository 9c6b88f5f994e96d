"""Erasing somebody while they are being recognised: a decision is wholly before it, and forgotten with them, or knows nobody."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.erasure import erase_enrollment, erase_person
from api.errors import ApiError
from api.records import SessionKind, SessionStatus
from api.sessions import SessionService
from api.settings import SessionSettings
from api.shared_lock import SharedLock
from api.terms import NewSession

RULES = SessionSettings(sample_spacing_s=0.0, match_wait_s=0.2, match_tries=1)
WHO_IS_IT = NewSession(kind=SessionKind.AUTHENTICATION, realm="office", client_id="c", require_liveness=False)


@pytest.fixture
def sessions(store, recognition, clock) -> SessionService:
    return SessionService(store, recognition, RULES, clock)


class Held:
    """Makes a method of the store wait once it is called, before it does its work."""

    def __init__(self, store, name: str, monkeypatch) -> None:
        self.reached, self.go = asyncio.Event(), asyncio.Event()
        own = getattr(store, name)

        async def held(*values: object) -> object:
            self.reached.set()
            await self.go.wait()
            return await own(*values)

        monkeypatch.setattr(store, name, held)


async def fed(sessions, seen, token, clock):
    """Feed samples of person 1 until the session is over; how it ended."""
    for n in range(1, 6):
        clock.advance(0.1)
        told = await sessions.feed(token, seen(n, time=clock.boot(), person=1))
        if told.status is not SessionStatus.ACTIVE:
            break
    return told


async def names(store) -> set[str]:
    """Every name that the store still has."""
    return await store._owner.run(
        lambda db: {row[0] for row in db.rows("SELECT user_id FROM subjects WHERE user_id IS NOT NULL")}
    )


def erase(store, recognition, sessions):
    return asyncio.ensure_future(erase_person(store, recognition, sessions, "office", "ann"))


async def test_who_is_erased_before_the_decision_is_not_recognised(sessions, store, recognition, seen, enrol, clock, monkeypatch):
    await enrol("ann", 1)
    row, held = await sessions.create(WHO_IS_IT), Held(store, "erase_person", monkeypatch)
    erasing = erase(store, recognition, sessions)
    await held.reached.wait()
    judging = asyncio.ensure_future(fed(sessions, seen, row.token, clock))
    await asyncio.sleep(0.05)
    assert not judging.done()
    held.go.set()
    assert await erasing == 1
    told = await judging
    assert (told.status, told.outcome, told.user_id) == (SessionStatus.FAILED, "no_match", None)
    assert await names(store) == set()


async def test_an_erasure_waits_for_a_decision_and_takes_it_along(sessions, store, recognition, seen, enrol, clock, monkeypatch):
    await enrol("ann", 1)
    row, held = await sessions.create(WHO_IS_IT), Held(store, "add_attempt", monkeypatch)
    judging = asyncio.ensure_future(fed(sessions, seen, row.token, clock))
    await held.reached.wait()
    erasing = erase(store, recognition, sessions)
    await asyncio.sleep(0.05)
    assert not erasing.done()
    held.go.set()
    told = await judging
    assert (told.status, told.user_id) == (SessionStatus.COMPLETED, "ann")
    assert await erasing == 1
    ((_, attempt),) = await store.attempts("office")
    assert (attempt.user_id, attempt.confidence) == (None, None)
    with pytest.raises(ApiError, match="session_not_found"):
        await sessions.status(row.token)
    assert await names(store) == set()


async def test_an_enrolment_under_way_does_not_bring_them_back(sessions, store, recognition, seen, enrol, clock, monkeypatch):
    await enrol("ann", 1)
    held = Held(store, "erase_person", monkeypatch)
    erasing = erase(store, recognition, sessions)
    await held.reached.wait()
    wanted = NewSession(
        kind=SessionKind.ENROLLMENT, realm="office", client_id="c", user_id="ann", require_liveness=False, target_samples=2
    )
    row = await sessions.create(wanted)
    judging = asyncio.ensure_future(fed(sessions, seen, row.token, clock))
    await asyncio.sleep(0.05)
    held.go.set()
    assert await erasing == 1
    with pytest.raises(ApiError, match="session_not_found"):
        await judging
    assert await store.enrollments("office") == []
    assert await names(store) == set()


async def test_a_template_that_is_removed_matches_no_more(sessions, store, recognition, seen, enrol, clock):
    made = await enrol("ann", 1)
    assert await erase_enrollment(store, recognition, sessions, "office", made.enrollment_id)
    assert not await erase_enrollment(store, recognition, sessions, "office", made.enrollment_id)
    row = await sessions.create(WHO_IS_IT)
    assert (await fed(sessions, seen, row.token, clock)).outcome == "no_match"


@given(st.lists(st.booleans(), max_size=12))
async def test_nobody_is_beside_who_is_alone_and_everybody_gets_their_turn(wanted: list[bool]) -> None:
    lock, sharing, alone, served = SharedLock(), 0, 0, 0

    async def come(to_be_alone: bool) -> None:
        nonlocal sharing, alone, served
        async with lock.alone() if to_be_alone else lock.shared():
            sharing, alone = sharing + (not to_be_alone), alone + to_be_alone
            assert alone == 0 or (alone, sharing) == (1, 0)
            await asyncio.sleep(0)
            sharing, alone = sharing - (not to_be_alone), alone - to_be_alone
            served += 1

    async with asyncio.timeout(5):
        await asyncio.gather(*(come(each) for each in wanted))
    assert served == len(wanted)
