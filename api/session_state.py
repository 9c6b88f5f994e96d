"""What a session of the rules is made of: its terms, its state between two frames, and the effects that a step asks for.

Plain values. What follows from what is `api.session`'s business, and what is asked of a person `api.inquiry`'s.
"""

from dataclasses import dataclass, field

from api.evidence import Evidence
from api.inquiry import Asked, Demands, Inquiry
from api.records import SessionKind, SessionStatus
from api.settings import SessionSettings
from inference.liveness.fusion import Judgement
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
    """Cosine from which two samples are taken for one person's, where those of several tracks meet in one session."""
    demands: Demands = field(default_factory=Demands)
    """What liveness is."""


@dataclass(frozen=True, slots=True)
class Identify:
    """Effect: see whose face the samples may be, without a word to anybody or a row, then tell `identified`."""

    samples: SamplePool
    claimed: str | None
    min_confidence: float


@dataclass(frozen=True, slots=True)
class Judge:
    """Effect: match the samples, write the attempt, then tell `decided`."""

    samples: SamplePool
    claimed: str | None
    min_confidence: float
    liveness_passed: bool
    asked: Asked = field(default_factory=Asked)
    """Whom the session took the person for, and what it asked therefore."""


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


Effect = Identify | Judge | Refuse | Enroll


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
    inquiry: Inquiry = field(default_factory=Inquiry)
    """What is asked of whoever it may be."""
    judgement: Judgement | None = None
    """Liveness as of the last frame."""
    more_s: float = 0.0
    """Seconds beside it for somebody who needs more time."""
    extra_s: float = 0.0
    """Seconds of time beyond `active_s`, for challenges."""
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
