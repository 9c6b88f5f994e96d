"""Operators' accounts and acts as rows, and what operators change in one go. Everything runs inside the caller's transaction."""

import base64
from collections.abc import Sequence
from sqlite3 import Row
from typing import Any

from api.records import LOCAL, Person
from device.audit import Value
from device.factor_records import OperatorAct
from device.operators.records import Operator, Role
from device.store import chain, factors, people, subjects
from device.store.connection import Database
from device.store.sealing import Place, seal_fields, unseal_fields

REALM = "@operators"
"""Of the keys under which operators' own acts are sealed: no API client's realm begins with @."""


def _secrets(name: str) -> Place:
    return Place("operators", name, "secrets")


def put(db: Database, operator: Operator, act: OperatorAct) -> None:
    """Insert or replace an account, with the line for audit."""
    secrets = {
        "password": operator.password.decode(),
        "totp": _text(operator.totp),
        "recovery": [_text(each) for each in operator.recovery],
    }
    columns: dict[str, Value] = {
        "name": operator.name,
        "role": str(operator.role),
        "created_at": operator.created_at,
        "last_step": operator.last_step,
        "secrets": seal_fields(db.keys.field, _secrets(operator.name), secrets),
    }
    change = "ON CONFLICT (name) DO UPDATE SET role = excluded.role, last_step = excluded.last_step, secrets = excluded.secrets"
    db.insert("operators", columns, change)
    write(db, act)


def get(db: Database, name: str) -> Operator | None:
    """One account."""
    row = db.row("SELECT * FROM operators WHERE name = ?", name)
    return None if row is None else _operator(db, row)


def all_of(db: Database) -> list[Operator]:
    """Every account, by name."""
    return [_operator(db, row) for row in db.rows("SELECT * FROM operators ORDER BY name")]


def _operator(db: Database, row: Row) -> Operator:
    secrets = unseal_fields(db.keys.field, _secrets(row["name"]), row["secrets"])
    return Operator(
        name=row["name"],
        role=Role(row["role"]),
        password=secrets["password"].encode(),
        totp=_bytes(secrets["totp"]),
        recovery=tuple(_bytes(each) for each in secrets["recovery"]),
        last_step=row["last_step"],
        created_at=row["created_at"],
    )


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def remove(db: Database, name: str, act: OperatorAct) -> bool:
    """Delete an account; what its operator did stays readable. False where there is none."""
    removed = db.run("DELETE FROM operators WHERE name = ?", name) > 0
    if removed:
        factors.clear_lockout(db, f"operator {name}")
        write(db, act)
    return removed


def write(db: Database, act: OperatorAct) -> int:
    """Write what an operator did: about a person under the person's key, else under the operator's own."""
    if act.user_id:
        return factors.write_act(db, act)
    columns: dict[str, Value] = {
        "act": act.act,
        "boot_id": act.boot_id,
        "boot_time": act.boot_time,
        "created_at": act.created_at,
    }
    personal: dict[str, Any] = {"user_id": "", "operator": act.operator, "detail": act.detail}
    return chain.append(db, "operator_acts", columns, subjects.of_user(db, REALM, act.operator), personal)


def acts(db: Database, before: int, limit: int) -> list[tuple[int, OperatorAct]]:
    """What was done, numbered below `before`, the newest first; of people who were erased without a name."""
    rows = db.rows(
        "SELECT operator_acts.*, coalesce(created_at, boot_time + wall_minus_boot) AS dated, "  # noqa: S608
        f"{subjects.KEY_COLUMNS} FROM operator_acts JOIN subjects USING (subject_id) LEFT JOIN boots USING (boot_id) "
        "WHERE number < ? ORDER BY number DESC LIMIT ?",
        before,
        limit,
    )
    return [(row["number"], _act(db, row)) for row in rows]


def _act(db: Database, row: Row) -> OperatorAct:
    known = unseal_fields(subjects.key_in(db, row), Place("operator_acts", row["number"], "personal"), row["personal"])
    return OperatorAct(
        act=row["act"],
        user_id=known.get("user_id", ""),
        operator=known.get("operator", ""),
        boot_id=row["boot_id"],
        boot_time=row["boot_time"],
        created_at=row["dated"],
        detail=known.get("detail", {}),
    )


def failed_enrolments(db: Database) -> dict[str, str]:
    """Who was at the kiosk to be enrolled and failed there last, and why; nobody who was erased."""
    rows = db.rows(
        f"SELECT operator_acts.*, created_at AS dated, {subjects.KEY_COLUMNS} "  # noqa: S608
        "FROM operator_acts JOIN subjects USING (subject_id) "
        "WHERE act = 'enrolment_failed' AND number IN (SELECT max(number) FROM operator_acts "
        "WHERE act IN ('enrolment_failed', 'enrolled_at_kiosk') GROUP BY subject_id)"
    )
    known = [_act(db, row) for row in rows]
    return {act.user_id: str(act.detail["reason"]) for act in known if act.user_id}


def put_people(db: Database, changed: Sequence[Person], act: OperatorAct) -> None:
    """Insert or replace people, all or none, with the line for audit."""
    write(db, act)
    for person in changed:
        people.put(db, person)


def confirm(db: Database, act: OperatorAct, enrollment_id: str | None) -> int:
    """Confirm a person's pending enrolments, or one of them, with the line for audit; returns how many were pending."""
    confirmed = people.confirm(db, LOCAL, act.user_id, enrollment_id)
    if confirmed:
        write(db, act)
    return confirmed
