"""Records of the log as tests write them: a decision, a visit, a door event."""

import uuid

from api.records import LOCAL, Attempt, DoorEvent, HealthEvent, SessionKind, Visit

NOON = 1_800_000_000.0


TOKEN = "0d8f14a2-6b1e-4b90-a1de-000000000000"


def attempt(user_id: str | None = "anna", *, realm: str = LOCAL, success: bool = True, at: float | None = NOON) -> Attempt:
    return Attempt(
        attempt_id=str(uuid.uuid4()),
        session_token=TOKEN,
        realm=realm,
        kind=SessionKind.AUTHENTICATION,
        success=success,
        user_id=user_id,
        confidence=0.87654321,
        matched_enrollment="of anna" if success else None,
        liveness_passed=True,
        processing_time_ms=212,
        failure_reason="" if success else "no_match",
        boot_id="boot",
        boot_time=77.0,
        created_at=at,
        detail={"blinks": 2, "passive_score": 0.123},
    )


def health(component: str = "camera", message: str = "no camera") -> HealthEvent:
    return HealthEvent(str(uuid.uuid4()), component, "failed" if message else "ok", message, "boot", 79.0, NOON)


def visit(outcome: str = "granted") -> Visit:
    return Visit(str(uuid.uuid4()), outcome, "match", "anna", 0.87654321, 1400, ("one", "two"), "boot", 78.0, NOON)


def door(kind: str = "unlocked") -> DoorEvent:
    return DoorEvent(str(uuid.uuid4()), kind, "camera", "anna", "one", "boot", 78.0, NOON, {"seconds": 3.0})
