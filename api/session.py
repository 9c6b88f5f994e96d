"""The rules of enrolment and authentication as a pure state machine: observations and times in, new state and effects out.

An authentication ends with its first success, or when a failure is final: no match after `match_tries` decisions, or
liveness not shown in the time there was. Decisions count against MAX_AUTH_ATTEMPTS, samples tried against
MAX_ENROLLMENT_ATTEMPTS; frames that cannot be used, or only feed liveness, count nothing and are bounded by time alone.
Liveness and recognition come from one and the same track: another track starts both from nothing.
"""

from dataclasses import dataclass, replace

from api.evidence import Evidence, sample_of
from api.records import SessionKind, SessionStatus
from api.settings import SessionSettings
from inference.observation import COVERED, Observation
from inference.probe import SamplePool

FEWEST_SAMPLES = 2
"""Frames of one track that must agree before anybody is recognised."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed when the session was made; nothing changes it."""

    kind: SessionKind
    claimed: str | None
    """The user to enrol, or the one claimed in 1:1; None: 1:N."""
    require_liveness: bool
    expires: float
    """Boot-time seconds."""
    active_s: float
    """Seconds from the first frame to the end."""
    rules: SessionSettings
    min_confidence: float = 0.0
    target_samples: int = 5
    check_quality: bool = True
    same_face: float = -1.0
    """Cosine from which two samples are taken for one person's, where samples of several tracks are mixed."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Effect: match the samples, write the attempt, then tell `decided`."""

    samples: SamplePool
    claimed: str | None
    min_confidence: float
    liveness_passed: bool


@dataclass(frozen=True, slots=True)
class Refuse:
    """Effect: write an attempt that failed without a match, for `reason`. The state has its outcome already."""

    reason: str
    liveness_passed: bool


@dataclass(frozen=True, slots=True)
class Enroll:
    """Effect: store the enrolment, then tell `enrolled`."""

    samples: SamplePool
    liveness_verified: bool


Effect = Judge | Refuse | Enroll


@dataclass(frozen=True, slots=True)
class State:
    """A session between two frames."""

    terms: Terms
    evidence: Evidence
    status: SessionStatus = SessionStatus.ACTIVE
    outcome: str = ""
    """Why it failed or ended, as an error code; empty while active and when completed."""
    first_frame: float | None = None
    faces_seen: bool = False
    """Whether any frame had a usable face."""
    decisions: int = 0
    tried: int = 0
    condition: str = ""
    """Why the last frame was no use."""
    covered: tuple[str, ...] = ()
    """Regions of the face that something covers in the last frame, where that is why."""
    pending: bool = False
    """An effect is being carried out: until it is told, frames only feed evidence."""

    @property
    def live(self) -> bool:
        """Whether the present track has passed liveness."""
        return self.evidence.live_at is not None


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one input."""

    state: State
    effects: tuple[Effect, ...] = ()


def begin(terms: Terms) -> State:
    """A session before its first frame."""
    capacity = terms.target_samples if terms.kind is SessionKind.ENROLLMENT else terms.rules.match_samples
    return State(terms, Evidence(pool=SamplePool(capacity)))


def advance(state: State, observation: Observation, now: float) -> Step:
    """One more frame.

    Args:
        state: the session before it.
        observation: what vision saw.
        now: boot-time seconds; it never goes back.
    """
    over = expire(state, now)
    if over.state.status is not SessionStatus.ACTIVE:
        return over
    began = now if state.first_frame is None else state.first_frame
    condition = _condition(state, observation)
    covered = observation.covered if condition == COVERED else ()
    state = replace(state, first_frame=began, evidence=_seen(state, observation), condition=condition, covered=covered)
    if not state.condition:
        state = replace(state, faces_seen=True)
    state = _with_liveness(state, now)
    if state.pending:
        return Step(state)
    if state.terms.kind is SessionKind.ENROLLMENT:
        return _enrolling(_sampled_for_enrolment(state, observation))
    return _authenticating(_sampled_for_match(state, observation), now)


def expire(state: State, now: float) -> Step:
    """The state at `now` without a frame: the same, or over because its time is."""
    if state.status is not SessionStatus.ACTIVE or state.pending:
        return Step(state)
    if now < min(state.terms.expires, _deadline(state)):
        return Step(state)
    if state.terms.kind is SessionKind.AUTHENTICATION:
        return _authentication_over(state)
    full = len(state.evidence.pool) >= state.terms.target_samples
    return Step(_failed(state, "liveness_failed") if full and not state.live else _expired(state))


def decided(state: State, success: bool, reason: str, now: float, *, final: bool = False) -> Step:
    """The answer to `Judge`, its attempt written.

    A failure is final when it is said to be, or no tries are left; else the next one waits for new samples of the same track.
    """
    state = replace(state, pending=False, decisions=state.decisions + 1)
    if success:
        return Step(replace(state, status=SessionStatus.COMPLETED, outcome=""))
    rules = state.terms.rules
    if final or reason != "no_match" or state.decisions >= min(rules.match_tries, rules.max_auth_attempts):
        return Step(_failed(state, reason))
    evidence = replace(state.evidence, pool=SamplePool(rules.match_samples), live_at=now if state.live else None)
    return Step(replace(state, evidence=evidence))


def enrolled(state: State, refusal: str = "") -> Step:
    """The answer to `Enroll`: stored, or refused for a reason."""
    state = replace(state, pending=False)
    return Step(_failed(state, refusal) if refusal else replace(state, status=SessionStatus.COMPLETED))


def cancelled(state: State) -> Step:
    """The session as its owner ends it; one that is over stays as it is."""
    if state.status is not SessionStatus.ACTIVE:
        return Step(state)
    return Step(replace(state, status=SessionStatus.CANCELLED, outcome="", pending=False))


def _deadline(state: State) -> float:
    return float("inf") if state.first_frame is None else state.first_frame + state.terms.active_s


def _failed(state: State, outcome: str) -> State:
    return replace(state, status=SessionStatus.FAILED, outcome=outcome)


def _expired(state: State) -> State:
    return replace(state, status=SessionStatus.EXPIRED, outcome="session_expired")


def _authentication_over(state: State) -> Step:
    """Time is over: a face that never showed life is a decision of its own; an earlier no-match is final now."""
    if state.decisions:
        return Step(_failed(state, "no_match"))
    if state.faces_seen and state.terms.require_liveness and not state.live:
        failed = replace(_failed(state, "liveness_failed"), decisions=1)
        return Step(failed, (Refuse("liveness_failed", liveness_passed=False),))
    return Step(_expired(state))


def _condition(state: State, observation: Observation) -> str:
    if observation.condition:
        return observation.condition
    if observation.track == 0:
        return "no_face_detected"
    checked = state.terms.check_quality or state.terms.kind is SessionKind.AUTHENTICATION
    quality = observation.quality
    if checked and quality is not None and quality.score < state.terms.rules.face_min_quality_score:
        return quality.reason or "poor_image_quality"
    return ""


def _seen(state: State, observation: Observation) -> Evidence:
    """Evidence with this frame. Where liveness is waived an enrolment's samples may come from several tracks: photos, say."""
    before, after = state.evidence, state.evidence.seen(observation)
    mixes = state.terms.kind is SessionKind.ENROLLMENT and not state.terms.require_liveness
    if mixes and after.track != before.track:
        return replace(after, pool=before.pool, sampled_at=before.sampled_at)
    return after


