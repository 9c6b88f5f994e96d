"""When a visit begins, goes on and ends at the kiosk, as a pure state machine. Judging faces is the session's business."""

from dataclasses import dataclass, field, replace
from enum import Enum, auto

from device.cooldown import Cooldown
from device.settings import KioskSettings
from inference.observation import Observation

UNKNOWN = frozenset({"no_match", "liveness_failed", "too_many_attempts"})
"""Reasons of refusal that name nobody: only these lengthen the pause."""

TOO_FAR = frozenset({"face_too_small"})
"""Conditions of a face that is only passing by."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit under way. Times are boot-time seconds."""

    visit_id: str
    token: str
    """Of its session."""
    began: float
    face_at: float
    attempts: tuple[str, ...] = ()
    failure: str = ""
    """Reason of the last decision, where that was a failure."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a visit ended: `granted`, `refused` or `abandoned`, and why."""

    outcome: str
    reason: str
    user_id: str | None = None
    confidence: float | None = None

    @property
    def unknown(self) -> bool:
        """Whether it is a failure of an unknown face."""
        return self.outcome == "refused" and self.user_id is None and self.reason in UNKNOWN


class Do(Enum):
    """What follows from a frame."""

    NOTHING = auto()
    BEGIN = auto()
    FEED = auto()
    LEAVE = auto()
    """The person has gone; the visit is over without a decision."""


@dataclass(frozen=True, slots=True)
class State:
    """The kiosk between two frames."""

    cooldown: Cooldown = field(default_factory=Cooldown)
    visit: Visit | None = None
    shown_until: float = 0.0
    """Until when the last outcome stays on the screen; no visit begins before."""
    let_in: int = 0
    """Track of whoever was let in last, as long as that face stays: one visit, one grant."""
    track: int = 0

    def began(self, visit_id: str, token: str, now: float) -> "State":
        """A session was made for the face in front."""
        return replace(self, visit=Visit(visit_id, token, now, now))

    def decided(self, attempt_id: str, failure: str) -> "State":
        """The session wrote an attempt."""
        if self.visit is None:
            return self
        visit = replace(self.visit, attempts=(*self.visit.attempts, attempt_id), failure=failure)
        return replace(self, visit=visit)

    def ended(self, outcome: Outcome, now: float, rules: KioskSettings) -> "State":
        """The visit is over; its row is written."""
        if outcome.outcome == "abandoned":
            return replace(self, visit=None)
        cooldown, let_in = self.cooldown, 0
        if outcome.outcome == "granted":
            cooldown, let_in = cooldown.granted(now), self.track
        elif outcome.unknown:
            cooldown = cooldown.failed(now, rules)
        return State(cooldown, None, now + rules.result_s, let_in, self.track)


def seen(state: State, observation: Observation, now: float, rules: KioskSettings) -> tuple[State, Do]:
    """One more frame, at `now` (boot-time seconds): the new state, and what to do."""
    track = observation.track
    state = replace(
        state,
        cooldown=state.cooldown.looked(bool(observation.faces), now, rules),
        track=track or state.track,
        let_in=state.let_in if observation.faces and track in (0, state.let_in) else 0,
    )
    if state.visit is None:
        return state, Do.BEGIN if _may_begin(state, observation, now) else Do.NOTHING
    if track:
        return replace(state, visit=replace(state.visit, face_at=now)), Do.FEED
    return state, Do.LEAVE if now - state.visit.face_at > rules.leave_s else Do.FEED


def _may_begin(state: State, observation: Observation, now: float) -> bool:
    waited = now >= state.shown_until and not state.cooldown.left(now)
    newcomer = observation.track not in (0, state.let_in)
    return waited and newcomer and observation.condition not in TOO_FAR


def abandoned(visit: Visit, reason: str) -> Outcome:
    """How a visit ends that is broken off: refused where a decision was made already, else abandoned for `reason`."""
    return Outcome("refused", visit.failure) if visit.failure else Outcome("abandoned", reason)
