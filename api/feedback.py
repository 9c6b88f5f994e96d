"""What a session tells whoever feeds it after each frame: instruction, progress, numbers. Pure; not the form on the wire."""

from collections.abc import Collection
from dataclasses import dataclass

from api.records import Attempt, SessionKind, SessionRow, SessionStatus
from api.session_state import FEWEST_SAMPLES, State
from inference.observation import COVERED, Observation

_FOR_CONDITION = {
    "no_face_detected": "step_closer",
    "multiple_faces": "step_closer",
    "face_too_small": "move_closer",
    "face_not_centered": "look_straight",
    "too_dark": "more_light",
    "too_bright": "move_back",
    "poor_image_quality": "hold_still",
}
_FOR_REGION = {"nose_mouth": "uncover_mouth", "eyes": "remove_sunglasses", "forehead": "lift_hat"}
"""Asked one after the other, in this order, where several regions of a face are covered."""
_ASKED_THROUGH = frozenset({"", "face_not_centered", "poor_image_quality", "face_covered"})
"""Conditions in which a challenge's step is still asked: turning the head brings them about."""
_POSES = ("look_straight", "turn_left", "turn_right", "move_closer")
"""Asked in turn during an enrolment: varied samples are worth more than many."""


@dataclass(frozen=True, slots=True)
class Liveness:
    """What the present track has shown since the session began."""

    frames: int = 0
    blinks: int = 0
    motion: float = 0.0
    passed: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """The answer to one frame, or to a question for the status."""

    token: str
    kind: SessionKind
    status: SessionStatus
    user_id: str | None
    """The user being enrolled, claimed in 1:1, or, after a match, recognised."""
    outcome: str = ""
    """Why a session that is over failed, as an error code."""
    condition: str = ""
    """Why this frame was no use, as an error code; empty when it was of use."""
    instruction: str = ""
    """What to ask of the person; empty once the session is over."""
    progress: float = 0.0
    liveness: Liveness = Liveness()
    completed_samples: int = 0
    target_samples: int = 0
    quality: float | None = None
    """Quality of this frame's face, 0..1."""
    attempt: Attempt | None = None
    """The decision that this frame brought about; its row is committed."""
    confidence: float | None = None
    """Of a completed authentication."""
    enrollment_id: str | None = None
    liveness_verified: bool | None = None


def instruction(state: State) -> str:
    """What to ask of the person now, in the wire contract's words."""
    if state.status is not SessionStatus.ACTIVE:
        return ""
    asked = state.inquiry.challenge
    if asked is not None and not asked.over and state.condition in _ASKED_THROUGH:
        return asked.instruction
    if state.condition:
        return remedy(state.condition, state.covered)
    terms, samples = state.terms, len(state.evidence.pool)
    if terms.kind is SessionKind.ENROLLMENT and samples < terms.target_samples:
        return _POSES[samples % len(_POSES)]
    return _for_liveness(state) if terms.require_liveness and not state.live else "hold_still"


def remedy(condition: str, covered: Collection[str] = ()) -> str:
    """What to ask of a person because of a condition, and of the covered regions of the face."""
    if condition == COVERED:
        return next((asked for region, asked in _FOR_REGION.items() if region in covered), "uncover_mouth")
    return _FOR_CONDITION.get(condition, "look_straight")


def explains(condition: str, instruction: str) -> bool:
    """Whether the condition is why the instruction is given; while a challenge is asked through it, it is not."""
    return instruction in _FOR_REGION.values() if condition == COVERED else instruction == remedy(condition)


def _for_liveness(state: State) -> str:
    if not state.terms.demands.policy.gestures:
        return "look_straight"
    rules, evidence = state.terms.rules, state.evidence
    if evidence.blinks < rules.face_min_liveness_blinks:
        return "close_eyes" if evidence.slow else "blink"
    return "turn_left" if evidence.motion < rules.face_min_liveness_motion else "look_straight"


def progress(state: State) -> float:
    """How far the session is, 0..1; it falls when another face takes the place of the first."""
    if state.status is SessionStatus.COMPLETED:
        return 1.0
    terms = state.terms
    wanted = terms.target_samples if terms.kind is SessionKind.ENROLLMENT else FEWEST_SAMPLES
    samples = min(1.0, len(state.evidence.pool) / wanted)
    if not terms.require_liveness:
        return min(0.99, samples)
    return round(min(0.99, 0.5 * samples + 0.5 * _liveness_share(state)), 3)


def _liveness_share(state: State) -> float:
    rules, evidence = state.terms.rules, state.evidence
    if state.live:
        return 1.0
    asked = state.inquiry.challenge
    if not state.terms.demands.policy.gestures:
        return 0.0 if asked is None else asked.done / len(asked.steps)
    parts = [min(1.0, evidence.frames / rules.face_min_liveness_frames)]
    if rules.face_min_liveness_blinks:
        parts.append(min(1.0, evidence.blinks / rules.face_min_liveness_blinks))
    if rules.face_min_liveness_motion:
        parts.append(min(1.0, evidence.motion / rules.face_min_liveness_motion))
    return sum(parts) / len(parts)


def liveness(state: State) -> Liveness:
    """The liveness numbers of the present track."""
    evidence = state.evidence
    return Liveness(evidence.frames, evidence.blinks, evidence.motion, state.live)


def feedback(row: SessionRow, state: State, observation: Observation | None, attempt: Attempt | None) -> Feedback:
    """The answer after a frame, or without one."""
    result = row.metadata.get("result", {})
    enrolling = row.kind is SessionKind.ENROLLMENT
    quality = None if observation is None or observation.quality is None else observation.quality.score
    return Feedback(
        token=row.token,
        kind=row.kind,
        status=row.status,
        user_id=row.user_id,
        outcome=row.outcome,
        condition="" if observation is None else state.condition,
        instruction=instruction(state),
        progress=progress(state),
        liveness=liveness(state),
        completed_samples=_completed(state) if enrolling else 0,
        target_samples=state.terms.target_samples if enrolling else 0,
        quality=quality,
        attempt=attempt,
        confidence=result.get("confidence"),
        enrollment_id=result.get("enrollment_id"),
        liveness_verified=result.get("liveness_verified"),
    )


def _completed(state: State) -> int:
    return state.terms.target_samples if state.status is SessionStatus.COMPLETED else len(state.evidence.pool)
