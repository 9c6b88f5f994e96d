"""Records as operators see them: no template, no key, times as RFC 3339. Nothing is read or written here."""

from collections.abc import Sequence

from api import lockout
from api.clock import Clock, rfc3339
from api.lockout import Lockout, LockoutSettings
from api.records import LOCAL, DoorState, Enrollment, Person, Visit
from device.person_commands import EnrollmentView, PersonView
from device.status_commands import Sight, VisitView
from device.user_commands import LockoutView
from inference.observation import Observation


def at(posix: float | None) -> str | None:
    """POSIX seconds as RFC 3339 UTC; None stays None."""
    return None if posix is None else rfc3339(posix)


def person_view(person: Person, enrollments: Sequence[Enrollment], compared: Sequence[str]) -> PersonView:
    """A person of a realm.

    Args:
        person: the person.
        enrollments: the person's own.
        compared: the models whose templates are compared, the one in use first.
    """
    confirmed = any(opens(enrollment, compared) for enrollment in enrollments)
    active = [enrollment.model_id for enrollment in enrollments if enrollment.status == "active"]
    return PersonView(
        realm=person.realm,
        user_id=person.user_id,
        display_name=person.display_name,
        groups=person.groups,
        status=person.status,
        enrollments=len(enrollments),
        door=person.realm == LOCAL and person.status == "active" and confirmed,
        enroll_again=bool(active) and compared[0] not in active,
        valid_from=at(person.valid_from),
        valid_until=at(person.valid_until),
        created_at=at(person.created_at),
    )


def opens(enrollment: Enrollment, compared: Sequence[str]) -> bool:
    """Whether the enrolment may open the door: in use, confirmed, and of a model whose templates are compared."""
    return enrollment.status == "active" and enrollment.door is DoorState.CONFIRMED and enrollment.model_id in compared


def enrollment_view(enrollment: Enrollment) -> EnrollmentView:
    """An enrolment without its template."""
    return EnrollmentView(
        enrollment_id=enrollment.enrollment_id,
        model_id=enrollment.model_id,
        origin=enrollment.origin.value,
        door=enrollment.door.value,
        samples=enrollment.samples,
        quality_score=enrollment.quality_score,
        liveness_verified=enrollment.liveness_verified,
        status=enrollment.status,
        created_at=at(enrollment.created_at),
        duplicate=enrollment.duplicate,
        label=enrollment.label,
    )


def lockout_view(failed: Lockout, settings: LockoutSettings, clock: Clock) -> LockoutView:
    """The failures in a row against one user id, and what they cost now."""
    left = lockout.left(failed, settings, clock)
    disabled = lockout.disabled(failed, settings)
    return LockoutView(failures=failed.failures, disabled=disabled, wait_s=None if disabled else round(left, 1))


def visit_view(number: int, visit: Visit) -> VisitView:
    """A visit and its number in the log."""
    return VisitView(
        number=number,
        visit_id=visit.visit_id,
        at=at(visit.created_at),
        outcome=visit.outcome,
        reason=visit.reason,
        user_id=visit.user_id,
        confidence=visit.confidence,
        duration_ms=visit.duration_ms,
        attempts=len(visit.attempts),
    )


def sight(observation: Observation) -> Sight:
    """One frame's observation, without the embedding."""
    pose, quality, liveness = observation.pose, observation.quality, observation.liveness
    return Sight(
        seq=observation.seq,
        time=observation.time,
        faces=len(observation.faces),
        track=observation.track,
        condition=observation.condition,
        eye_distance=round(observation.eye_distance, 1),
        yaw=None if pose is None else round(pose.yaw, 1),
        pitch=None if pose is None else round(pose.pitch, 1),
        quality_score=None if quality is None else round(quality.score, 3),
        measures=() if quality is None else quality.measures,
        blinks=0 if liveness is None else liveness.blinks,
        eyes_closed=liveness is not None and liveness.eyes_closed,
        motion=0.0 if liveness is None else round(liveness.motion, 3),
        embedded=observation.embedding is not None,
        milliseconds=round(observation.timings_ms.get("total", 0.0), 1),
    )