def _with_liveness(state: State, now: float) -> State:
    rules, evidence = state.terms.rules, state.evidence
    passed = (
        evidence.frames >= rules.face_min_liveness_frames
        and evidence.blinks >= rules.face_min_liveness_blinks
        and evidence.motion >= rules.face_min_liveness_motion
    )
    if passed and evidence.live_at is None:
        return replace(state, evidence=replace(evidence, live_at=now))
    return state


def _sampled_for_match(state: State, observation: Observation) -> State:
    sample = None if state.condition else sample_of(observation)
    return state if sample is None else replace(state, evidence=state.evidence.offered(sample))


def _authenticating(state: State, now: float) -> Step:
    """Judge once life was shown and the samples are there, or when waiting longer would not be worth it."""
    terms, evidence = state.terms, state.evidence
    if len(evidence.pool) < FEWEST_SAMPLES or (terms.require_liveness and not state.live):
        return Step(state)
    since = evidence.live_at if state.live and evidence.live_at is not None else evidence.since
    if len(evidence.pool) < terms.rules.match_samples and now - since < terms.rules.match_wait_s:
        return Step(state)
    judge = Judge(evidence.pool, terms.claimed, terms.min_confidence, state.live)
    return Step(replace(state, pending=True), (judge,))


def _sampled_for_enrolment(state: State, observation: Observation) -> State:
    terms, evidence = state.terms, state.evidence
    spacing = terms.rules.sample_spacing_s if terms.require_liveness else 0.0
    too_soon = evidence.sampled_at is not None and observation.time - evidence.sampled_at < spacing
    if state.condition or too_soon or state.tried >= terms.rules.max_enrollment_attempts:
        return state
    sample = sample_of(observation)
    if sample is None:
        return state
    state = replace(state, tried=state.tried + 1)
    if len(evidence.pool) and float(evidence.pool.mean() @ sample.embedding) < terms.same_face:
        return replace(state, condition="multiple_faces", evidence=replace(evidence, sampled_at=observation.time))
    return replace(state, evidence=evidence.offered(sample))


def _enrolling(state: State) -> Step:
    """Complete once the samples are there and life was shown; a full pool that still waits for life goes on improving."""
    terms, pool = state.terms, state.evidence.pool
    if len(pool) < terms.target_samples:
        if state.tried >= terms.rules.max_enrollment_attempts:
            return Step(_failed(state, "too_many_attempts"))
        return Step(state)
    if terms.require_liveness and not state.live:
        return Step(state)
    return Step(replace(state, pending=True), (Enroll(pool, liveness_verified=state.live),))
