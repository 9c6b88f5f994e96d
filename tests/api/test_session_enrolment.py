"""The rules of an enrolment: what samples it takes, what completes it, what it waits for and what refuses it."""

from itertools import pairwise

from api import session as rules
from api.feedback import instruction, progress
from api.records import SessionStatus
from api.session_state import Enroll
from api.settings import SessionSettings
from tests.api.session_runs import blinking, enrolment, run


def test_enrolment_completes_with_spaced_samples_and_liveness(seen):
    state, effects = run(rules.begin(enrolment(target_samples=4)), blinking(seen, 40))
    (enroll,) = effects
    assert isinstance(enroll, Enroll)
    assert enroll.liveness_verified
    times = sorted(sample.time for sample in enroll.samples.samples)
    assert len(times) == 4
    assert all(later - earlier >= 0.3499 for earlier, later in pairwise(times))
    state = rules.enrolled(state).state
    assert (state.status, progress(state)) == (SessionStatus.COMPLETED, 1.0)


def test_enrolment_waits_for_liveness_and_says_so(seen):
    state, effects = run(rules.begin(enrolment(target_samples=2)), [seen(n, time=n * 0.1) for n in range(1, 100)])
    assert not effects
    assert instruction(state) == "blink"
    assert len(state.evidence.pool) == 2


def test_enrolment_without_liveness_in_time_fails(seen):
    frames = [seen(n, time=n * 0.5) for n in range(1, 140)]
    state, effects = run(rules.begin(enrolment(target_samples=2)), frames, step=0.5)
    assert not effects
    assert (state.status, state.outcome) == (SessionStatus.FAILED, "liveness_failed")


def test_enrolment_is_refused_when_the_samples_are_used_up(seen):
    limits = SessionSettings(max_enrollment_attempts=3)
    state, effects = run(rules.begin(enrolment(target_samples=5, rules=limits)), blinking(seen, 100))
    assert not effects
    assert (state.status, state.outcome, state.tried) == (SessionStatus.FAILED, "too_many_attempts", 3)


def test_a_full_pool_that_waits_for_a_blink_does_not_run_out_of_attempts(seen):
    limits = SessionSettings(max_enrollment_attempts=3)
    frames = [seen(n, time=n * 0.1, blinks=int(n >= 90)) for n in range(1, 100)]
    _, effects = run(rules.begin(enrolment(target_samples=2, rules=limits)), frames)
    assert [type(effect) for effect in effects] == [Enroll]


def test_photos_of_several_tracks_are_mixed_only_where_liveness_is_waived(seen):
    photos = [seen(n, time=n * 0.1, track=n, frames=1) for n in range(1, 6)]
    state, effects = run(rules.begin(enrolment(target_samples=4, require_liveness=False, same_face=0.3)), photos)
    (enroll,) = effects
    assert not enroll.liveness_verified
    state, effects = run(rules.begin(enrolment(target_samples=4)), photos)
    assert not effects
    assert len(state.evidence.pool) == 1


def test_photos_of_another_person_are_refused(seen):
    photos = [seen(n, time=n * 0.1, track=n, frames=1, person=1 if n < 3 else 2) for n in range(1, 8)]
    state, effects = run(rules.begin(enrolment(target_samples=4, require_liveness=False, same_face=0.3)), photos)
    assert not effects
    assert state.condition == "multiple_faces"
    assert len(state.evidence.pool) == 2


def test_a_refused_enrolment_has_its_reason(seen):
    state, _ = run(rules.begin(enrolment(target_samples=2)), blinking(seen, 40))
    state = rules.enrolled(state, "duplicate_person").state
    assert (state.status, state.outcome) == (SessionStatus.FAILED, "duplicate_person")
