"""Attempts, visits and door events, as rows of the one log. What was not committed here did not happen."""

from dataclasses import asdict
from sqlite3 import Row
from typing import Any

import msgspec

from api.records import CAMERA, LOCAL, Attempt, DoorEvent, HealthEvent, SessionKind, Visit
from device.audit import Value
from device.store import chain, subjects
from device.store.connection import Database
from device.store.sealing import Place, unseal_fields
from device.store.subjects import Subject
from device.visit_query import VisitQuery

_DATED = "coalesce(created_at, boot_time + wall_minus_boot) AS dated"


def _subject(db: Database, realm: str, user_id: str | None, row: Attempt | Visit | DoorEvent) -> Subject:
    if user_id is not None:
        return subjects.of_user(db, realm, user_id)
    return subjects.of_period(db, subjects.period_of(row.created_at, row.boot_id, row.boot_time))


def _select(table: str, where: str, order: str = "number") -> str:
    return (
        f"SELECT {table}.*, {_DATED}, {subjects.KEY_COLUMNS} FROM {table} JOIN subjects USING (subject_id)"  # noqa: S608
        f" LEFT JOIN boots USING (boot_id) WHERE {where} ORDER BY {order} LIMIT ?"
    )


def _personal(db: Database, table: str, row: Row) -> dict[str, Any]:
    return unseal_fields(subjects.key_in(db, row), Place(table, row["number"], "personal"), row["personal"])


def add_attempt(db: Database, attempt: Attempt) -> int:
    """Write a decision; returns its number."""
    columns: dict[str, Any] = {
        "attempt_id": attempt.attempt_id,
        "session_token": attempt.session_token,
        "realm": attempt.realm,
        "kind": str(attempt.kind),
        "success": attempt.success,
        "liveness_passed": attempt.liveness_passed,
        "processing_time_ms": attempt.processing_time_ms,
        "failure_reason": attempt.failure_reason,
        "boot_id": attempt.boot_id,
        "boot_time": attempt.boot_time,
        "created_at": attempt.created_at,
        "means": None if attempt.means == CAMERA else attempt.means,
    }
    personal = {
        "user_id": attempt.user_id,
        "confidence": attempt.confidence,
        "matched_enrollment": attempt.matched_enrollment,
        "detail": attempt.detail,
    }
    return chain.append(db, "attempts", columns, _subject(db, attempt.realm, attempt.user_id, attempt), personal)


def attempts(db: Database, realm: str, after: int, limit: int, user_id: str | None) -> list[tuple[int, Attempt]]:
    """Attempts of a realm, or about one person, numbered above `after`, oldest first."""
    if user_id is None:
        rows = db.rows(_select("attempts", "attempts.realm = ? AND number > ?"), realm, after, limit)
    else:
        subject_id = subjects.find(db, realm, user_id)
        rows = db.rows(_select("attempts", "subject_id = ? AND number > ?"), subject_id, after, limit)
    return [(row["number"], _attempt(row, _personal(db, "attempts", row))) for row in rows]


def attempts_of(db: Database, realm: str, user_id: str, before: int, limit: int) -> list[tuple[int, Attempt]]:
    """Attempts about one person, numbered below `before`, the newest first."""
    subject_id = subjects.find(db, realm, user_id)
    rows = db.rows(_select("attempts", "subject_id = ? AND number < ?", "number DESC"), subject_id, before, limit)
    return [(row["number"], _attempt(row, _personal(db, "attempts", row))) for row in rows]


def _attempt(row: Row, personal: dict[str, Any]) -> Attempt:
    return Attempt(
        attempt_id=row["attempt_id"],
        session_token=row["session_token"],
        realm=row["realm"],
        kind=SessionKind(row["kind"]),
        success=bool(row["success"]),
        user_id=personal.get("user_id"),
        confidence=personal.get("confidence"),
        matched_enrollment=personal.get("matched_enrollment"),
        liveness_passed=bool(row["liveness_passed"]),
        processing_time_ms=row["processing_time_ms"],
        failure_reason=row["failure_reason"],
        boot_id=row["boot_id"],
        boot_time=row["boot_time"],
        created_at=row["dated"],
        detail=personal.get("detail", {}),
        means=row["means"] or CAMERA,
    )


def add_visit(db: Database, visit: Visit) -> int:
    """Write a visit; returns its number."""
    columns: dict[str, Any] = {
        "visit_id": visit.visit_id,
        "outcome": visit.outcome,
        "reason": visit.reason,
        "duration_ms": visit.duration_ms,
        "attempts": msgspec.json.encode(visit.attempts).decode(),
        "boot_id": visit.boot_id,
        "boot_time": visit.boot_time,
        "created_at": visit.created_at,
    }
    personal = {"user_id": visit.user_id, "confidence": visit.confidence}
    return chain.append(db, "visits", columns, _subject(db, LOCAL, visit.user_id, visit), personal)


def visits(db: Database, after: int, limit: int, newest_first: bool) -> list[tuple[int, Visit]]:
    """Visits numbered above `after`."""
    order = "number DESC" if newest_first else "number"
    rows = db.rows(_select("visits", "number > ?", order), after, limit)
    return [(row["number"], _visit(row, _personal(db, "visits", row))) for row in rows]


