"""The messages of the session socket, one model each. What they are made from is `api.wire`'s business."""

from typing import Any, ClassVar, Literal

from api.schema import Answer, LivenessData, SessionStatusName


class EnrollmentProgressMessage(Answer):
    """A frame of an enrolment was looked at."""

    type: Literal["enrollment_progress"] = "enrollment_progress"
    completed_samples: int
    target_samples: int
    quality_score: float | None
    liveness_data: LivenessData


class EnrollmentCompleteMessage(Answer):
    """The last message of an enrolment."""

    type: Literal["enrollment_complete"] = "enrollment_complete"
    enrollment_id: str | None
    completed_samples: int
    liveness_verified: bool | None


class AuthenticationProgressMessage(Answer):
    """A frame of an authentication was looked at, and nothing is decided yet."""

    type: Literal["authentication_progress"] = "authentication_progress"
    liveness_data: LivenessData
    instruction: str
    progress: float


class AuthenticationResultMessage(Answer):
    """The last message of an authentication. `reason` is there when it failed."""

    left_out: ClassVar[tuple[str, ...]] = ("reason",)

    type: Literal["authentication_result"] = "authentication_result"
    authenticated: bool
    user_id: str | None
    confidence: float | None
    reason: str | None = None


class SessionStateMessage(Answer):
    """The first message to a client of `facekiosk.v1`."""

    type: Literal["session_state"] = "session_state"
    session_type: Literal["enrollment", "authentication"]
    session_status: SessionStatusName
    completed_samples: int
    target_samples: int
    liveness_data: LivenessData
    instruction: str
    progress: float


class ErrorMessage(Answer):
    """A frame or a message was no use; the session goes on unless `error_code` says otherwise."""

    left_out: ClassVar[tuple[str, ...]] = ("details",)

    type: Literal["error"] = "error"
    error_code: str
    message: str
    details: dict[str, Any] | None = None
