"""People and their enrolments, as rows. Everything runs inside the caller's transaction."""

from sqlite3 import Row
from typing import Any

import msgspec
import numpy as np

from api.ports import StoreConflict, StoreDamaged
from api.records import Basis, DoorState, Enrollment, Origin, Person
from device.store import subjects
from device.store.connection import Database
from device.store.sealing import Place, seal, seal_fields, unseal, unseal_fields

_PEOPLE = f"SELECT people.*, subjects.user_id, {subjects.KEY_COLUMNS} FROM people JOIN subjects USING (subject_id)"  # noqa: S608
_ENROLLMENTS = f"SELECT enrollments.*, subjects.user_id, {subjects.KEY_COLUMNS} FROM enrollments JOIN subjects USING (subject_id)"  # noqa: S608
_DTYPE = "<f4"


def add_realm(db: Database, realm: str) -> None:
    """Write down a realm's name, once."""
    db.insert("realms", {"realm": realm}, "ON CONFLICT DO NOTHING")


def put(db: Database, person: Person) -> None:
    """Insert, or replace the fields of, a person; the time of making is kept where none is given."""
    add_realm(db, person.realm)
    subject = subjects.of_user(db, person.realm, person.user_id)
    personal = {
        "display_name": person.display_name,
        "groups": person.groups,
        "language": person.language,
        "accommodations": person.accommodations,
        "basis": person.basis,
    }
    db.insert(
        "people",
        {
            "subject_id": subject.subject_id,
            "realm": person.realm,
            "status": person.status,
            "valid_from": person.valid_from,
            "valid_until": person.valid_until,
            "created_at": person.created_at,
            "personal": seal_fields(subject.key, _personal(subject.subject_id), personal),
        },
        """ON CONFLICT (subject_id) DO UPDATE SET status = excluded.status, valid_from = excluded.valid_from,
           valid_until = excluded.valid_until, personal = excluded.personal,
           created_at = coalesce(excluded.created_at, created_at)""",
    )


def _personal(subject_id: int) -> Place:
    return Place("people", subject_id, "personal")


def get(db: Database, realm: str, user_id: str) -> Person | None:
    """One person."""
    row = db.row(f"{_PEOPLE} WHERE subjects.realm = ? AND subjects.user_id = ?", realm, user_id)
    return None if row is None else _person(db, row)


def all_of(db: Database, realm: str) -> list[Person]:
    """The people of a realm, by id."""
    return [_person(db, row) for row in db.rows(f"{_PEOPLE} WHERE people.realm = ? ORDER BY subjects.user_id", realm)]


