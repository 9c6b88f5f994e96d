"""Lock-outs: the rules for any row of failures, and at work in sessions of clients."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import ApiError
from api.lockout import Lockout, LockoutSettings, disabled, failed, left, wait_after
from api.lockouts import Lockouts
from api.records import SessionKind, SessionStatus
from api.sessions import SessionService
from api.settings import SessionSettings
from api.terms import NewSession
from device.clock import ManualClock

SHIPPED = LockoutSettings()
rules = st.builds(
    LockoutSettings,
    free_failures=st.integers(1, 20),
    wait_s=st.floats(1, 3600),
    longest_wait_s=st.floats(1, 86_400),
    most_failures=st.integers(2, 1000),
)


def after(failures: int, clock: ManualClock, settings: LockoutSettings = SHIPPED) -> Lockout:
    lockout = Lockout()
    for _ in range(failures):
        lockout = failed(lockout, settings, clock)
    return lockout


def test_as_shipped_five_failures_wait_30_s_that_doubles_up_to_an_hour_and_fifty_disable():
    assert [wait_after(n, SHIPPED) for n in (0, 4, 5, 6, 7, 11, 12, 49)] == [0, 0, 30, 60, 120, 1920, 3600, 3600]
    clock = ManualClock()
    assert left(after(49, clock), SHIPPED, clock) == 3600
    assert left(after(50, clock), SHIPPED, clock) == math.inf


@given(rules, st.integers(0, 2000))
def test_waits_never_fall_and_stay_within_bounds(settings, failures):
    wait, longer = wait_after(failures, settings), wait_after(failures + 1, settings)
    assert wait <= longer <= max(settings.wait_s, settings.longest_wait_s)
    assert (wait == 0) == (failures < settings.free_failures)


@given(rules, st.integers(1, 60), st.floats(0, 1e6), st.booleans())
def test_a_wait_is_over_when_its_time_has_passed_and_not_before(settings, failures, passed, trusted):
    clock = ManualClock()
    clock.set_wall(clock.wall(), trusted=trusted)
    lockout = after(failures, clock, settings)
    clock.advance(passed)
    if disabled(lockout, settings):
        assert left(lockout, settings, clock) == math.inf
    else:
        assert left(lockout, settings, clock) == pytest.approx(max(0.0, lockout.wait_s - passed), abs=1e-3)


@given(st.integers(5, 40), st.floats(0, 7200), st.floats(0, 7200), st.booleans(), st.booleans())
def test_a_reboot_shortens_no_wait(failures, off, up, trusted_before, trusted_after):
    clock = ManualClock(5000.0)
    clock.set_wall(clock.wall(), trusted=trusted_before)
    lockout = after(failures, clock)
    rebooted = ManualClock(up, clock.wall() + off + up, boot_id="another")
    rebooted.set_wall(rebooted.wall(), trusted=trusted_after)
    told = left(lockout, SHIPPED, rebooted)
    assert told <= lockout.wait_s
    assert told >= lockout.wait_s - off - up - 1e-3
    if not (trusted_before and trusted_after):
        assert told == max(0.0, lockout.wait_s - up)


@pytest.fixture
def service(store, recognition, clock):
    def made() -> SessionService:
        lockouts = Lockouts(store, LockoutSettings(most_failures=8), clock)
        return SessionService(store, recognition, SessionSettings(match_tries=1), clock, lockouts)

    return made


async def claim(sessions, clock, seen, person, *, user_id="ann", client_id="a client", blinks=True, **named):
    """One session of a client in which `person` claims to be `user_id`; its last feedback."""
    wanted = NewSession(
        kind=SessionKind.AUTHENTICATION, realm="office", user_id=user_id, client_id=client_id, **{"active_s": 5.0, **named}
    )
    row = await sessions.create(wanted)
    for n in range(1, 70):
        clock.advance(0.1)
        told = await sessions.feed(row.token, seen(n, time=clock.boot(), blinks=int(blinks and n > 4), person=person))
        if told.status is not SessionStatus.ACTIVE:
            return told
    raise AssertionError("the session did not end")


async def test_five_failures_lock_a_claimed_user_out_across_restarts_and_reboots(service, store, recognition, clock, seen, enrol):
    await enrol("ann", 1)
    await enrol("bob", 2)
    for _ in range(5):
        assert (await claim(service(), clock, seen, 7)).outcome == "no_match"
    with pytest.raises(ApiError, match="locked_out") as refused:
        await claim(service(), clock, seen, 1)
    assert refused.value.status == 429
    assert 25 <= refused.value.retry_after_s <= 30
    # Others, 1:N, other realms and the kiosk are not concerned.
    assert (await claim(service(), clock, seen, 2, user_id="bob")).outcome == ""
    assert (await claim(service(), clock, seen, 1, user_id=None)).user_id == "ann"
    assert (await claim(service(), clock, seen, 1, client_id=None)).outcome == ""
    rebooted = ManualClock(3.0, clock.wall() + 3.0, boot_id="another")
    again = SessionService(store, recognition, SessionSettings(), rebooted)
    with pytest.raises(ApiError, match="locked_out"):
        await claim(again, rebooted, seen, 1)
    rebooted.advance(30)
    assert (await claim(again, rebooted, seen, 1)).outcome == ""
    assert (await store.lockout("office", "ann")).failures == 0


async def test_only_completed_judgements_of_live_faces_count(service, store, clock, seen, enrol):
    await enrol("ann", 1)
    for _ in range(6):
        assert (await claim(service(), clock, seen, 7, blinks=False)).outcome == "liveness_failed"
        assert (await claim(service(), clock, seen, 7, blinks=False, require_liveness=False)).outcome == "no_match"
        assert (await claim(service(), clock, seen, 7, client_id=None)).outcome == "no_match"
    assert (await store.lockout("office", "ann")).failures == 0
    for _ in range(4):
        await claim(service(), clock, seen, 7)
    assert (await store.lockout("office", "ann")).failures == 4
    assert (await claim(service(), clock, seen, 1)).outcome == ""
    assert (await store.lockout("office", "ann")).failures == 0


async def test_after_the_most_failures_only_an_operator_helps(service, store, clock, seen, enrol):
    await enrol("ann", 1)
    while (await store.lockout("office", "ann")).failures < 8:
        assert (await claim(service(), clock, seen, 7)).outcome == "no_match"
        clock.advance(3600)
    clock.advance(1e7)
    with pytest.raises(ApiError, match="locked_out"):
        await claim(service(), clock, seen, 1)
    assert (await claim(service(), clock, seen, 1, user_id=None)).outcome == "no_match"
    assert (await claim(service(), clock, seen, 1, client_id=None)).outcome == ""
    assert await store.clear_lockout("office", "ann")
    assert (await claim(service(), clock, seen, 1)).outcome == ""


async def test_sessions_side_by_side_buy_no_tries(service, store, clock, seen, enrol):
    await enrol("ann", 1)
    sessions = service()
    wanted = NewSession(kind=SessionKind.AUTHENTICATION, realm="office", user_id="ann", client_id="a client")
    rows = [await sessions.create(wanted) for _ in range(8)]
    outcomes = []
    for row in rows:
        for n in range(1, 30):
            clock.advance(0.05)
            told = await sessions.feed(row.token, seen(n, time=clock.boot(), blinks=int(n > 4), person=7))
            if told.status is not SessionStatus.ACTIVE:
                break
        outcomes.append(told.outcome)
    assert outcomes == ["no_match"] * 5 + ["locked_out"] * 3
    attempts = [attempt for _, attempt in await store.attempts("office")]
    assert [attempt.failure_reason for attempt in attempts] == outcomes
    assert (await store.lockout("office", "ann")).failures == 5


async def test_a_lockout_is_of_its_realm(service, store, clock):
    await store.put_lockout("shop", "ann", replace(after(5, clock)))
    wanted = NewSession(kind=SessionKind.AUTHENTICATION, realm="office", user_id="ann", client_id="a client")
    assert await service().create(wanted)