def find_visits(db: Database, wanted: VisitQuery, limit: int) -> list[tuple[int, Visit]]:
    """Visits that are wanted, the newest first."""
    dated = "coalesce(created_at, boot_time + wall_minus_boot)"
    tests: list[tuple[str, Value]] = []
    if wanted.outcome:
        tests.append(("outcome = ?", wanted.outcome))
    if wanted.reason:
        tests.append(("reason = ?", wanted.reason))
    if wanted.user_id is not None:
        tests.append(("visits.subject_id = ?", subjects.find(db, LOCAL, wanted.user_id)))
    if wanted.begin is not None:
        tests.append((f"{dated} >= ?", wanted.begin))
    if wanted.end is not None:
        tests.append((f"{dated} < ?", wanted.end))
    if wanted.before:
        tests.append(("number < ?", wanted.before))
    where = " AND ".join(test for test, _ in tests) or "1"
    rows = db.rows(_select("visits", where, "number DESC"), *(value for _, value in tests), limit)
    return [(row["number"], _visit(row, _personal(db, "visits", row))) for row in rows]


def _visit(row: Row, personal: dict[str, Any]) -> Visit:
    return Visit(
        visit_id=row["visit_id"],
        outcome=row["outcome"],
        reason=row["reason"],
        user_id=personal.get("user_id"),
        confidence=personal.get("confidence"),
        duration_ms=row["duration_ms"],
        attempts=tuple(msgspec.json.decode(row["attempts"], type=list[str])),
        boot_id=row["boot_id"],
        boot_time=row["boot_time"],
        created_at=row["dated"],
    )


def add_door_event(db: Database, event: DoorEvent) -> int:
    """Write what the door was told or did; returns its number."""
    columns: dict[str, Any] = {
        "event_id": event.event_id,
        "kind": event.kind,
        "cause": event.grant,
        "attempt_id": event.attempt_id,
        "boot_id": event.boot_id,
        "boot_time": event.boot_time,
        "created_at": event.created_at,
    }
    personal = {"user_id": event.user_id, "detail": event.detail}
    return chain.append(db, "door_events", columns, _subject(db, LOCAL, event.user_id, event), personal)


def door_events(db: Database, after: int, limit: int) -> list[tuple[int, DoorEvent]]:
    """Door events numbered above `after`, oldest first."""
    rows = db.rows(_select("door_events", "number > ?"), after, limit)
    return [(row["number"], _door_event(row, _personal(db, "door_events", row))) for row in rows]


def _door_event(row: Row, personal: dict[str, Any]) -> DoorEvent:
    return DoorEvent(
        event_id=row["event_id"],
        kind=row["kind"],
        grant=row["cause"],
        user_id=personal.get("user_id"),
        attempt_id=row["attempt_id"],
        boot_id=row["boot_id"],
        boot_time=row["boot_time"],
        created_at=row["dated"],
        detail=personal.get("detail", {}),
    )


def add_health_event(db: Database, event: HealthEvent) -> int:
    """Write that a part of the device is well again, or no longer; returns its number."""
    period = subjects.period_of(event.created_at, event.boot_id, event.boot_time)
    return chain.append(db, "health_events", asdict(event), subjects.of_period(db, period), {})


def health_events(db: Database, after: int, limit: int) -> list[tuple[int, HealthEvent]]:
    """Changes of health numbered above `after`, oldest first."""
    return [(row["number"], _health_event(row)) for row in db.rows(_select("health_events", "number > ?"), after, limit)]


def health_now(db: Database) -> dict[str, str]:
    """What was last written of each component."""
    newest = "SELECT max(number) FROM health_events GROUP BY component"
    rows = db.rows(f"SELECT component, message FROM health_events WHERE number IN ({newest})")  # noqa: S608
    return {row["component"]: row["message"] for row in rows}


def _health_event(row: Row) -> HealthEvent:
    return HealthEvent(
        event_id=row["event_id"],
        component=row["component"],
        status=row["status"],
        message=row["message"],
        boot_id=row["boot_id"],
        boot_time=row["boot_time"],
        created_at=row["dated"],
    )


def date_boot(db: Database, boot_id: str, wall_minus_boot: float) -> None:
    """Date the rows of a boot that were written before its time was known."""
    change = "ON CONFLICT (boot_id) DO UPDATE SET wall_minus_boot = excluded.wall_minus_boot"
    db.insert("boots", {"boot_id": boot_id, "wall_minus_boot": wall_minus_boot}, change)
    subjects.date_periods(db, boot_id, wall_minus_boot)


def newest_time(db: Database, after: int = 0) -> float | None:
    """POSIX seconds of the newest dated row after that number; a wall clock behind it is wrong."""
    newest = "SELECT created_at FROM {} WHERE created_at IS NOT NULL AND number > ? ORDER BY number DESC LIMIT 1"
    found = [row[0] for table in chain.TABLES if (row := db.row(newest.format(table), after))]
    return max(found, default=None)
