"""When a visit begins, goes on and ends at the kiosk, as a pure state machine. Judging faces is the session's business."""

from dataclasses import dataclass, field, replace
from enum import Enum, auto

from api.records import Attempt
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


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody showed a PIN or a card just now: beside a matching face, until `until` (boot-time seconds), it counts."""

    user_id: str
    means: str
    attempt_id: str
    until: float
    times: float = 1.0
    """How many times longer than others the person has for everything."""


@dataclass(frozen=True, slots=True)
class Owed:
    """The face was recognised, and the visit waits for a PIN or a card of the same person as the make-up."""

    attempt: Attempt
    """The decision by the face, which is committed."""
    user_id: str
    until: float


class Do(Enum):
    """What follows from a frame."""

    NOTHING = auto()
    BEGIN = auto()
    FEED = auto()
    LEAVE = auto()
    """The person has gone; the visit is over without a decision."""
    OVERDUE = auto()
    """PIN or card did not come in time."""


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
    claim: Claim | None = None
    owed: Owed | None = None
    pad_until: float = 0.0
    """Until when somebody types at the pad; no visit begins before."""

    def began(self, visit_id: str, token: str, now: float) -> "State":
        """A session was made for the face in front."""
        shown = () if self.claim is None or now >= self.claim.until else (self.claim.attempt_id,)
        return replace(self, visit=Visit(visit_id, token, now, now, shown))

    def claimed(self, user_id: str, now: float) -> Claim | None:
        """The claim to be this person that still counts."""
        claim = self.claim
        return claim if claim is not None and claim.user_id == user_id and now < claim.until else None

    def decided(self, attempt_id: str, failure: str) -> "State":
        """The session wrote an attempt."""
        if self.visit is None:
            return self
        visit = replace(self.visit, attempts=(*self.visit.attempts, attempt_id), failure=failure)
        return replace(self, visit=visit)

    def ended(self, outcome: Outcome, now: float, rules: KioskSettings, times: float = 1.0) -> "State":
        """The visit is over; its row is written. Of somebody who needs `times` as long, the result stays so much longer."""
        if outcome.outcome == "abandoned":
            return replace(self, visit=None, owed=None)
        cooldown, let_in = self.cooldown, 0
        if outcome.outcome == "granted":
            cooldown, let_in = cooldown.granted(now), self.track
        elif outcome.unknown:
            cooldown = cooldown.failed(now, rules)
        return State(cooldown, None, now + rules.result_s * times, let_in, self.track, self.claim)


def seen(state: State, observation: Observation, now: float, rules: KioskSettings) -> tuple[State, Do]:
    """One more frame, at `now` (boot-time seconds): the new state, and what to do."""
    track = observation.track
    state = replace(
        state,
        cooldown=state.cooldown.looked(bool(observation.faces), now, rules),
        track=track or state.track,
        let_in=state.let_in if observation.faces and track in (0, state.let_in) else 0,
    )
    if state.owed is not None:
        return state, Do.OVERDUE if now > state.owed.until else Do.NOTHING
    if state.visit is None:
        return state, Do.BEGIN if _may_begin(state, observation, now) else Do.NOTHING
    if track:
        return replace(state, visit=replace(state.visit, face_at=now)), Do.FEED
    return state, Do.LEAVE if now - state.visit.face_at > rules.leave_s else Do.FEED


def _may_begin(state: State, observation: Observation, now: float) -> bool:
    waited = now >= max(state.shown_until, state.pad_until) and not state.cooldown.left(now)
    newcomer = observation.track not in (0, state.let_in)
    return waited and newcomer and observation.condition not in TOO_FAR


def abandoned(visit: Visit, reason: str) -> Outcome:
    """How a visit ends that is broken off: refused where a decision was made already, else abandoned for `reason`."""
    return Outcome("refused", visit.failure) if visit.failure else Outcome("abandoned", reason)
