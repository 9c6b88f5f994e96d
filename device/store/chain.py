"""The log's one numbering and its hash chain, in the database. The arithmetic is `device.audit`'s."""

import os
from sqlite3 import Row
from typing import Any

from api.ports import StoreDamaged
from device import audit
from device.audit import ChainBroken, End, Value
from device.store.connection import Database
from device.store.sealing import Place, seal_fields
from device.store.subjects import Subject

TABLES = ("attempts", "visits", "door_events", "model_changes", "health_events", "operator_acts")
"""The kinds of rows in the log; these names alone are put into SQL."""


def begin(db: Database) -> None:
    """Give a new log its two ends; the first link is random, so that no two devices' logs look alike."""
    first = os.urandom(audit.LINK_BYTES)
    for name in ("start", "head"):
        _put_end(db, name, audit.end(db.keys.chain, name, 0, first))


def _put_end(db: Database, name: str, end: End) -> None:
    values: dict[str, Value] = {"name": name, "number": end.number, "link": end.link, "mac": end.mac}
    change = "ON CONFLICT (name) DO UPDATE SET number = excluded.number, link = excluded.link, mac = excluded.mac"
    db.insert("chain_ends", values, change)


def _end(db: Database, name: str) -> End:
    row = db.row("SELECT number, link, mac FROM chain_ends WHERE name = ?", name)
    if row is None:
        raise StoreDamaged(f"the record of the log's {name} is missing; restore the database from a backup")
    found = End(row["number"], row["link"], row["mac"])
    audit.check_end(db.keys.chain, name, found)
    return found


def append(db: Database, table: str, columns: dict[str, Value], subject: Subject, personal: dict[str, Any]) -> int:
    """Write a row of the log, `personal` sealed under the subject's key; returns its number.

    Raises:
        ChainBroken: the end of the log was tampered with.
    """
    head = _end(db, "head")
    number = head.number + 1
    sealed = seal_fields(subject.key, Place(table, number, "personal"), personal)
    db.insert(table, {"number": number, "subject_id": subject.subject_id, **columns, "personal": sealed})
    # Read back, since what SQLite stored (1.0 for 1, 1 for True) is what will be verified.
    link = audit.link(head.link, table, _stored(db, table, number) or {})
    db.insert("log", {"number": number, "kind": table, "link": link})
    _put_end(db, "head", audit.end(db.keys.chain, "head", number, link))
    return number


def _stored(db: Database, table: str, number: int) -> dict[str, Value] | None:
    row: Row | None = db.row(f"SELECT * FROM {table} WHERE number = ?", number)  # noqa: S608
    return None if row is None else dict(row)


def span(db: Database) -> tuple[int, int]:
    """The number before the oldest row kept, and that of the newest."""
    return _end(db, "start").number, _end(db, "head").number


def cut(db: Database, number: int) -> int:
    """Delete every row up to `number`, from where the chain then starts; returns how many went."""
    start = _end(db, "start")
    row = db.row("SELECT link FROM log WHERE number = ?", number)
    if number <= start.number or row is None:
        return 0
    for table in TABLES:
        db.run(f"DELETE FROM {table} WHERE number <= ?", number)  # noqa: S608
    gone = db.run("DELETE FROM log WHERE number <= ?", number)
    _put_end(db, "start", audit.end(db.keys.chain, "start", number, row["link"]))
    return gone


def verify_from(db: Database, previous: End | None, limit: int) -> tuple[End, int, bool]:
    """Check up to `limit` rows after `previous` (None: from the start): the last one checked, how many, whether that is all.

    Raises:
        ChainBroken: at the first row that does not fit.
    """
    start = _end(db, "start")
    # Retention may have moved the start since the last call.
    last = start if previous is None or previous.number < start.number else previous
    rows = db.rows("SELECT number, kind, link FROM log WHERE number > ? ORDER BY number LIMIT ?", last.number, limit)
    for number, kind, link in rows:
        if kind not in TABLES:
            raise ChainBroken(number, "the row is of no known kind")
        last = End(number, audit.check_row(last, number, link, kind, _stored(db, kind, number)), b"")
    if len(rows) == limit:
        return last, len(rows), False
    _check_head(db, last)
    return last, len(rows), True


def _check_head(db: Database, last: End) -> None:
    head = _end(db, "head")
    if (head.number, head.link) != (last.number, last.link):
        raise ChainBroken(last.number + 1, "rows at the end are missing")
    for table in TABLES:
        stray = db.row(f"SELECT min(number) FROM {table} WHERE number NOT IN (SELECT number FROM log)")  # noqa: S608
        if stray is not None and stray[0] is not None:
            raise ChainBroken(stray[0], f"the {table} row was added")
