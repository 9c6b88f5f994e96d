"""Sessions at work on a real store and gallery: rows before answers, nothing half done, restarts survived."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from api.errors import ApiError
from api.ports import StoreFull
from api.records import DoorState, Origin, Person, SessionKind, SessionStatus
from api.sessions import SessionService
from api.settings import SessionSettings
from api.terms import NewSession
from device.clock import ManualClock

RULES = SessionSettings(match_tries=2)


@pytest.fixture
def sessions(store, recognition, clock) -> SessionService:
    return SessionService(store, recognition, RULES, clock)


def authentication(**changed):
    return NewSession(**{"kind": SessionKind.AUTHENTICATION, "realm": "office", **changed})


async def feed(sessions, clock, seen, token, frames=12, first=1, blink_at=5, **named):
    """Feed frames .1 s apart until the session is over; the last feedback."""
    told = None
    for n in range(first, first + frames):
        clock.advance(0.1)
        told = await sessions.feed(token, seen(n, time=clock.boot(), blinks=int(n >= blink_at), **named))
        if told.status is not SessionStatus.ACTIVE:
            break
    return told


async def test_a_match_is_an_attempt_row_and_then_an_answer(sessions, store, clock, seen, enrol):
    enrolled = await enrol("ann", 1)
    await enrol("bob", 2)
    row = await sessions.create(authentication())
    told = await feed(sessions, clock, seen, row.token)
    assert (told.status, told.user_id, told.outcome) == (SessionStatus.COMPLETED, "ann", "")
    assert told.confidence > 0.65
    ((_, attempt),) = await store.attempts("office")
    assert attempt == told.attempt
    assert attempt.success
    assert attempt.matched_enrollment == enrolled.enrollment_id
    assert attempt.liveness_passed
    assert attempt.session_token == row.token
    assert attempt.processing_time_ms >= 10
    assert attempt.boot_id == clock.boot_id
    kept = await store.session(row.token)
    assert (kept.status, kept.user_id, kept.outcome) == (SessionStatus.COMPLETED, "ann", "")


async def test_a_stranger_is_refused_after_both_tries_with_a_row_each(sessions, store, clock, seen, enrol):
    await enrol("ann", 1)
    row = await sessions.create(authentication())
    told = await feed(sessions, clock, seen, row.token, person=5, frames=40)
    assert (told.status, told.outcome, told.user_id) == (SessionStatus.FAILED, "no_match", None)
    attempts = [attempt for _, attempt in await store.attempts("office")]
    assert [(each.success, each.failure_reason) for each in attempts] == [(False, "no_match")] * 2
    with pytest.raises(ApiError, match="session_completed"):
        await sessions.feed(row.token, seen(99, time=clock.boot()))


@pytest.mark.parametrize(("claimed", "outcome"), [("ann", ""), ("bob", "no_match"), ("nobody", "user_not_enrolled")])
async def test_one_to_one(sessions, store, clock, seen, enrol, claimed, outcome):
    await enrol("ann", 1)
    await enrol("bob", 2)
    row = await sessions.create(authentication(user_id=claimed))
    told = await feed(sessions, clock, seen, row.token, frames=40)
    assert told.outcome == outcome
    assert told.status is (SessionStatus.FAILED if outcome else SessionStatus.COMPLETED)
    assert {attempt.user_id for _, attempt in await store.attempts("office")} == {claimed}


@pytest.mark.parametrize(
    ("person", "trusted", "why"),
    [
        ({"status": "disabled"}, True, "person_disabled"),
        ({"valid_until": 1.0}, True, "no_longer_valid"),
        ({"valid_from": 4e9}, True, "not_valid_yet"),
        ({"valid_until": 4e9}, False, "clock_not_trusted"),
        ({"valid_from": 1.0, "valid_until": 4e9}, True, ""),
        ({}, False, ""),
    ],
)
@pytest.mark.parametrize("claimed", [None, "ann"])
@pytest.mark.parametrize("client", [None, "a client"])
async def test_who_is_barred_is_not_recognised(sessions, store, clock, seen, enrol, person, trusted, why, claimed, client):
    await enrol("ann", 1)
    await enrol("bob", 2)
    await store.put_person(Person("office", "ann", **person))
    clock.set_wall(clock.wall(), trusted=trusted)
    row = await sessions.create(authentication(user_id=claimed, client_id=client))
    told = await feed(sessions, clock, seen, row.token, frames=40)
    attempt = (await store.attempts("office"))[-1][1]
    assert (attempt.success, attempt.failure_reason, attempt.user_id) == (not why, why, "ann")
    assert told.status is (SessionStatus.FAILED if why else SessionStatus.COMPLETED)
    for_clients = "no_match" if claimed is None else "user_not_enrolled"
    assert told.outcome == (why and (why if client is None else for_clients))


async def test_another_realm_is_not_searched(sessions, clock, seen, enrol):
    await enrol("ann", 1, realm="elsewhere")
    row = await sessions.create(authentication())
    assert (await feed(sessions, clock, seen, row.token, frames=40)).outcome == "no_match"


async def test_liveness_failed_is_one_attempt_without_a_match(sessions, store, clock, seen, enrol):
    await enrol("ann", 1)
    row = await sessions.create(authentication(active_s=8.0))
    told = await feed(sessions, clock, seen, row.token, frames=100, blink_at=1000)
    assert (told.status, told.outcome) == (SessionStatus.FAILED, "liveness_failed")
    ((_, attempt),) = await store.attempts("office")
    assert attempt == told.attempt
    assert (attempt.success, attempt.failure_reason, attempt.liveness_passed) == (False, "liveness_failed", False)
    assert attempt.confidence is None
    assert attempt.matched_enrollment is None


async def test_min_confidence_raises_the_bar_and_never_lowers_it(store, recognition, clock, seen, enrol):
    await enrol("ann", 1)
    strict = SessionService(store, recognition, SessionSettings(face_recognition_threshold=0.99), clock)
    row = await strict.create(authentication(user_id="ann", min_confidence=0.1))
    assert (await feed(strict, clock, seen, row.token, frames=40)).outcome == "no_match"
    easy = SessionService(store, recognition, SessionSettings(), clock)
    row = await easy.create(authentication(user_id="ann", min_confidence=0.98))
    assert (await feed(easy, clock, seen, row.token, frames=40)).outcome == "no_match"


async def test_enrolment_makes_person_and_template_and_they_are_found_at_once(sessions, store, clock, seen):
    wanted = NewSession(kind=SessionKind.ENROLLMENT, realm="office", user_id="ann", origin=Origin.KIOSK, door=DoorState.CONFIRMED)
    row = await sessions.create(wanted)
    told = await feed(sessions, clock, seen, row.token, frames=60)
    assert told.status is SessionStatus.COMPLETED
    assert (told.completed_samples, told.target_samples, told.liveness_verified) == (5, 5, True)
    (enrollment,) = await store.enrollments("office", "ann")
    assert enrollment.enrollment_id == told.enrollment_id
    assert (enrollment.origin, enrollment.door, enrollment.samples) == (Origin.KIOSK, DoorState.CONFIRMED, 5)
    assert (await store.person("office", "ann")).user_id == "ann"
    again = await sessions.create(authentication())
    assert (await feed(sessions, clock, seen, again.token)).user_id == "ann"


async def test_a_remote_enrolment_is_pending_for_the_door(sessions, store, clock, seen):
    row = await sessions.create(NewSession(kind=SessionKind.ENROLLMENT, realm="office", user_id="ann", client_id="c"))
    await feed(sessions, clock, seen, row.token, frames=60)
    (enrollment,) = await store.enrollments("office", "ann")
    assert (enrollment.origin, enrollment.door, enrollment.client_id) == (Origin.CLIENT, DoorState.PENDING, "c")


class FailingStore:
    """A store whose disk is full when it comes to one method."""

    def __init__(self, store, method):
        self._store = store
        self.failing = method

    def __getattr__(self, name):
        async def fail(*_):
            raise StoreFull("full")

        return fail if name == self.failing else getattr(self._store, name)


async def test_a_decision_that_cannot_be_recorded_did_not_happen(store, recognition, clock, seen, enrol):
    await enrol("ann", 1)
    broken = FailingStore(store, "add_attempt")
    sessions = SessionService(broken, recognition, RULES, clock)
    row = await sessions.create(authentication())
    with pytest.raises(StoreFull):
        await feed(sessions, clock, seen, row.token)
    assert (await sessions.status(row.token)).status is SessionStatus.ACTIVE
    assert not await store.attempts("office")
    broken.failing = ""
    assert (await feed(sessions, clock, seen, row.token, first=20)).user_id == "ann"
    assert len(await store.attempts("office")) == 1


async def test_a_template_that_cannot_be_stored_is_not_searchable(store, recognition, clock, seen):
    broken = FailingStore(store, "add_enrollment")
    sessions = SessionService(broken, recognition, RULES, clock)
    row = await sessions.create(NewSession(kind=SessionKind.ENROLLMENT, realm="office", user_id="ann"))
    with pytest.raises(StoreFull):
        await feed(sessions, clock, seen, row.token, frames=60)
    again = await sessions.create(authentication(user_id="ann"))
    assert (await feed(sessions, clock, seen, again.token)).outcome == "user_not_enrolled"


async def test_a_session_survives_a_restart_but_not_a_reboot_and_not_its_time(store, recognition, clock, seen, enrol):
    await enrol("ann", 1)
    first = SessionService(store, recognition, RULES, clock)
    rows = [await first.create(authentication(client_id="c")) for _ in range(3)]
    second = SessionService(store, recognition, RULES, clock)
    assert (await feed(second, clock, seen, rows[0].token)).user_id == "ann"
    clock.advance(1801)
    third = SessionService(store, recognition, RULES, clock)
    with pytest.raises(ApiError, match="session_expired"):
        await third.feed(rows[1].token, seen(1, time=clock.boot()))
    assert (await store.session(rows[1].token)).status is SessionStatus.EXPIRED
    rebooted = ManualClock(5.0, clock.wall(), boot_id="another")
    with pytest.raises(ApiError, match="session_expired"):
        await SessionService(store, recognition, RULES, rebooted).feed(rows[2].token, seen(1, time=5.0))


async def test_unknown_cancelled_and_swept(sessions, store, clock, seen):
    with pytest.raises(ApiError, match="session_not_found"):
        await sessions.status("nothing")
    row = await sessions.create(authentication())
    assert (await sessions.cancel(row.token)).status is SessionStatus.CANCELLED
    assert (await store.session(row.token)).status is SessionStatus.CANCELLED
    with pytest.raises(ApiError, match="session_completed"):
        await sessions.check(row.token)
    live = await sessions.create(authentication())
    assert await sessions.sweep() == []
    clock.advance(1801)
    assert await sessions.sweep() == [live.token]
    assert (await store.session(live.token)).status is SessionStatus.EXPIRED
    clock.advance(61)
    assert await sessions.sweep() == []
    assert (await sessions.status(live.token)).status is SessionStatus.EXPIRED


async def test_frames_that_come_at_once_are_judged_one_after_another_and_decide_once(sessions, store, clock, seen, enrol):
    await enrol("ann", 1)
    row = await sessions.create(authentication())
    await feed(sessions, clock, seen, row.token, frames=4)
    frames = [seen(n, time=clock.boot() + n / 100, blinks=1) for n in range(5, 25)]
    answers = await asyncio.gather(*(sessions.feed(row.token, each) for each in frames), return_exceptions=True)
    decided = [each for each in answers if not isinstance(each, ApiError) and each.attempt]
    assert len(decided) == 1
    assert len(await store.attempts("office")) == 1
    assert sum(isinstance(each, ApiError) and each.code == "session_completed" for each in answers) > 10


async def test_a_caller_that_goes_away_does_not_leave_a_decision_half_done(sessions, store, clock, seen, enrol):
    await enrol("ann", 1)
    row = await sessions.create(authentication())
    await feed(sessions, clock, seen, row.token, frames=4)
    caller = asyncio.create_task(sessions.feed(row.token, seen(5, time=clock.boot(), blinks=1)))
    while not (await asyncio.sleep(0)) and not sessions._sessions[row.token].lock.locked():
        pass
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await sessions.drain()
    assert len(await store.attempts("office")) == 1
    assert (await sessions.status(row.token)).status is SessionStatus.COMPLETED


async def test_embeddings_of_another_size_are_no_samples(sessions, clock, seen, enrol):
    await enrol("ann", 1)
    row = await sessions.create(authentication(active_s=2.0))
    told = None
    for n in range(1, 40):
        clock.advance(0.1)
        frame = seen(n, time=clock.boot(), blinks=int(n > 4))
        told = await sessions.feed(row.token, msgspec.structs.replace(frame, embedding=frame.embedding[:64]))
        if told.status is not SessionStatus.ACTIVE:
            break
    assert told.status is SessionStatus.EXPIRED


def remote(**changed):
    return NewSession(**{"kind": SessionKind.AUTHENTICATION, "realm": "office", "client_id": "till", **changed})


async def enrolled_as(sessions, clock, seen, user_id, person):
    row = await sessions.create(remote(kind=SessionKind.ENROLLMENT, user_id=user_id, target_samples=3))
    return await feed(sessions, clock, seen, row.token, person=person, frames=60)


async def test_a_face_that_is_somebody_elses_is_refused_or_flagged(store, recognition, clock, seen, enrol):
    await enrol("ann", 1)
    sessions = SessionService(store, recognition, RULES, clock)
    told = await enrolled_as(sessions, clock, seen, "eve", 1)
    assert (told.status, told.outcome, told.enrollment_id) == (SessionStatus.FAILED, "duplicate_person", None)
    assert await store.person("office", "eve") is None
    assert (await enrolled_as(sessions, clock, seen, "ann", 1)).status is SessionStatus.COMPLETED
    assert (await enrolled_as(sessions, clock, seen, "bob", 2)).status is SessionStatus.COMPLETED
    flagging = SessionService(store, recognition, SessionSettings(duplicates="flag"), clock)
    assert (await enrolled_as(flagging, clock, seen, "eve", 1)).status is SessionStatus.COMPLETED
    kept = {each.user_id: each.duplicate for each in await store.enrollments("office")}
    assert kept == {"ann": False, "bob": False, "eve": True}


async def test_what_a_restart_left_is_taken_up_or_ended(store, recognition, clock):
    sessions = SessionService(store, recognition, RULES, clock)
    running = await sessions.create(remote())
    over = await sessions.create(remote())
    await store.put_session(replace(over, metadata={**over.metadata, "expires_boot": clock.boot()}))
    restarted = SessionService(store, recognition, RULES, clock)
    await restarted.resume()
    assert [row.token for row in await store.active_sessions()] == [running.token]
    assert (await store.session(over.token)).outcome == "session_expired"
    assert (await restarted.status(running.token)).status is SessionStatus.ACTIVE
    rebooted = SessionService(store, recognition, RULES, ManualClock(boot_id="another"))
    await rebooted.resume()
    assert await store.active_sessions() == []


async def test_a_client_has_so_many_running_sessions_and_others_have_theirs(store, recognition, clock):
    sessions = SessionService(store, recognition, SessionSettings(client_sessions=2), clock)
    first, _ = await sessions.create(remote()), await sessions.create(remote())
    with pytest.raises(ApiError, match="rate_limited") as refused:
        await sessions.create(remote())
    assert refused.value.retry_after_s
    await sessions.create(remote(client_id="desk"))
    await sessions.create(authentication())
    restarted = SessionService(store, recognition, SessionSettings(client_sessions=2), clock)
    await restarted.resume()
    with pytest.raises(ApiError, match="rate_limited"):
        await restarted.create(remote())
    await restarted.cancel(first.token)
    await restarted.create(remote())


async def test_sessions_are_ended_for_others_than_their_owner(store, recognition, clock, seen):
    sessions = SessionService(store, recognition, RULES, clock)
    told = []

    async def note(token, why):
        told.append((token, why))

    sessions.on_end.append(note)
    ann = await sessions.create(remote(kind=SessionKind.ENROLLMENT, user_id="ann"))
    bob = await sessions.create(remote(kind=SessionKind.ENROLLMENT, user_id="bob"))
    await sessions.feed(ann.token, seen(1, time=clock.boot()))
    await sessions.end(lambda row: row.user_id == "ann", "session_not_found")
    assert told == [(ann.token, "session_not_found")]
    assert (await store.session(ann.token)).status is SessionStatus.CANCELLED
    with pytest.raises(ApiError, match="session_completed"):
        await sessions.feed(ann.token, seen(2, time=clock.boot()))
    assert (await sessions.status(bob.token)).status is SessionStatus.ACTIVE
