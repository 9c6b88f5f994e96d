"""What is demanded of whom: hours, groups, refusals, what a record leaves out, and what decisions make of it."""

import calendar
import time
from dataclasses import replace

import pytest

from api.demanding import Demanding, within
from api.effects import MAKE_UP
from api.liveness_settings import LivenessSettings
from api.records import LOCAL, Person, SessionKind, SessionRow, SessionStatus
from api.sessions import SessionService
from api.settings import SessionSettings
from api.terms import NewSession
from device.clock import ManualClock
from inference.liveness.challenge import Move
from inference.liveness.passive import Bands
from inference.liveness.policy import Challenging, Level
from tests.api.test_policies import Person as Visitor


def row(level=Level.ADAPTIVE, client_id=None, kind=SessionKind.AUTHENTICATION):
    return SessionRow("t", kind, LOCAL, client_id, None, True, {"liveness": level.value}, SessionStatus.ACTIVE, 0.0, 1.0)


@pytest.mark.parametrize(("hours", "inside"), [("00:00-23:59", True), ("07:00-12:00", False), ("22:00-15:00", True)])
def test_hours_may_pass_midnight_and_no_hour_is_inside_while_the_time_is_not_known(hours, inside, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert within(hours, calendar.timegm((2026, 3, 5, 14, 30, 0))) is inside
    assert not within(hours, None)


def test_outside_the_hours_a_challenge_is_due_and_without_a_trusted_clock_always(clock):
    assert Demanding(LivenessSettings(), None, clock).demands(row()).doubts == ()
    untrusted = ManualClock()
    untrusted.set_wall(1e9, trusted=False)
    demanding = Demanding(LivenessSettings(hours="00:00-23:59"), None, untrusted)
    assert demanding.demands(row()).doubts == ("outside_hours",)
    assert demanding.demands(row(Level.PASSIVE)).doubts == ()


def test_a_refusal_is_held_against_whoever_comes_next_there_until_a_success_or_for_a_while(clock):
    demanding = Demanding(LivenessSettings(after_refusal_s=60), None, clock)
    demanding.decided(row(), success=False)
    assert demanding.demands(row()).doubts == ("after_refusal",)
    assert demanding.demands(row(client_id="c")).doubts == ()
    clock.advance(61)
    assert demanding.demands(row()).doubts == ()
    demanding.decided(row(), success=False)
    demanding.decided(row(), success=True)
    assert demanding.demands(row()).doubts == ()


def test_a_group_and_what_a_person_cannot_do_are_known_with_the_person(clock):
    demanding = Demanding(LivenessSettings(groups=("night",)), None, clock)
    assert demanding.known(Person(LOCAL, "ann", groups=("night", "all"))).doubts == ("group",)
    assert demanding.known(Person(LOCAL, "ann", groups=("all",), accommodations=("turn",))).cannot == ("turn",)


def test_a_clients_stream_is_watched_for_a_while_and_the_own_camera_is_not(clock):
    demanding = Demanding(LivenessSettings(), None, clock)
    assert (demanding.demands(row(client_id="c")).watch_s, demanding.demands(row()).watch_s) == (3.0, 0.0)


def test_enrolments_ask_for_no_challenge_and_a_row_from_before_is_basic(clock):
    demanding = Demanding(LivenessSettings(), None, clock)
    policy = demanding.demands(row(Level.STRICT, kind=SessionKind.ENROLLMENT)).policy
    assert (policy.challenge, policy.planarity, policy.passive, policy.integrity) == (Challenging.NEVER, False, True, True)
    assert demanding.demands(replace(row(), metadata={})).policy.gestures


async def visit(sessions, clock, seen, level, client_id=None, visitor=None):
    """A whole session of somebody who obeys; the last feedback."""
    visitor = visitor or Visitor()
    wanted = NewSession(kind=SessionKind.AUTHENTICATION, realm="office", client_id=client_id, level=level)
    token, told, asked = (await sessions.create(wanted)).token, "", []
    for n in range(1, 600):
        clock.advance(0.05)
        feedback = await sessions.feed(token, visitor.frame(seen, n, clock.boot()))
        if feedback.status is not SessionStatus.ACTIVE:
            return feedback, asked
        if feedback.instruction != told:
            told = feedback.instruction
            asked += [told] if told in set(Move) else []
            visitor.ask(told, clock.boot())
    raise AssertionError("no decision")


@pytest.fixture
def sessions(store, recognition, clock):
    demanding = Demanding(LivenessSettings(groups=("night",)), Bands(), clock)
    return SessionService(store, recognition, SessionSettings(), clock, demanding=demanding)


async def test_what_was_left_out_is_owed_at_the_door_and_refused_elsewhere(sessions, store, clock, seen, enrol):
    await enrol("ann", 1)
    await store.put_person(Person("office", "ann", accommodations=("turn",)))
    at_door, asked = await visit(sessions, clock, seen, Level.STRICT)
    assert (at_door.status, at_door.attempt.detail[MAKE_UP]) == (SessionStatus.COMPLETED, True)
    assert set(asked) == {"close_eyes", "blink"}
    assert at_door.attempt.detail["challenge"]["left_out"] == ["turn"]
    remote, _ = await visit(sessions, clock, seen, Level.STRICT, client_id="c")
    assert (remote.status, remote.outcome) == (SessionStatus.FAILED, "liveness_failed")


async def test_a_group_is_asked_and_others_are_not(sessions, store, clock, seen, enrol):
    await enrol("ann", 1)
    told, asked = await visit(sessions, clock, seen, Level.ADAPTIVE)
    assert (told.status, asked, MAKE_UP in told.attempt.detail) == (SessionStatus.COMPLETED, [], False)
    await store.put_person(Person("office", "ann", groups=("night",)))
    told, asked = await visit(sessions, clock, seen, Level.ADAPTIVE)
    assert told.status is SessionStatus.COMPLETED
    assert len(asked) >= 2


async def test_the_row_says_why_and_nothing_of_it_is_told(sessions, store, clock, seen, enrol):
    await enrol("ann", 1)
    told, _ = await visit(sessions, clock, seen, Level.PASSIVE, visitor=Visitor(passive=0.1))
    ((_, attempt),) = await store.attempts("office")
    assert (told.outcome, attempt.failure_reason) == ("liveness_failed", "liveness_failed")
    assert attempt.detail["liveness"]["passive"].startswith("failed: looks_like_a_picture 0.1")
    assert attempt.user_id is None
    again, asked = await visit(sessions, clock, seen, Level.ADAPTIVE)
    assert again.status is SessionStatus.COMPLETED
    assert asked, "after a refusal a challenge is made"
