"""PINs, cards and the failures at pad and reader, as rows. Everything runs inside the caller's transaction."""

from sqlite3 import Row

from api.lockout import Lockout
from api.ports import StoreConflict, StoreDamaged
from api.records import LOCAL
from device.audit import Value
from device.factor_records import Card, OperatorAct, Pin
from device.store import chain, log, people, subjects
from device.store.connection import Database
from device.store.sealing import Place, seal, unseal, unseal_fields

_PINS = f"SELECT pins.*, subjects.user_id, {subjects.KEY_COLUMNS} FROM pins JOIN subjects USING (subject_id)"  # noqa: S608
_CARDS = "SELECT cards.*, subjects.user_id FROM cards JOIN subjects USING (subject_id)"


def _hash(subject_id: int) -> Place:
    return Place("pins", subject_id, "hash")


def put_pin(db: Database, pin: Pin, act: OperatorAct) -> None:
    """Set a person's PIN, with its line for audit; what failed against its number before is forgotten.

    Raises:
        StoreConflict: there is no such person, or the number is another's.
    """
    subject = _person(db, pin.user_id)
    taken = db.row("SELECT subject_id FROM pins WHERE realm = ? AND number = ?", LOCAL, pin.number)
    if taken is not None and taken[0] != subject.subject_id:
        raise StoreConflict("the number is another's")
    columns: dict[str, Value] = {
        "subject_id": subject.subject_id,
        "realm": LOCAL,
        "number": pin.number,
        "set_at": pin.set_at,
        "hash": seal(subject.key, _hash(subject.subject_id), pin.hash),
    }
    change = "ON CONFLICT (subject_id) DO UPDATE SET number = excluded.number, set_at = excluded.set_at, hash = excluded.hash"
    db.insert("pins", columns, change)
    clear_lockout(db, f"number {pin.number}")
    write_act(db, act)


def _person(db: Database, user_id: str) -> subjects.Subject:
    if people.get(db, LOCAL, user_id) is None:
        raise StoreConflict("a PIN or a card needs its person first")
    return subjects.of_user(db, LOCAL, user_id)


def pin_of(db: Database, user_id: str) -> Pin | None:
    """A person's PIN."""
    return _pin(db, db.row(f"{_PINS} WHERE pins.realm = ? AND subjects.user_id = ?", LOCAL, user_id))


def pin_by_number(db: Database, number: str) -> Pin | None:
    """The PIN to a number."""
    return _pin(db, db.row(f"{_PINS} WHERE pins.realm = ? AND number = ?", LOCAL, number))


def _pin(db: Database, row: Row | None) -> Pin | None:
    if row is None:
        return None
    key = subjects.key_in(db, row)
    if key is None:
        raise StoreDamaged("a PIN is left of a person who was erased")
    return Pin(row["user_id"], row["number"], unseal(key, _hash(row["subject_id"]), row["hash"]), row["set_at"])


def numbers(db: Database) -> set[str]:
    """The numbers that are taken."""
    return {row[0] for row in db.rows("SELECT number FROM pins WHERE realm = ?", LOCAL)}


def clear_pin(db: Database, act: OperatorAct) -> bool:
    """Take a person's PIN and number away, with the line for audit; False where there is none."""
    cleared = db.run("DELETE FROM pins WHERE subject_id = ?", subjects.find(db, LOCAL, act.user_id)) > 0
    if cleared:
        write_act(db, act)
    return cleared


def add_card(db: Database, card: Card, act: OperatorAct) -> None:
    """Give a person a card, with its line for audit.

    Raises:
        StoreConflict: there is no such person, or the card is somebody's already.
    """
    subject = _person(db, card.user_id)
    if db.row("SELECT 1 FROM cards WHERE hash = ?", card.hash) is not None:
        raise StoreConflict("the card is somebody's already")
    columns: dict[str, Value] = {
        "hash": card.hash,
        "subject_id": subject.subject_id,
        "name": card.name,
        "added_at": card.added_at,
    }
    db.insert("cards", columns)
    write_act(db, act)


