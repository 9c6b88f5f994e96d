"""The log's events on the wire: one model a kind, and what they are made from. How they get to clients is not known here."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from api.clock import rfc3339
from api.errors import ApiError
from api.records import LOCAL, Attempt, DoorEvent, HealthEvent, LogPage, LogRecord, Visit
from api.schema import Answer, Request, UserId

MOST_EVENTS = 500
"""Events in one answer."""
_LARGEST = 2**63 - 1
_SHOWN_OF_TOKEN = 8


def _digits(value: object) -> object:
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) < 20):
        raise ValueError("must be a whole number of digits alone")
    return value


Cursor = Annotated[int, BeforeValidator(_digits), Field(ge=0, le=_LARGEST)]


class SocketQuery(Request):
    """`WS /ws/events/?after=`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    after: Cursor = 0
    """The cursor: number of the newest event that the client has. 0: from the oldest one kept."""


class EventsQuery(SocketQuery):
    """`GET /api/events/?after=&limit=`."""

    limit: Annotated[int, BeforeValidator(_digits), Field(ge=1, le=MOST_EVENTS)] = 100


class AttemptsQuery(EventsQuery):
    """`GET /api/auth/attempts/?after=&limit=&user_id=`."""

    user_id: UserId | None = None
    """Only attempts that name this user: recognised, or claimed in 1:1."""


class Event(Answer):
    """Base of events. `at` is null while the device does not know the time; a later reading may have it."""

    number: int
    """Its place in the log, and the cursor of a client that has it."""
    at: str | None
    realm: str


class AttemptEvent(Event):
    """A recognition decision. A failure has no confidence, which would say how near a forgery came."""

    type: Literal["attempt"] = "attempt"
    attempt_id: str
    session: str
    """The first characters of the session's token."""
    session_type: Literal["enrollment", "authentication"]
    means: str
    """By what somebody was recognised: `camera` (a face, also in a client's pictures), `pin` or `card` (at the kiosk)."""
    success: bool
    user_id: str | None
    """Who was recognised, or was claimed in 1:1; null for nobody, and once the person is erased."""
    confidence: float | None
    enrollment_id: str | None
    liveness_passed: bool
    processing_time_ms: int
    reason: str
    """Error code of a failure, else empty."""


class VisitEvent(Event):
    """The time from first face to outcome at the kiosk."""

    type: Literal["visit"] = "visit"
    visit_id: str
    outcome: str
    """`granted`, `refused` or `abandoned`."""
    reason: str
    user_id: str | None
    confidence: float | None
    duration_ms: int
    attempts: list[str]
    """Ids of the visit's attempts."""


class DoorEventView(Event):
    """What the door was told or did."""

    type: Literal["door"] = "door"
    event_id: str
    event: str
    """`unlocked`, `locked`, `fault`…"""
    grant: str
    """`camera`, `pin`, `card`, `request_to_exit`, `operator`; empty where none applies."""
    user_id: str | None
    attempt_id: str | None


class HealthEventView(Event):
    """A part of the device is well again, or no longer."""

    type: Literal["health"] = "health"
    event_id: str
    component: str
    """`camera`, `vision`, `store`, `models`, `clock`."""
    status: str
    """`ok`, `degraded` or `failed`."""
    message: str
    """What is wrong; empty when nothing is."""


class GapEvent(Event):
    """Retention has cut events off that the client may not have seen: those from `first` to `number`."""

    type: Literal["gap"] = "gap"
    first: int


AnyEvent = Annotated[AttemptEvent | VisitEvent | DoorEventView | HealthEventView | GapEvent, Field(discriminator="type")]


class EventsResponse(Answer):
    """A part of the log, oldest first."""

    events: list[AnyEvent]
    next: int
    """The cursor to ask on with."""
    newest: int
    """Number of the log's newest event, of whatever realm: where a client begins that wants only what is to come."""


class AttemptsResponse(Answer):
    """As `EventsResponse`, attempts alone."""

    attempts: list[Annotated[AttemptEvent | GapEvent, Field(discriminator="type")]]
    next: int
    newest: int


def _at(posix: float | None) -> str | None:
    return None if posix is None else rfc3339(posix)


def _attempt(number: int, attempt: Attempt) -> AttemptEvent:
    return AttemptEvent(
        number=number,
        at=_at(attempt.created_at),
        realm=attempt.realm,
        attempt_id=attempt.attempt_id,
        session=attempt.session_token[:_SHOWN_OF_TOKEN],
        session_type=attempt.kind.value,
        means=attempt.means,
        success=attempt.success,
        user_id=attempt.user_id,
        confidence=_shown(attempt.confidence, attempt.success),
        enrollment_id=attempt.matched_enrollment if attempt.success else None,
        liveness_passed=attempt.liveness_passed,
        processing_time_ms=attempt.processing_time_ms,
        reason=attempt.failure_reason,
    )


def _visit(number: int, visit: Visit) -> VisitEvent:
    return VisitEvent(
        number=number,
        at=_at(visit.created_at),
        realm=LOCAL,
        visit_id=visit.visit_id,
        outcome=visit.outcome,
        reason=visit.reason,
        user_id=visit.user_id,
        confidence=_shown(visit.confidence, visit.outcome == "granted"),
        duration_ms=visit.duration_ms,
        attempts=list(visit.attempts),
    )


def _door(number: int, event: DoorEvent) -> DoorEventView:
    return DoorEventView(
        number=number,
        at=_at(event.created_at),
        realm=LOCAL,
        event_id=event.event_id,
        event=event.kind,
        grant=event.grant,
        user_id=event.user_id,
        attempt_id=event.attempt_id,
    )


def _health(number: int, event: HealthEvent) -> HealthEventView:
    return HealthEventView(
        number=number,
        at=_at(event.created_at),
        realm=LOCAL,
        event_id=event.event_id,
        component=event.component,
        status=event.status,
        message=event.message,
    )


def _shown(confidence: float | None, success: bool) -> float | None:
    return round(confidence, 4) if success and confidence is not None else None


_VIEW: dict[type[LogRecord], Callable[[int, Any], Event]] = {
    Attempt: _attempt,
    Visit: _visit,
    DoorEvent: _door,
    HealthEvent: _health,
}


def events_of(page: LogPage, realm: str, after: int) -> list[Event]:
    """The page as events, a gap first where retention has cut off what comes after the cursor `after`.

    Raises:
        ApiError: `invalid_request`: the log never came so far; the device was restored from a backup, say.
    """
    if after > page.newest:
        raise ApiError(
            "invalid_request",
            "the log does not reach that far: was the device restored from a backup? Begin again at 0",
            status=422,
            details={"newest": page.newest},
        )
    events = [_VIEW[type(record)](number, record) for number, record in page.records]
    if after < page.start:
        return [GapEvent(number=page.start, at=None, realm=realm, first=after + 1), *events]
    return events


def next_cursor(page: LogPage, limit: int, after: int) -> int:
    """The cursor of a client that has this page, which was asked for with `limit`, and what came up to `after`.

    Behind a page that is not full it stands at the log's end: the numbers in between are of other realms.
    """
    return max(page.newest, after) if len(page.records) < limit else page.records[-1][0]


def plain(events: list[Event]) -> list[dict[str, Any]]:
    """The events as JSON objects."""
    return [event.model_dump(mode="json") for event in events]
