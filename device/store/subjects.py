"""Whom rows are about, and their keys: one for every person, one a period for everybody unknown."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from sqlite3 import Row

from device.keys import KEY_BYTES
from device.store.connection import Database
from device.store.sealing import Place, seal, unseal

KEY_COLUMNS = "subjects.realm AS key_realm, subjects.wrapped AS key_wrapped"
_DAY = 86_400
_NOBODY = ""
"""The realm of periods."""


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """Somebody, or everybody unknown of a period, with the key that seals what is about them."""

    subject_id: int
    key: bytes


@dataclass(frozen=True, slots=True)
class Period:
    """A UTC day, or a day's length of one boot while the time is not known. `ends_at` is POSIX seconds."""

    name: str
    ends_at: float | None


def period_of(created_at: float | None, boot_id: str, boot_time: float) -> Period:
    """The period in which something happened."""
    if created_at is None:
        return Period(f"{boot_id}/{int(boot_time // _DAY)}", None)
    day = int(created_at // _DAY)
    return Period(datetime.fromtimestamp(day * _DAY, UTC).date().isoformat(), float((day + 1) * _DAY))


def find(db: Database, realm: str, user_id: str) -> int | None:
    """The number of somebody who was named before."""
    row = db.row("SELECT subject_id FROM subjects WHERE realm = ? AND user_id = ?", realm, user_id)
    return None if row is None else int(row[0])


def of_user(db: Database, realm: str, user_id: str) -> Subject:
    """Whoever has this id, enrolled or only claimed: a name, once written down, can be forgotten too."""
    row = db.row("SELECT * FROM subjects WHERE realm = ? AND user_id = ?", realm, user_id)
    if row is None:
        return _add(db, realm, user_id=user_id)
    return Subject(row["subject_id"], _unwrap(db, row["realm"], row["subject_id"], row["wrapped"]))


def of_period(db: Database, period: Period) -> Subject:
    """Everybody unknown of a period."""
    row = db.row("SELECT * FROM subjects WHERE period = ? AND wrapped IS NOT NULL", period.name)
    if row is None:
        return _add(db, _NOBODY, period=period.name, ends_at=period.ends_at)
    return Subject(row["subject_id"], _unwrap(db, _NOBODY, row["subject_id"], row["wrapped"]))


def _add(
    db: Database, realm: str, *, user_id: str | None = None, period: str | None = None, ends_at: float | None = None
) -> Subject:
    subject_id = db.insert("subjects", {"realm": realm, "user_id": user_id, "period": period, "ends_at": ends_at})
    key = os.urandom(KEY_BYTES)
    wrapped = seal(db.keys.field, _place(realm, subject_id), key)
    db.run("UPDATE subjects SET wrapped = ? WHERE subject_id = ?", wrapped, subject_id)
    return Subject(subject_id, key)


def _place(realm: str, subject_id: int) -> Place:
    return Place("subjects", subject_id, f"wrapped in {realm}")


def _unwrap(db: Database, realm: str, subject_id: int, wrapped: bytes) -> bytes:
    return unseal(db.keys.field, _place(realm, subject_id), wrapped)


def key_of(db: Database, subject_id: int) -> bytes | None:
    """The key of whom a row is about, or None where it was destroyed."""
    row = db.row("SELECT realm, wrapped FROM subjects WHERE subject_id = ?", subject_id)
    if row is None or row["wrapped"] is None:
        return None
    return _unwrap(db, row["realm"], subject_id, row["wrapped"])


def key_in(db: Database, row: Row) -> bytes | None:
    """As `key_of`, of a row that was selected with `KEY_COLUMNS`: one query for many rows."""
    wrapped = row["key_wrapped"]
    return None if wrapped is None else _unwrap(db, row["key_realm"], row["subject_id"], wrapped)


def destroy(db: Database, subject_id: int) -> None:
    """Destroy a key, and the name with it."""
    db.run("UPDATE subjects SET wrapped = NULL, user_id = NULL WHERE subject_id = ?", subject_id)


def destroy_periods(db: Database, before: float) -> int:
    """Destroy the keys of the periods that were over at `before` (POSIX seconds); returns how many."""
    return db.run("UPDATE subjects SET wrapped = NULL WHERE period IS NOT NULL AND wrapped IS NOT NULL AND ends_at <= ?", before)


def date_periods(db: Database, boot_id: str, wall_minus_boot: float) -> None:
    """Say when the periods of a boot end, now that its time is known."""
    for row in db.rows("SELECT subject_id, period FROM subjects WHERE period LIKE ? AND ends_at IS NULL", f"{boot_id}/%"):
        day = int(row["period"].rpartition("/")[2])
        db.run("UPDATE subjects SET ends_at = ? WHERE subject_id = ?", (day + 1) * _DAY + wall_minus_boot, row["subject_id"])
