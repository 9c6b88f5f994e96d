"""Liveness policies over the session's rules: what each demands, that alarms and doubts refuse, how a challenge goes."""

import random
from dataclasses import dataclass, field, replace

import msgspec
import pytest

from api import session as rules
from api.feedback import instruction
from api.inquiry import Demands, Known
from api.records import SessionKind, SessionStatus
from api.session_state import Enroll, Identify, Judge, Refuse
from inference.liveness.challenge import Move
from inference.liveness.passive import Bands
from inference.liveness.policy import POLICIES, Level
from inference.observation import Pose, Turn
from tests.api.session_runs import terms

BANDS = Bands(live_from=0.7, attack_below=0.3, threshold=0.5)
STEP_S = 0.05
ANN = Known("ann")


@dataclass
class Person:
    """Somebody in front of the camera: does what is asked after .4 s, unless told otherwise."""

    passive: float | None = 0.95
    obeys: bool = True
    alarms: tuple[str, ...] = ()
    solid: bool | None = True
    acts: list[tuple[str, float, float]] = field(default_factory=list)
    track_of: int = 1
    person: int = 1

    def ask(self, move: str, now: float) -> None:
        if self.obeys and move in set(Move):
            self.acts.append((move, now + 0.4, now + 0.4 + (1.4 if move == "close_eyes" else 0.8)))

    def frame(self, seen, n: int, now: float):
        yaw, closed, turns = 0.0, 0.0, []
        for move, begin, end in self.acts:
            if begin <= now < end:
                yaw += {"turn_left": 28.0, "turn_right": -28.0}.get(move, 0.0)
                closed = max(closed, now - begin if move in ("close_eyes", "blink") else 0.0)
            if move.startswith("turn") and now >= end:
                turns.append(Turn(28.0 if move == "turn_left" else -28.0, end - 0.1, 0.1, 0.25, None, None, self.solid))
        plain = seen(n, time=now, track=self.track_of, person=None if abs(yaw) > 20 or closed else self.person)
        shown = msgspec.structs.replace(
            plain.liveness, passive=self.passive, alarms=self.alarms, closed_s=closed, eyes_closed=closed > 0, turns=tuple(turns)
        )
        return msgspec.structs.replace(plain, liveness=shown, pose=Pose(yaw, n % 3, 0.0))


def test_who_needs_more_time_has_it_from_when_the_person_is_known():
    state = rules.begin(terms(active_s=8.0))
    known = rules.identified(replace(state, first_frame=0.0), Known("ann", times=2.0)).state
    assert rules.expire(known, 15.9).state.status is SessionStatus.ACTIVE
    assert rules.expire(known, 16.0).state.status is not SessionStatus.ACTIVE


class Run:
    """A session under a policy, fed until it is over or a decision is asked for."""

    def __init__(self, seen, level, person, *, known=ANN, seconds=40.0, at=None, **named):
        kind = named.pop("kind", SessionKind.AUTHENTICATION)
        demands = Demands(POLICIES[level], BANDS, doubts=named.pop("doubts", ()), chance=random.Random(named.pop("seed", 5)))
        claimed = "ann" if kind is SessionKind.ENROLLMENT else None
        self.state = rules.begin(terms(kind, demands=demands, active_s=8.0, same_face=0.3, claimed=claimed, **named))
        self.effects, self.asked, self.now = [], [], 0.0
        told = ""
        for n in range(1, int(seconds / STEP_S)):
            self.now = n * STEP_S
            if at is not None:
                at(self, person)
            step = rules.advance(self.state, person.frame(seen, n, self.now), self.now)
            self.state = step.state
            self.effects += step.effects
            if any(isinstance(effect, Identify) for effect in step.effects):
                self.state = rules.identified(self.state, known).state
            if step.effects and not isinstance(step.effects[-1], Identify):
                break
            if self.state.status is not SessionStatus.ACTIVE:
                break
            if (asking := instruction(self.state)) != told:
                told = asking
                self.asked += [asking] if asking in set(Move) else []
                person.ask(asking, self.now)

    @property
    def last(self):
        return self.effects[-1] if self.effects else None


@pytest.mark.parametrize("level", [Level.PASSIVE, Level.ADAPTIVE])
def test_a_live_face_is_judged_within_a_second_and_asked_for_nothing(seen, level):
    run = Run(seen, level, Person(obeys=False))
    assert isinstance(run.last, Judge)
    assert run.last.liveness_passed
    assert run.now < 1.0
    assert not run.asked


@pytest.mark.parametrize("seed", range(4))
def test_strict_asks_everybody_and_lets_on_who_does_it(seen, seed):
    run = Run(seen, Level.STRICT, Person(), seed=seed)
    assert isinstance(run.last, Judge)
    assert 2 <= len(run.asked) <= 3
    assert run.last.asked.challenged
    # The decision is of samples from after the challenge began.
    began = run.state.inquiry.challenge.began
    assert all(sample.time > began for sample in run.last.samples.samples)


