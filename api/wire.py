"""Feedback as the wire contract has it: answers over REST, messages on the socket. Pure."""

from typing import Any, Literal

from api.clock import rfc3339
from api.errors import MESSAGE
from api.feedback import Feedback
from api.messages import (
    AuthenticationProgressMessage,
    AuthenticationResultMessage,
    EnrollmentCompleteMessage,
    EnrollmentProgressMessage,
    ErrorMessage,
    SessionStateMessage,
)
from api.records import Enrollment, Person, SessionKind, SessionRow, SessionStatus
from api.schema import (
    AuthenticationResponse,
    EnrollmentResponse,
    EnrollmentView,
    LivenessData,
    SessionStatusName,
    SessionStatusResponse,
    UserView,
)

SESSION_STATUS: dict[SessionStatus, SessionStatusName] = {
    SessionStatus.ACTIVE: "in_progress",
    SessionStatus.COMPLETED: "completed",
    SessionStatus.FAILED: "failed",
    SessionStatus.EXPIRED: "expired",
    SessionStatus.CANCELLED: "failed",
}
_STATUS_NAME: dict[SessionStatus, Literal["active", "completed", "failed", "expired", "cancelled"]] = {
    SessionStatus.ACTIVE: "active",
    SessionStatus.COMPLETED: "completed",
    SessionStatus.FAILED: "failed",
    SessionStatus.EXPIRED: "expired",
    SessionStatus.CANCELLED: "cancelled",
}


def liveness_data(told: Feedback) -> LivenessData:
    """The numbers of `liveness_data`."""
    return LivenessData(
        blinks_detected=told.liveness.blinks,
        motion_score=round(told.liveness.motion, 3),
        instruction=told.instruction,
    )


def _authenticated(told: Feedback) -> bool | None:
    return None if told.status is SessionStatus.ACTIVE else told.status is SessionStatus.COMPLETED


def _recognised(told: Feedback) -> tuple[str | None, float | None]:
    """User and confidence of a match. A failure tells neither: it would say how near a forgery came."""
    if told.status is not SessionStatus.COMPLETED or told.kind is not SessionKind.AUTHENTICATION:
        return None, None
    return told.user_id, None if told.confidence is None else round(told.confidence, 4)


def _reason(told: Feedback) -> str | None:
    if told.status is SessionStatus.CANCELLED:
        return "cancelled"
    return told.outcome or None


def _trouble(told: Feedback) -> dict[str, Any]:
    """`error_code` and `message` of a frame that was no use, or of an enrolment that has failed."""
    code = told.outcome if told.kind is SessionKind.ENROLLMENT and told.outcome else told.condition
    return {"error_code": code, "message": MESSAGE.get(code, code)} if code else {}


def frame_answer(told: Feedback) -> dict[str, Any]:
    """The answer to a frame over REST."""
    trouble = _trouble(told) if told.status is not SessionStatus.COMPLETED else {}
    common = {
        "success": not trouble,
        "session_status": SESSION_STATUS[told.status],
        "liveness_data": liveness_data(told),
        "reason": _reason(told),
        **trouble,
    }
    if told.kind is SessionKind.ENROLLMENT:
        return EnrollmentResponse(
            **common,
            completed_samples=told.completed_samples,
            target_samples=told.target_samples,
            quality_score=None if told.quality is None else round(told.quality, 3),
            enrollment_id=told.enrollment_id,
            liveness_verified=told.liveness_verified,
        ).wire()
    user_id, confidence = _recognised(told)
    return AuthenticationResponse(
        **common,
        authenticated=_authenticated(told),
        confidence=confidence,
        user_id=user_id,
        liveness_passed=told.liveness.passed,
        progress=told.progress,
    ).wire()


def frame_message(told: Feedback) -> dict[str, Any]:
    """The one message that answers a frame on the socket."""
    if told.status is not SessionStatus.ACTIVE:
        return final_message(told)
    if told.condition:
        return error_message(told.condition)
    if told.kind is SessionKind.ENROLLMENT:
        return EnrollmentProgressMessage(
            completed_samples=told.completed_samples,
            target_samples=told.target_samples,
            quality_score=None if told.quality is None else round(told.quality, 3),
            liveness_data=liveness_data(told),
        ).wire()
    return AuthenticationProgressMessage(
        liveness_data=liveness_data(told), instruction=told.instruction, progress=told.progress
    ).wire()


def final_message(told: Feedback) -> dict[str, Any]:
    """How a session ended."""
    if told.kind is SessionKind.AUTHENTICATION:
        user_id, confidence = _recognised(told)
        return AuthenticationResultMessage(
            authenticated=bool(_authenticated(told)), user_id=user_id, confidence=confidence, reason=_reason(told)
        ).wire()
    if told.status is SessionStatus.COMPLETED:
        return EnrollmentCompleteMessage(
            enrollment_id=told.enrollment_id,
            completed_samples=told.completed_samples,
            liveness_verified=told.liveness_verified,
        ).wire()
    return error_message(told.outcome or "session_completed")


def error_message(code: str, message: str = "", details: dict[str, Any] | None = None) -> dict[str, Any]:
    """An error on the socket."""
    return ErrorMessage(error_code=code, message=message or MESSAGE.get(code, code), details=details).wire()


def state_message(told: Feedback) -> dict[str, Any]:
    """What a client of `facekiosk.v1` is told on connecting."""
    return SessionStateMessage(
        session_type="enrollment" if told.kind is SessionKind.ENROLLMENT else "authentication",
        session_status=SESSION_STATUS[told.status],
        completed_samples=told.completed_samples,
        target_samples=told.target_samples,
        liveness_data=liveness_data(told),
        instruction=told.instruction,
        progress=told.progress,
    ).wire()


def session_view(row: SessionRow, told: Feedback) -> SessionStatusResponse:
    """A session as its client asks for it."""
    enrolling = row.kind is SessionKind.ENROLLMENT
    user_id, confidence = _recognised(told)
    return SessionStatusResponse(
        session_token=row.token,
        session_type="enrollment" if enrolling else "authentication",
        status=_STATUS_NAME[told.status],
        session_status=SESSION_STATUS[told.status],
        user_id=user_id or row.user_id,
        require_liveness=row.require_liveness,
        created_at=rfc3339(row.created_at),
        expires_at=rfc3339(row.expires_at),
        completed_at=None if row.completed_at is None else rfc3339(row.completed_at),
        completed_samples=told.completed_samples if enrolling else None,
        target_samples=told.target_samples if enrolling else None,
        enrollment_id=told.enrollment_id,
        liveness_verified=told.liveness_verified,
        authenticated=None if enrolling else _authenticated(told),
        confidence=confidence,
        liveness_data=liveness_data(told),
        instruction=told.instruction,
        progress=told.progress,
        reason=_reason(told),
    )


def user_view(person: Person, enrollments: list[Enrollment]) -> UserView:
    """Somebody of the realm, with the enrolments."""
    return UserView(
        user_id=person.user_id,
        display_name=person.display_name,
        status=person.status,
        created_at=None if person.created_at is None else rfc3339(person.created_at),
        enrollments=[_enrollment_view(each) for each in enrollments],
    )


def _enrollment_view(enrollment: Enrollment) -> EnrollmentView:
    return EnrollmentView(
        enrollment_id=enrollment.enrollment_id,
        quality_score=enrollment.quality_score,
        samples=enrollment.samples,
        liveness_verified=enrollment.liveness_verified,
        status=enrollment.status,
        origin=enrollment.origin.value,
        door=enrollment.door.value,
        created_at=None if enrollment.created_at is None else rfc3339(enrollment.created_at),
    )