def _person(db: Database, row: Row) -> Person:
    subject_id = row["subject_id"]
    personal = unseal_fields(subjects.key_in(db, row), _personal(subject_id), row["personal"])
    return Person(
        realm=row["realm"],
        user_id=row["user_id"],
        display_name=personal["display_name"],
        groups=tuple(personal["groups"]),
        status=row["status"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        language=personal["language"],
        accommodations=tuple(personal["accommodations"]),
        basis=_basis(personal["basis"]),
        created_at=row["created_at"],
    )


def _basis(found: dict[str, Any] | None) -> Basis | None:
    return None if found is None else msgspec.convert(found, Basis)


def erase(db: Database, realm: str, user_id: str) -> bool:
    """Destroy the key of whoever has this id, enrolled or only ever claimed; False where nobody has."""
    subject_id = subjects.find(db, realm, user_id)
    if subject_id is None:
        return False
    db.run("DELETE FROM enrollments WHERE subject_id = ?", subject_id)
    db.run("DELETE FROM pad_lockouts WHERE name = (SELECT 'number ' || number FROM pins WHERE subject_id = ?)", subject_id)
    for table in ("pins", "cards"):
        db.run(f"DELETE FROM {table} WHERE subject_id = ?", subject_id)  # noqa: S608
    db.run("DELETE FROM people WHERE subject_id = ?", subject_id)
    db.run("DELETE FROM lockouts WHERE subject_id = ?", subject_id)
    # A session that named nobody may have come to name this person; without its row it cannot go on.
    db.run(
        "DELETE FROM sessions WHERE subject_id = ? OR token IN (SELECT session_token FROM attempts WHERE subject_id = ?)",
        subject_id,
        subject_id,
    )
    subjects.destroy(db, subject_id)
    return True


def enroll(db: Database, enrollment: Enrollment) -> None:
    """Add a template.

    Raises:
        StoreConflict: there is no such person, or the id is taken.
    """
    if get(db, enrollment.realm, enrollment.user_id) is None:
        raise StoreConflict("an enrolment needs its person first")
    subject = subjects.of_user(db, enrollment.realm, enrollment.user_id)
    template = np.ascontiguousarray(enrollment.template, dtype=_DTYPE).tobytes()
    db.insert(
        "enrollments",
        {
            "enrollment_id": enrollment.enrollment_id,
            "subject_id": subject.subject_id,
            "model_id": enrollment.model_id,
            "quality_score": float(enrollment.quality_score),
            "samples": int(enrollment.samples),
            "liveness_verified": bool(enrollment.liveness_verified),
            "origin": str(enrollment.origin),
            "door": str(enrollment.door),
            "status": enrollment.status,
            "created_at": enrollment.created_at,
            "client_id": enrollment.client_id,
            "duplicate": enrollment.duplicate,
            "label": enrollment.label,
            "template": seal(subject.key, _template(enrollment.enrollment_id), template),
        },
    )


def _template(enrollment_id: str) -> Place:
    return Place("enrollments", enrollment_id, "template")


def enrollments(db: Database, realm: str, user_id: str | None) -> list[Enrollment]:
    """The enrolments of a realm, or of one person, oldest first."""
    if user_id is None:
        return _read(db, f"{_ENROLLMENTS} WHERE subjects.realm = ? ORDER BY position", realm)
    return _read(db, f"{_ENROLLMENTS} WHERE subjects.realm = ? AND subjects.user_id = ? ORDER BY position", realm, user_id)


def all_enrollments(db: Database) -> list[Enrollment]:
    """Every realm's enrolments, oldest first."""
    return _read(db, f"{_ENROLLMENTS} ORDER BY position")


def _read(db: Database, sql: str, *values: str) -> list[Enrollment]:
    return [_enrollment(db, row) for row in db.rows(sql, *values)]


def _enrollment(db: Database, row: Row) -> Enrollment:
    key = subjects.key_in(db, row)
    if key is None:
        raise StoreDamaged("an enrolment is left of a person who was erased")
    template = unseal(key, _template(row["enrollment_id"]), row["template"])
    return Enrollment(
        enrollment_id=row["enrollment_id"],
        realm=row["key_realm"],
        user_id=row["user_id"],
        model_id=row["model_id"],
        template=np.frombuffer(template, dtype=_DTYPE).astype(np.float32),
        quality_score=row["quality_score"],
        samples=row["samples"],
        liveness_verified=bool(row["liveness_verified"]),
        origin=Origin(row["origin"]),
        door=DoorState(row["door"]),
        status=row["status"],
        created_at=row["created_at"],
        client_id=row["client_id"],
        duplicate=bool(row["duplicate"]),
        label=row["label"],
    )


def confirm(db: Database, realm: str, user_id: str, enrollment_id: str | None) -> int:
    """Confirm a person's pending enrolments, or one of them, for the door; returns how many were pending."""
    return db.run(
        "UPDATE enrollments SET door = ? WHERE subject_id = ? AND door = ? AND enrollment_id = coalesce(?, enrollment_id)",
        str(DoorState.CONFIRMED),
        subjects.find(db, realm, user_id),
        str(DoorState.PENDING),
        enrollment_id,
    )


def label(db: Database, enrollment_id: str, text: str) -> None:
    """Name the look that an enrolment is for."""
    db.run("UPDATE enrollments SET label = ? WHERE enrollment_id = ?", text, enrollment_id)


def remove_enrollment(db: Database, realm: str, enrollment_id: str) -> bool:
    """Delete one template of a realm; False where there is none of that id."""
    return bool(
        db.run(
            "DELETE FROM enrollments WHERE enrollment_id = ? AND subject_id IN (SELECT subject_id FROM subjects WHERE realm = ?)",
            enrollment_id,
            realm,
        )
    )
