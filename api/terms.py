"""What a session is made with, and how it is kept in the session's row, so that a session outlives a restart of control."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from api.clock import Clock
from api.inquiry import Demands
from api.records import DoorState, Origin, SessionKind, SessionRow, SessionStatus
from api.session_state import Terms
from api.settings import SessionSettings
from inference.liveness.policy import Level

FEWEST_TARGET_SAMPLES, MOST_TARGET_SAMPLES, TARGET_SAMPLES = 1, 20, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """What is asked for. Whether the asker may have it was decided before."""

    kind: SessionKind
    realm: str
    user_id: str | None = None
    """The user to enrol, or the one claimed in 1:1; None: 1:N."""
    client_id: str | None = None
    """None: the device itself (kiosk, operator); such a session is no API client's."""
    require_liveness: bool = True
    min_confidence: float = 0.0
    """Raises the device's threshold; never lowers it."""
    target_samples: int = TARGET_SAMPLES
    check_quality: bool = True
    level: Level = Level.BASIC
    """How much liveness is demanded, where it is."""
    active_s: float | None = None
    """Seconds from the first frame to the end; None: `session_active_s`."""
    origin: Origin = Origin.CLIENT
    door: DoorState = DoorState.PENDING
    """What an enrolment is worth to the door: confirmed only when an operator makes it at the device."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """What else a client said; kept with the session, never read."""


def row_of(wanted: NewSession, settings: SessionSettings, clock: Clock) -> SessionRow:
    """The row of a new session, with a token of its own."""
    seconds = settings.session_expiry_minutes * 60
    now = clock.wall()
    return SessionRow(
        token=str(uuid.uuid4()),
        kind=wanted.kind,
        realm=wanted.realm,
        client_id=wanted.client_id,
        user_id=wanted.user_id,
        require_liveness=wanted.require_liveness,
        metadata={
            "liveness": wanted.level.value,
            "min_confidence": wanted.min_confidence,
            "target_samples": wanted.target_samples,
            "check_quality": wanted.check_quality,
            "active_s": settings.session_active_s if wanted.active_s is None else wanted.active_s,
            "origin": wanted.origin.value,
            "door": wanted.door.value,
            "boot_id": clock.boot_id,
            "expires_boot": clock.boot() + seconds,
            "client": wanted.metadata,
        },
        status=SessionStatus.ACTIVE,
        created_at=now,
        expires_at=now + seconds,
    )


def terms_of(row: SessionRow, settings: SessionSettings, same_face: float, demands: Demands) -> Terms:
    """The terms that the row stands for."""
    kept = row.metadata
    return Terms(
        kind=row.kind,
        claimed=row.user_id,
        require_liveness=row.require_liveness,
        expires=float(kept["expires_boot"]),
        active_s=float(kept["active_s"]),
        rules=settings,
        min_confidence=max(settings.face_recognition_threshold, float(kept["min_confidence"])),
        target_samples=int(kept["target_samples"]),
        check_quality=bool(kept["check_quality"]),
        same_face=same_face,
        demands=demands,
    )


def lapsed(row: SessionRow, clock: Clock) -> bool:
    """Whether an active row's time is over: expired, or of another boot."""
    return row.metadata.get("boot_id") != clock.boot_id or clock.boot() >= float(row.metadata["expires_boot"])
