"""The records that the product keeps, as plain frozen values. How they are stored and sealed is not known here.

Times: `*_at` fields are POSIX seconds of wall time (None while the clock is not trusted), `boot_time` is boot-time seconds
beside `boot_id`, so that a row can be dated once the time is known.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

LOCAL = "local"
"""The realm of the device itself: its kiosk, kioskctl and operators' screens. The door knows no other."""

CAMERA = "camera"
"""Recognised by the face. The device's own other means are `pin` and `card`."""


class SessionKind(StrEnum):
    """What a session is for."""

    ENROLLMENT = "enrollment"
    AUTHENTICATION = "authentication"


class SessionStatus(StrEnum):
    """Where a session stands; the last four are final."""

    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Origin(StrEnum):
    """Where an enrolment was made."""

    KIOSK = "kiosk"
    PHOTOS = "photos"
    CLIENT = "client"
    LINK = "link"
    TRANSITION = "transition"
    """In a visit in which the model before recognised the person, from the same frames."""


class DoorState(StrEnum):
    """Whether an enrolment may open the door: confirmed by an operator at the device, or not yet."""

    CONFIRMED = "confirmed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Basis:
    """On what ground a template is kept: kind (`consent`, `agreement`, `law`), version of the text, who recorded it, when."""

    kind: str
    text_version: str
    operator: str
    recorded_at: float


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a realm. `(realm, user_id)` is unique."""

    realm: str
    user_id: str
    display_name: str = ""
    groups: tuple[str, ...] = ()
    status: str = "active"
    """`active` or `disabled`."""
    valid_from: float | None = None
    valid_until: float | None = None
    language: str = ""
    accommodations: tuple[str, ...] = ()
    basis: Basis | None = None
    created_at: float | None = None


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One template of a person, made by one model. Templates of different models are never compared."""

    enrollment_id: str
    realm: str
    user_id: str
    model_id: str
    template: npt.NDArray[np.float32]
    """(dimension,) unit float32: the normalised mean of the samples."""
    quality_score: float
    samples: int
    liveness_verified: bool
    origin: Origin
    door: DoorState
    status: str = "active"
    created_at: float | None = None
    client_id: str | None = None
    duplicate: bool = False
    """The face was somebody else's of the realm already, and policy let the enrolment pass."""
    label: str = ""
    """Of the look that it is for, beside the ordinary one: glasses, winter hat."""


@dataclass(frozen=True, slots=True)
class FormerKey:
    """The key that a client had before: good beside the present one until the overlap ends."""

    prefix: str
    hash: bytes
    until: float
    """POSIX seconds, by the wall clock as it was."""
    boot_id: str
    """Of the rotation."""
    until_boot: float
    """The same by the boot-time clock of that boot."""


@dataclass(frozen=True, slots=True)
class Client:
    """A program that may use the API, bound to one realm. Keys themselves are never kept, only their keyed hashes."""

    client_id: str
    name: str
    realm: str
    grants: tuple[str, ...]
    key_prefix: str
    key_hash: bytes
    created_at: float | None = None
    revoked_at: float | None = None
    key_created_at: float | None = None
    """When the present key was made; None: the time was not known."""
    former: FormerKey | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """The durable part of a session. `token` is the secret of a remote session and never logged whole."""

    token: str
    kind: SessionKind
    realm: str
    client_id: str | None
    user_id: str | None
    require_liveness: bool
    metadata: dict[str, Any]
    status: SessionStatus
    created_at: float
    expires_at: float
    completed_at: float | None = None
    outcome: str = ""
    """Error code of a failed session, else empty."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One recognition decision: a liveness window and a match. Written before its effect."""

    attempt_id: str
    session_token: str
    realm: str
    kind: SessionKind
    success: bool
    user_id: str | None
    """Whom the decision names: the matched person, or the one claimed in 1:1."""
    confidence: float | None
    matched_enrollment: str | None
    liveness_passed: bool
    processing_time_ms: int
    failure_reason: str
    boot_id: str
    boot_time: float
    created_at: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    """Sealed detail for audit: names and numbers of the evidence, never a template or a frame."""
    means: str = CAMERA
    """By what somebody was recognised: `camera`, `pin`, `card`."""


@dataclass(frozen=True, slots=True)
class Visit:
    """The time from first face to outcome at the kiosk."""

    visit_id: str
    outcome: str
    """`granted`, `refused` or `abandoned`."""
    reason: str
    user_id: str | None
    confidence: float | None
    duration_ms: int
    attempts: tuple[str, ...]
    boot_id: str
    boot_time: float
    created_at: float | None = None


@dataclass(frozen=True, slots=True)
class DoorEvent:
    """What the door was told or did: `unlocked`, `locked`, `fault`…, and by which grant."""

    event_id: str
    kind: str
    grant: str
    """Variant of the grant: `camera`, `pin`, `card`, `request_to_exit`, `operator`; empty where none applies."""
    user_id: str | None
    attempt_id: str | None
    boot_id: str
    boot_time: float
    created_at: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HealthEvent:
    """A part of the device is well again, or no longer."""

    event_id: str
    component: str
    """`camera`, `vision`, `store`, `models`, `disk`, `clock`, `rate`, `temperature`, `screen`, `light`."""
    status: str
    """`ok`, `degraded` or `failed`."""
    message: str
    """What is wrong; empty when nothing is."""
    boot_id: str
    boot_time: float
    created_at: float | None = None


LogRecord = Attempt | Visit | DoorEvent | HealthEvent
"""What the log holds."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """A part of the log, as it was at one moment."""

    records: tuple[tuple[int, LogRecord], ...]
    """Number and record, by number."""
    start: int
    """The newest number that retention has cut off; 0 where it never cut."""
    newest: int
    """The newest number given, to whatever realm; 0 while the log is empty."""


@dataclass(frozen=True, slots=True)
class FormerSecret:
    """The secret that a webhook had before: messages are signed with it too until the overlap ends."""

    secret: bytes = field(repr=False)
    until: float
    """POSIX seconds, by the wall clock as it was."""
    boot_id: str
    """Of the rotation."""
    until_boot: float
    """The same by the boot-time clock of that boot."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address to which a realm's events are delivered."""

    webhook_id: str
    name: str
    url: str
    realm: str
    secret: bytes = field(repr=False)
    cursor: int = 0
    """Number of the newest event that the receiver has acknowledged."""
    created_at: float | None = None
    delivered_at: float | None = None
    failures: int = 0
    """Deliveries in a row that failed."""
    trouble: str = ""
    """What the last of them came to; empty where none failed since."""
    former: FormerSecret | None = None