@pytest.mark.parametrize("level", [Level.PASSIVE, Level.ADAPTIVE, Level.STRICT])
@pytest.mark.parametrize(
    "person",
    [
        {"passive": 0.1},
        {"passive": None},
        {"alarms": ("looped_stream",)},
        {"alarms": ("frames_seen_before", "still_picture")},
    ],
    ids=str,
)
def test_attacks_alarms_and_a_network_that_says_nothing_pass_nowhere(seen, level, person):
    run = Run(seen, level, Person(**person))
    assert not any(isinstance(effect, Judge) for effect in run.effects)
    assert (run.state.status, run.state.outcome) == (SessionStatus.FAILED, "liveness_failed")
    assert isinstance(run.last, Refuse)
    assert run.state.judgement.detail()["reason"]


def test_basic_asks_for_none_of_it(seen):
    blinks = Person(passive=0.0, alarms=("looped_stream",), obeys=False)
    plain = blinks.frame
    blinks.frame = lambda seen, n, now: msgspec.structs.replace(
        plain(seen, n, now), liveness=msgspec.structs.replace(plain(seen, n, now).liveness, blinks=n // 10)
    )
    assert isinstance(Run(seen, Level.BASIC, blinks).last, Judge)


@pytest.mark.parametrize(
    ("named", "person"),
    [
        ({"doubts": ("after_refusal",)}, {}),
        ({"doubts": ("outside_hours",)}, {}),
        ({"known": Known("ann", doubts=("group",))}, {}),
        ({}, {"passive": 0.5}),
    ],
    ids=str,
)
def test_adaptive_asks_in_doubt(seen, named, person):
    obeying = Run(seen, Level.ADAPTIVE, Person(**person), **named)
    assert isinstance(obeying.last, Judge)
    assert obeying.last.asked.challenged
    assert obeying.asked
    still = Run(seen, Level.ADAPTIVE, Person(obeys=False, **person), **named)
    assert isinstance(still.last, Refuse)
    # One retry, which asks for something else first than what was not done.
    assert len(still.asked) == 2
    assert still.asked[0] != still.asked[1]
    assert still.state.inquiry.tries == 2


def test_grey_is_no_pass_where_nothing_can_be_asked(seen):
    assert isinstance(Run(seen, Level.PASSIVE, Person(passive=0.45)).last, Refuse)


def test_a_turn_of_a_flat_picture_fails_strict_and_its_retry(seen):
    run = Run(seen, Level.STRICT, Person(solid=False))
    assert isinstance(run.last, Refuse)
    assert any(failure.endswith("_flat") for failure in run.state.inquiry.failures)


def test_a_stranger_is_asked_for_as_much_as_anybody(seen):
    stranger, ann = (Run(seen, Level.STRICT, Person(), known=known, seed=3) for known in (Known(), Known("ann")))
    assert stranger.asked == ann.asked
    assert isinstance(stranger.last, Judge)
    assert stranger.last.asked.user_id is None


@pytest.mark.parametrize(
    ("cannot", "never"),
    [(("turn",), {"turn_left", "turn_right"}), (("close_eyes",), {"close_eyes", "blink"}), (("turn", "close_eyes"), set(Move))],
)
def test_what_a_person_cannot_do_is_not_asked_and_must_be_made_up_for(seen, cannot, never):
    run = Run(seen, Level.STRICT, Person(), known=Known("ann", cannot))
    assert isinstance(run.last, Judge)
    assert not never.intersection(run.asked)
    assert run.last.asked.left_out == cannot


def test_another_face_in_the_middle_of_a_challenge_starts_anew_and_is_an_alarm(seen):
    def swap(run, person):
        if run.asked and person.track_of == 1:
            person.track_of, person.person = 2, 9

    run = Run(seen, Level.STRICT, Person(), at=swap)
    assert isinstance(run.last, Refuse)
    assert "identity_changed" in run.state.evidence.alarms


def test_a_lost_track_of_the_same_person_is_a_try(seen):
    def lose(run, person):
        if run.asked and person.track_of == 1:
            person.track_of = 2

    run = Run(seen, Level.STRICT, Person(), at=lose)
    assert isinstance(run.last, Judge)
    assert run.state.inquiry.failures == ("another_track",)


def test_time_that_goes_back_is_an_alarm(seen):
    state = rules.begin(terms(demands=Demands(POLICIES[Level.PASSIVE], BANDS)))
    person = Person()
    for n, now in enumerate((0.1, 0.2, 0.15), 1):
        state = rules.advance(state, person.frame(seen, n, now), n * 0.1).state
    assert state.outcome == "liveness_failed"
    assert state.evidence.alarms == {"unordered_frames"}


def test_frames_that_the_network_did_not_look_at_are_not_recognised_from(seen):
    run = Run(seen, Level.PASSIVE, Person(passive=None), seconds=2.0)
    assert not len(run.state.evidence.pool)


def test_an_enrolment_takes_what_a_level_looks_at_and_asks_for_no_challenge(seen):
    from dataclasses import replace

    from api.demanding import _unasked

    assert _unasked(POLICIES[Level.STRICT]) == replace(POLICIES[Level.PASSIVE], name="strict")
    run = Run(seen, Level.PASSIVE, Person(), kind=SessionKind.ENROLLMENT)
    assert isinstance(run.last, Enroll)
    assert run.last.liveness_verified
    refused = Run(seen, Level.PASSIVE, Person(alarms=("still_picture",)), kind=SessionKind.ENROLLMENT)
    assert refused.state.outcome == "liveness_failed"