def card_by_hash(db: Database, hashed: bytes) -> Card | None:
    """The card that says what has this keyed hash."""
    row = db.row(f"{_CARDS} WHERE hash = ?", hashed)
    return None if row is None else _card(row)


def cards_of(db: Database, user_id: str) -> list[Card]:
    """A person's cards, by name."""
    rows = db.rows(f"{_CARDS} WHERE subject_id = ? ORDER BY name", subjects.find(db, LOCAL, user_id))
    return [_card(row) for row in rows]


def _card(row: Row) -> Card:
    return Card(row["user_id"], row["name"], row["hash"], row["added_at"])


def remove_card(db: Database, name: str, act: OperatorAct) -> bool:
    """Take a card away from its person, with the line for audit; False where the person has none of that name."""
    removed = db.run("DELETE FROM cards WHERE name = ? AND subject_id = ?", name, subjects.find(db, LOCAL, act.user_id)) > 0
    if removed:
        write_act(db, act)
    return removed


def lockout(db: Database, name: str) -> Lockout:
    """The failures in a row under this name."""
    row = db.row("SELECT * FROM pad_lockouts WHERE name = ?", name)
    if row is None:
        return Lockout()
    return Lockout(row["failures"], row["wait_s"], row["boot_id"], row["until_boot"], row["until"])


def put_lockout(db: Database, name: str, found: Lockout) -> None:
    """Write down the failures in a row."""
    columns: dict[str, Value] = {
        "name": name,
        "failures": found.failures,
        "wait_s": found.wait_s,
        "boot_id": found.boot_id,
        "until_boot": found.until_boot,
        "until": found.until,
    }
    change = """ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, wait_s = excluded.wait_s,
                boot_id = excluded.boot_id, until_boot = excluded.until_boot, until = excluded.until"""
    db.insert("pad_lockouts", columns, change)


def clear_lockout(db: Database, name: str) -> bool:
    """Forget the failures; False where there were none."""
    return db.run("DELETE FROM pad_lockouts WHERE name = ?", name) > 0


def write_act(db: Database, act: OperatorAct) -> int:
    """Write what was changed about somebody or, with an empty id, about the device; returns its number in the log."""
    period = subjects.period_of(act.created_at, act.boot_id, act.boot_time)
    subject = subjects.of_user(db, LOCAL, act.user_id) if act.user_id else subjects.of_period(db, period)
    columns: dict[str, Value] = {
        "act": act.act,
        "boot_id": act.boot_id,
        "boot_time": act.boot_time,
        "created_at": act.created_at,
    }
    personal = {"user_id": act.user_id, "operator": act.operator, "detail": act.detail}
    return chain.append(db, "operator_acts", columns, subject, personal)


def set_back(db: Database, act: OperatorAct, wall_minus_boot: float) -> int:
    """Write that the clock was set back, and date its boot's rows anew; returns the act's number in the log."""
    log.date_boot(db, act.boot_id, wall_minus_boot)
    return write_act(db, act)


def acts(db: Database, user_id: str) -> list[OperatorAct]:
    """What was changed about a person or, for an empty id, about the device, oldest first."""
    select = f"SELECT operator_acts.*, {subjects.KEY_COLUMNS} FROM operator_acts JOIN subjects USING (subject_id) WHERE "  # noqa: S608
    if user_id:
        rows = db.rows(f"{select} subject_id = ? ORDER BY number", subjects.find(db, LOCAL, user_id))
    else:
        rows = db.rows(f"{select} period IS NOT NULL ORDER BY number")
    return [_act(db, row) for row in rows]


def _act(db: Database, row: Row) -> OperatorAct:
    place = Place("operator_acts", row["number"], "personal")
    known = unseal_fields(subjects.key_in(db, row), place, row["personal"])
    return OperatorAct(
        act=row["act"],
        user_id=known.get("user_id", ""),
        operator=known.get("operator", ""),
        boot_id=row["boot_id"],
        boot_time=row["boot_time"],
        created_at=row["created_at"],
        detail=known.get("detail", {}),
    )
