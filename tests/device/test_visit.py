"""The rules of visits and of the pause after failures, as pure functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.cooldown import Cooldown
from device.settings import KioskSettings
from device.visit import Do, Outcome, State, Visit, abandoned, seen
from inference.observation import Box, Observation

RULES = KioskSettings()
GRANTED = Outcome("granted", "match", "ada", 0.9)
STRANGER = Outcome("refused", "no_match")


def look(track: int = 1, condition: str = "", faces: int = 1) -> Observation:
    boxes = (Box(0, 0, 10, 10),) * (faces if track else 0)
    return Observation(seq=1, time=0.0, width=640, height=480, track=track, condition=condition, faces=boxes)


NOBODY = look(track=0)


def visiting(now: float = 100.0) -> State:
    return State().began("v", "t", now)


def test_pauses_after_strangers_double_up_to_thirty_seconds() -> None:
    cooldown, now, pauses = Cooldown(), 100.0, []
    for _ in range(7):
        cooldown = cooldown.failed(now, RULES)
        pauses.append(cooldown.left(now))
        now = cooldown.until
    assert pauses == [2, 4, 8, 16, 30, 30, 30]


def test_a_grant_forgives() -> None:
    cooldown = Cooldown().failed(100, RULES).failed(110, RULES).granted(120)
    assert cooldown.left(120) == 0
    assert cooldown.failed(130, RULES).left(130) == 2


def test_a_minute_without_a_face_forgives_and_less_does_not() -> None:
    cooldown = Cooldown().failed(100, RULES).failed(110, RULES)
    assert cooldown.looked(False, 169, RULES).failures == 2
    assert cooldown.looked(True, 169, RULES).looked(False, 171, RULES).failures == 2
    assert cooldown.looked(False, 170, RULES).failures == 0


@given(st.lists(st.tuples(st.floats(0.01, 200), st.sampled_from(["failed", "granted", "face", "none"])), max_size=60))
def test_nobody_waits_longer_than_the_longest_pause(events: list[tuple[float, str]]) -> None:
    cooldown, now = Cooldown(), 1000.0
    for passed, event in events:
        now += passed
        match event:
            case "failed":
                before = cooldown.failures
                cooldown = cooldown.failed(now, RULES)
                assert cooldown.left(now) == pytest.approx(min(2.0 * 2**before, 30))
            case "granted":
                cooldown = cooldown.granted(now)
                assert cooldown.left(now) == 0
            case _:
                cooldown = cooldown.looked(event == "face", now, RULES)
        assert 0 <= cooldown.left(now) <= RULES.cooldown_max_s + 1e-9
        assert cooldown.left(now + RULES.cooldown_max_s) == 0


def test_a_visit_begins_with_the_first_face_in_front() -> None:
    assert seen(State(), NOBODY, 100, RULES)[1] is Do.NOTHING
    assert seen(State(), look(track=0, condition="multiple_faces"), 100, RULES)[1] is Do.NOTHING
    assert seen(State(), look(condition="face_too_small"), 100, RULES)[1] is Do.NOTHING
    assert seen(State(), look(condition="too_dark"), 100, RULES)[1] is Do.BEGIN
    assert seen(State(), look(), 100, RULES)[1] is Do.BEGIN


def test_a_visit_goes_on_over_short_gaps_and_ends_when_the_person_has_left() -> None:
    state, do = seen(visiting(), look(), 101, RULES)
    assert do is Do.FEED
    assert seen(state, NOBODY, 102.4, RULES)[1] is Do.FEED
    assert seen(state, NOBODY, 102.6, RULES)[1] is Do.LEAVE


def test_after_a_grant_the_same_face_gets_no_second_one_and_another_does() -> None:
    state, _ = seen(visiting(), look(track=5), 101, RULES)
    state = state.ended(GRANTED, 101, RULES)
    assert seen(state, look(track=6), 102, RULES)[1] is Do.NOTHING
    later = 101 + RULES.result_s
    assert seen(state, look(track=5), later, RULES)[1] is Do.NOTHING
    assert seen(state, look(track=6), later, RULES)[1] is Do.BEGIN
    gone, _ = seen(state, NOBODY, later, RULES)
    assert seen(gone, look(track=5), later + 1, RULES)[1] is Do.BEGIN


def test_after_a_stranger_everybody_waits() -> None:
    state = State(cooldown=Cooldown(failures=3)).began("v", "t", 100).ended(STRANGER, 101, RULES)
    assert seen(state, look(track=9), 116.9, RULES)[1] is Do.NOTHING
    assert seen(state, look(track=9), 117, RULES)[1] is Do.BEGIN


@pytest.mark.parametrize(
    ("outcome", "lengthens"),
    [
        (STRANGER, True),
        (Outcome("refused", "liveness_failed"), True),
        (Outcome("refused", "person_disabled", "ada", 0.9), False),
        (Outcome("abandoned", "left"), False),
        (Outcome("abandoned", "vision_unavailable"), False),
        (GRANTED, False),
    ],
)
def test_only_failures_of_unknown_faces_lengthen_the_pause(outcome: Outcome, lengthens: bool) -> None:
    assert bool(visiting().ended(outcome, 101, RULES).cooldown.failures) is lengthens


def test_a_visit_that_was_decided_and_is_left_is_refused() -> None:
    visit = Visit("v", "t", 100, 100)
    assert abandoned(visit, "left") == Outcome("abandoned", "left")
    decided = visiting().decided("a1", "no_match").decided("a2", "no_match").visit
    assert decided is not None
    assert decided.attempts == ("a1", "a2")
    assert abandoned(decided, "left") == STRANGER


TRACKS = st.lists(st.tuples(st.integers(0, 3), st.floats(0.01, 3), st.sampled_from([GRANTED, STRANGER, None])), max_size=80)


@given(TRACKS)
def test_no_visit_begins_in_a_pause_or_under_a_result(frames: list[tuple[int, float, Outcome | None]]) -> None:
    state, now = State(), 1000.0
    free = now
    for track, passed, outcome in frames:
        now += passed
        state, do = seen(state, look(track=track), now, RULES)
        if do is Do.BEGIN:
            assert now >= free
            state = state.began("v", "t", now)
        if do is Do.LEAVE:
            state = state.ended(Outcome("abandoned", "left"), now, RULES)
        if do is Do.FEED and outcome is not None:
            state = state.ended(outcome, now, RULES)
            free = max(now + RULES.result_s, state.cooldown.until)
