"""The rules of sessions: what completes, what fails, what counts, and what never happens whatever comes in."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import session as rules
from api.feedback import instruction, progress
from api.records import SessionStatus
from api.session_state import Enroll, Judge, Refuse
from api.settings import SessionSettings
from inference.observation import COVERED, Measure, Quality
from tests.api.session_runs import blinking, enrolment, run, terms


def test_a_face_that_blinks_is_judged_with_its_samples(seen):
    state, effects = run(rules.begin(terms(claimed="ann")), blinking(seen, 6))
    assert state.pending
    (judge,) = effects
    assert isinstance(judge, Judge)
    assert judge.claimed == "ann"
    assert judge.liveness_passed
    assert len(judge.samples) == 3


def test_judged_at_once_when_samples_were_gathered_before_the_blink(seen):
    _, effects = run(rules.begin(terms()), blinking(seen, 5, blink_at=5))
    assert [type(effect) for effect in effects] == [Judge]


def test_two_samples_are_enough_once_waiting_is_over(seen):
    frames = [seen(n, time=n * 0.1, blinks=int(n >= 4), person=1 if n in (2, 3) else None) for n in range(1, 30)]
    state, effects = run(rules.begin(terms()), frames)
    (judge,) = effects
    assert len(judge.samples) == 2
    assert state.evidence.live_at == pytest.approx(0.3)


def test_one_sample_decides_nothing(seen):
    frames = [seen(n, time=n * 0.1, blinks=int(n >= 4), person=1 if n == 2 else None) for n in range(1, 100)]
    state, effects = run(rules.begin(terms()), frames)
    assert not effects
    assert state.status is SessionStatus.ACTIVE


def test_success_completes(seen):
    state, _ = run(rules.begin(terms()), blinking(seen))
    state = rules.decided(state, True, "", 2.0).state
    assert state.status is SessionStatus.COMPLETED
    assert progress(state) == 1.0
    assert instruction(state) == ""


def test_no_match_is_final_after_as_many_tries_as_are_set(seen):
    state = rules.begin(terms(rules=SessionSettings(match_tries=2)))
    state, effects = run(state, blinking(seen, 10))
    assert len(effects) == 1
    state = rules.decided(state, False, "no_match", 1.0).state
    assert state.status is SessionStatus.ACTIVE
    assert len(state.evidence.pool) == 0
    assert state.live
    state, effects = run(state, [seen(n, time=1 + n * 0.1, blinks=1) for n in range(11, 15)], start=1.0)
    assert len(effects) == 1
    state = rules.decided(state, False, "no_match", 2.0).state
    assert (state.status, state.outcome, state.decisions) == (SessionStatus.FAILED, "no_match", 2)


def test_max_auth_attempts_bounds_the_tries(seen):
    state = rules.begin(terms(rules=SessionSettings(match_tries=5, max_auth_attempts=1)))
    state, _ = run(state, blinking(seen, 10))
    state = rules.decided(state, False, "no_match", 1.0).state
    assert (state.status, state.outcome) == (SessionStatus.FAILED, "no_match")


@pytest.mark.parametrize("reason", ["user_not_enrolled", "liveness_failed"])
def test_a_failure_that_new_samples_cannot_mend_is_final_at_once(seen, reason):
    state, _ = run(rules.begin(terms(claimed="ann")), blinking(seen, 10))
    state = rules.decided(state, False, reason, 1.0).state
    assert (state.status, state.outcome) == (SessionStatus.FAILED, reason)


def test_a_face_that_never_blinks_fails_liveness_when_the_time_is_over(seen):
    frames = [seen(n, time=n * 1.0) for n in range(1, 70)]
    state, effects = run(rules.begin(terms()), frames, step=1.0)
    assert effects == [Refuse("liveness_failed", liveness_passed=False)]
    assert (state.status, state.outcome, state.decisions) == (SessionStatus.FAILED, "liveness_failed", 1)


def test_a_still_picture_fails_liveness_though_it_blinks(seen):
    _, effects = run(rules.begin(terms(active_s=5.0)), blinking(seen, 80, motion=0.0))
    assert effects == [Refuse("liveness_failed", liveness_passed=False)]


def test_frames_without_a_usable_face_count_nothing_and_expire(seen):
    frames = [seen(n, time=n * 1.0, track=0, condition="no_face_detected") for n in range(1, 70)]
    state, effects = run(rules.begin(terms()), frames, step=1.0)
    assert not effects
    assert (state.status, state.outcome, state.decisions) == (SessionStatus.EXPIRED, "session_expired", 0)


def test_a_session_expires_without_a_frame():
    state = rules.begin(terms())
    assert rules.expire(state, 1799.9).state.status is SessionStatus.ACTIVE
    assert rules.expire(state, 1800.0).state.status is SessionStatus.EXPIRED


def test_liveness_of_one_track_does_not_count_for_another(seen):
    frames = [
        *[seen(n, time=n * 0.1, person=None, blinks=int(n >= 4)) for n in range(1, 8)],
        *[seen(n, time=n * 0.1, track=2, person=2, frames=n - 7) for n in range(8, 40)],
    ]
    state, effects = run(rules.begin(terms()), frames)
    assert not effects
    assert not state.live
    assert {sample.track for sample in state.evidence.pool.samples} == {2}


def test_what_a_track_showed_before_the_session_does_not_count(seen):
    frames = [seen(n, time=n * 0.1, blinks=7, frames=500 + n) for n in range(1, 30)]
    state, effects = run(rules.begin(terms()), frames)
    assert not effects
    assert state.evidence.blinks == 0
    assert state.evidence.frames == 29


def test_a_track_number_used_again_after_a_restart_of_vision_starts_from_nothing(seen):
    frames = [*[seen(n, time=n * 0.1, person=None, blinks=3) for n in range(1, 10)], seen(10, time=1.0, frames=1, blinks=0)]
    state, _ = run(rules.begin(terms()), frames)
    assert (state.evidence.frames, state.evidence.blinks, state.live) == (1, 0, False)


def test_a_long_closure_counts_only_where_frames_are_too_rare_for_blinks(seen):
    def closing(step):
        return [seen(n, time=n * step, long_closures=int(n >= 5), person=None) for n in range(1, 12)]

    assert run(rules.begin(terms()), closing(0.2), step=0.2)[0].live
    assert not run(rules.begin(terms()), closing(0.05), step=0.05)[0].live


def test_waived_liveness_judges_two_agreeing_frames_and_says_so(seen):
    state = rules.begin(terms(require_liveness=False))
    state, effects = run(state, [seen(n, time=n * 0.1, motion=0.0) for n in range(1, 20)])
    (judge,) = effects
    assert not judge.liveness_passed


def test_low_quality_is_told_and_never_a_sample(seen):
    state, effects = run(rules.begin(terms()), blinking(seen, 40, quality=0.4))
    assert not effects
    assert state.condition == "poor_image_quality"
    assert instruction(state) == "hold_still"


def test_nothing_happens_while_an_effect_is_carried_out(seen):
    state, effects = run(rules.begin(terms()), blinking(seen, 40))
    assert len(effects) == 1
    assert rules.expire(state, 10_000.0).state is state


def test_cancelled(seen):
    state, _ = run(rules.begin(terms()), blinking(seen, 3))
    assert rules.cancelled(state).state.status is SessionStatus.CANCELLED
    done = rules.decided(run(rules.begin(terms()), blinking(seen))[0], True, "", 1.0).state
    assert rules.cancelled(done).state is done


FRAMES = st.lists(
    st.fixed_dictionaries(
        {
            "track": st.integers(0, 3),
            "person": st.sampled_from([None, 1, 2]),
            "condition": st.sampled_from(["", "", "", "too_dark", "multiple_faces"]),
            "blinks": st.integers(0, 3),
            "motion": st.sampled_from([0.0, 1.0]),
            "quality": st.sampled_from([0.3, 0.9]),
            "gap": st.sampled_from([0.03, 0.1, 0.7, 5.0]),
        }
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(frames=FRAMES, answers=st.lists(st.booleans(), max_size=10), tries=st.integers(1, 4), most=st.integers(1, 4))
def test_whatever_comes_nobody_is_judged_without_life_and_two_frames_of_one_track(seen, frames, answers, tries, most):
    """And never more decisions than are allowed, no state left behind a final one, progress within bounds."""
    limits = SessionSettings(match_tries=tries, max_auth_attempts=most)
    state, now, judged, answers = rules.begin(terms(rules=limits, active_s=30.0)), 0.0, 0, list(answers)
    history: dict[int, int] = {}
    for n, frame in enumerate(frames, 1):
        now += frame.pop("gap")
        history[frame["track"]] = history.get(frame["track"], 0) + 1
        before = state
        step = rules.advance(state, seen(n, time=now, frames=history[frame["track"]], **frame), now)
        state = step.state
        if before.status is not SessionStatus.ACTIVE:
            assert step.state is before
            assert not step.effects
        for effect in step.effects:
            judged += 1
            if isinstance(effect, Judge):
                assert state.live
                assert len(effect.samples) >= 2
                assert {sample.track for sample in effect.samples.samples} == {state.evidence.track}
                assert all(sample.quality >= 0.6 for sample in effect.samples.samples)
                state = rules.decided(state, bool(answers and answers.pop()), "no_match", now).state
            else:
                assert isinstance(effect, Refuse)
                assert state.status is SessionStatus.FAILED
        assert 0.0 <= progress(state) <= 1.0
        assert bool(instruction(state)) is (state.status is SessionStatus.ACTIVE)
        assert now - (state.first_frame or 0.0) < 30.0 or state.status is not SessionStatus.ACTIVE
    assert judged <= min(tries, most)
    assert state.decisions == judged


@settings(max_examples=100, deadline=None)
@given(frames=FRAMES, target=st.integers(1, 6), most=st.integers(1, 12))
def test_whatever_comes_nobody_is_enrolled_without_life_and_samples_of_one_track(seen, frames, target, most):
    limits = SessionSettings(max_enrollment_attempts=most)
    state, now = rules.begin(enrolment(target_samples=target, rules=limits, active_s=30.0)), 0.0
    history: dict[int, int] = {}
    for n, frame in enumerate(frames, 1):
        now += frame.pop("gap")
        history[frame["track"]] = history.get(frame["track"], 0) + 1
        step = rules.advance(state, seen(n, time=now, frames=history[frame["track"]], **frame), now)
        state = step.state
        assert state.tried <= most
        for effect in step.effects:
            assert isinstance(effect, Enroll)
            assert state.live
            assert len(effect.samples) == target
            assert {sample.track for sample in effect.samples.samples} == {state.evidence.track}
            state = rules.enrolled(state).state


@pytest.mark.parametrize(
    ("covered", "asked"),
    [
        (("nose_mouth",), "uncover_mouth"),
        (("eyes",), "remove_sunglasses"),
        (("forehead",), "lift_hat"),
        (("forehead", "eyes"), "remove_sunglasses"),
        (("forehead", "eyes", "nose_mouth"), "uncover_mouth"),
        ((), "uncover_mouth"),
        (("chin",), "uncover_mouth"),
    ],
)
def test_a_covered_face_is_asked_to_take_off_what_covers_it(seen, covered, asked):
    measures = tuple(Measure(region, 0.9, 0.2, COVERED) for region in covered)
    frame = msgspec.structs.replace(seen(1, person=None, condition=COVERED), quality=Quality(0.2, measures))
    state, effects = run(rules.begin(terms()), [frame])
    assert (state.condition, instruction(state), effects) == (COVERED, asked, [])
    free, _ = run(state, [seen(2, time=0.1)], 0.1)
    assert (free.condition, free.covered) == ("", ())
