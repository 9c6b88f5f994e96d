"""The rules of enrolment and authentication as a pure state machine: observations and times in, new state and effects out.

An authentication ends with its first success, or when a failure is final: no match after `match_tries` decisions, or
liveness not shown in the time there was. Decisions count against MAX_AUTH_ATTEMPTS, samples tried against
MAX_ENROLLMENT_ATTEMPTS; frames that cannot be used, or only feed liveness, count nothing and are bounded by time alone.
Liveness and recognition come from the same frames of one and the same track: another track starts both from nothing.
"""

from dataclasses import replace

from api import inquiry
from api.evidence import Evidence, sample_of
from api.inquiry import Known
from api.records import SessionKind, SessionStatus
from api.session_state import FEWEST_SAMPLES, Enroll, Identify, Judge, Refuse, State, Step, Terms
from inference.liveness.fusion import Verdict
from inference.liveness.passive import Windows
from inference.observation import COVERED, Observation
from inference.probe import Sample, SamplePool


def begin(terms: Terms) -> State:
    """A session before its first frame."""
    capacity = terms.target_samples if terms.kind is SessionKind.ENROLLMENT else terms.rules.match_samples
    return State(terms, Evidence(pool=SamplePool(capacity), windows=Windows(terms.demands.window)))


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
        state = replace(state, faces_seen=True, evidence=state.evidence.scored(observation))
    state = _with_liveness(_answered(state, observation, now), now)
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


def identified(state: State, known: Known) -> Step:
    """The answer to `Identify`: whom the samples may show, what may be asked of them, and how much time they have."""
    more = state.terms.active_s * (known.times - 1)
    inquiring = replace(state.inquiry, known=known)
    return Step(replace(state, pending=False, inquiry=inquiring, more_s=more))


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
    # What was done for a challenge stays done; who it is must be seen anew.
    asked = state.inquiry if state.inquiry.asked().challenged else replace(state.inquiry, known=None)
    return Step(replace(state, evidence=evidence, inquiry=asked))


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
    return float("inf") if state.first_frame is None else state.first_frame + state.terms.active_s + state.extra_s + state.more_s


def _failed(state: State, outcome: str) -> State:
    return replace(state, status=SessionStatus.FAILED, outcome=outcome)


def _expired(state: State) -> State:
    return replace(state, status=SessionStatus.EXPIRED, outcome="session_expired")


def _authentication_over(state: State) -> Step:
    """Time is over: a face that never showed life is a decision of its own; an earlier no-match is final now."""
    if state.decisions:
        return Step(_failed(state, "no_match"))
    if state.faces_seen and state.terms.require_liveness and not state.live:
        return _not_live(state)
    return Step(_expired(state))


def _not_live(state: State) -> Step:
    """Liveness has failed: a decision of its own."""
    failed = replace(_failed(state, "liveness_failed"), decisions=state.decisions + 1)
    return Step(failed, (Refuse("liveness_failed", liveness_passed=False),))


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


def _answered(state: State, observation: Observation, now: float) -> State:
    """With what the frame answers to a challenge; a retry has its time on top."""
    asked = inquiry.followed(state.terms.demands, state.inquiry, state.evidence, observation, now)
    return _asking(state, asked) if asked.tries > state.inquiry.tries else replace(state, inquiry=asked)


def _asking(state: State, asked: inquiry.Inquiry) -> State:
    """A challenge begins. The decision is made of samples from then on, so that face and answers come from the same frames."""
    pool = state.evidence.pool
    before = pool.mean() if len(pool) else state.evidence.before
    evidence = replace(state.evidence, pool=SamplePool(pool.capacity), before=before)
    more = 0.0 if asked.challenge is None else asked.challenge.longest_s
    return replace(state, inquiry=asked, evidence=evidence, extra_s=state.extra_s + more)


def _with_liveness(state: State, now: float) -> State:
    judgement = inquiry.judged(state.terms.demands, state.terms.rules, state.evidence, state.inquiry)
    passed = judgement.verdict is Verdict.PASSED
    since = state.evidence.live_at if state.evidence.live_at is not None else now
    return replace(state, judgement=judgement, evidence=replace(state.evidence, live_at=since if passed else None))


def _sampled_for_match(state: State, observation: Observation) -> State:
    """With the frame's sample. Where the passive network is asked, frames that it has not seen are not recognised from."""
    seen, demands = observation.liveness, state.terms.demands
    unscored = state.terms.require_liveness and demands.policy.passive and (seen is None or seen.passive is None)
    sample = None if state.condition or unscored else sample_of(observation)
    return state if sample is None else _with_sample(state, sample)


def _with_sample(state: State, sample: Sample) -> State:
    """With one more sample; another face than the session saw before is an alarm."""
    evidence = state.evidence
    before = None if len(evidence.pool) else evidence.before
    if before is not None and float(before @ sample.embedding) < state.terms.same_face:
        evidence = evidence.alarmed("identity_changed")
    return replace(state, evidence=evidence.offered(sample))


def _authenticating(state: State, now: float) -> Step:
    """Judge once life was shown and the samples are there, or when waiting longer would not be worth it."""
    terms, evidence, judgement = state.terms, state.evidence, state.judgement
    if terms.require_liveness and judgement is not None and judgement.verdict is Verdict.FAILED:
        return _not_live(state)
    if terms.require_liveness and judgement is not None and inquiry.due(terms.demands, state.inquiry, judgement):
        asked = inquiry.challenged(terms.demands, state.inquiry, evidence, now)
        return Step(_asking(state, asked))
    if len(evidence.pool) < FEWEST_SAMPLES:
        return Step(state)
    if terms.require_liveness and inquiry.unknown(terms.demands, state.inquiry):
        return Step(replace(state, pending=True), (Identify(evidence.pool, terms.claimed, terms.min_confidence),))
    if terms.require_liveness and not state.live:
        return Step(state)
    since = evidence.live_at if state.live and evidence.live_at is not None else evidence.since
    if len(evidence.pool) < terms.rules.match_samples and now - since < terms.rules.match_wait_s:
        return Step(state)
    judge = Judge(evidence.pool, terms.claimed, terms.min_confidence, state.live, state.inquiry.asked())
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
    return _with_sample(state, sample)


def _enrolling(state: State) -> Step:
    """Complete once the samples are there and life was shown; a full pool that still waits for life goes on improving."""
    terms, pool = state.terms, state.evidence.pool
    if terms.require_liveness and state.judgement is not None and state.judgement.verdict is Verdict.FAILED:
        return Step(_failed(state, "liveness_failed"))
    if len(pool) < terms.target_samples:
        if state.tried >= terms.rules.max_enrollment_attempts:
            return Step(_failed(state, "too_many_attempts"))
        return Step(state)
    if terms.require_liveness and not state.live:
        return Step(state)
    return Step(replace(state, pending=True), (Enroll(pool, liveness_verified=state.live),))
