"""The hash chain over the log: any row changed, removed, added, or cut off the end is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ports import StoreDamaged
from device import audit
from device.audit import ChainBroken
from device.store.connection import connect
from device.store.store import open_store

TABLES = ("attempts", "visits", "door_events")


@pytest.fixture
async def logged(path, keys, make):
    async with open_store(path, keys, create=True) as store:
        for index in range(4):
            await store.add_attempt(make.attempt(None if index % 2 else "anna"))
            await store.add_visit(make.visit())
            await store.add_door_event(make.door_event())
        assert await store.verify() == 12
    return path


def tamper(path, keys, *changes: str) -> None:
    db = connect(path, keys)
    db.run("PRAGMA foreign_keys = OFF")
    with db.transaction():
        for change in changes:
            assert db.run(change) != 0
    db.connection.close()


async def broken_at(path, keys) -> int:
    async with open_store(path, keys) as store:
        with pytest.raises(ChainBroken) as found:
            await store.verify()
    assert str(found.value.number) in str(found.value)
    return found.value.number


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ("UPDATE attempts SET success = 0 WHERE number = 4", 4),
        ("UPDATE attempts SET liveness_passed = 7 WHERE number = 4", 4),
        ("UPDATE attempts SET success = 1.5 WHERE number = 4", 4),
        ("UPDATE attempts SET personal = randomblob(90) WHERE number = 7", 7),
        ("UPDATE attempts SET created_at = created_at + 1 WHERE number = 10", 10),
        ("UPDATE attempts SET subject_id = subject_id + 1 WHERE number = 1", 1),
        ("UPDATE visits SET outcome = 'granted ' WHERE number = 5", 5),
        ("UPDATE door_events SET cause = 'operator' WHERE number = 6", 6),
        ("UPDATE log SET link = randomblob(32) WHERE number = 3", 3),
        ("UPDATE log SET kind = 'visits' WHERE number = 1", 1),
        ("UPDATE log SET kind = 'people' WHERE number = 1", 1),
        ("DELETE FROM visits WHERE number = 8", 8),
        ("DELETE FROM log WHERE number = 8", 8),
        ("DELETE FROM log WHERE number = 1", 1),
        ("DELETE FROM log WHERE number = 12", 12),
        ("UPDATE chain_ends SET number = 11 WHERE name = 'head'", 11),
        ("UPDATE chain_ends SET number = 3, link = (SELECT link FROM log WHERE number = 3) WHERE name = 'start'", 3),
    ],
)
async def test_a_change_is_found_where_it_was_made(logged, keys, change, number):
    tamper(logged, keys, change)
    assert await broken_at(logged, keys) == number


async def test_rows_cut_off_the_end_are_missed_even_with_the_end_moved(logged, keys):
    tamper(
        logged,
        keys,
        "DELETE FROM attempts WHERE number >= 10",
        "DELETE FROM visits WHERE number >= 10",
        "DELETE FROM door_events WHERE number >= 10",
        "DELETE FROM log WHERE number >= 10",
        "UPDATE chain_ends SET number = 9, link = (SELECT link FROM log WHERE number = 9) WHERE name = 'head'",
    )
    assert await broken_at(logged, keys) == 9


async def test_nothing_is_written_after_an_end_that_was_tampered_with(logged, keys, make):
    tamper(logged, keys, "UPDATE chain_ends SET number = 20 WHERE name = 'head'")
    async with open_store(logged, keys) as store:
        with pytest.raises(ChainBroken):
            await store.add_attempt(make.attempt())


async def test_an_end_that_was_removed_is_said(logged, keys, make):
    tamper(logged, keys, "DELETE FROM chain_ends WHERE name = 'head'")
    async with open_store(logged, keys) as store:
        with pytest.raises(StoreDamaged, match="head is missing"):
            await store.add_attempt(make.attempt())


async def test_a_row_beside_the_log_is_found(logged, keys):
    columns = "subject_id, visit_id, outcome, reason, duration_ms, attempts, boot_id, boot_time, personal"
    values = columns.replace("visit_id", "'another'")
    tamper(logged, keys, f"INSERT INTO visits (number, {columns}) SELECT 99, {values} FROM visits WHERE number = 2")
    assert await broken_at(logged, keys) == 99


async def test_relinking_after_a_change_does_not_help_without_the_key(logged, keys):
    """Whoever can write the database but has no chain key computes every link anew, and still cannot sign the end."""
    db = connect(logged, keys)
    db.run("UPDATE attempts SET success = 0 WHERE number = 4")
    previous = db.row("SELECT link FROM log WHERE number = 3")[0]
    for number, kind in db.rows("SELECT number, kind FROM log WHERE number >= 4 ORDER BY number"):
        row = dict(db.row(f"SELECT * FROM {kind} WHERE number = ?", number))
        previous = audit.link(previous, kind, row)
        db.run("UPDATE log SET link = ? WHERE number = ?", previous, number)
    db.run("UPDATE chain_ends SET link = ? WHERE name = 'head'", previous)
    db.connection.close()
    assert await broken_at(logged, keys) == 12


async def test_a_log_longer_than_a_batch_is_verified_to_its_end(logged, keys, monkeypatch):
    monkeypatch.setattr("device.store.store._BATCH", 5)
    async with open_store(logged, keys) as store:
        assert await store.verify() == 12
    monkeypatch.setattr("device.store.store._BATCH", 6)
    tamper(logged, keys, "UPDATE door_events SET kind = 'locked' WHERE number = 12")
    assert await broken_at(logged, keys) == 12


values = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary()
rows = st.dictionaries(st.text(min_size=1), values)


@given(rows, st.randoms())
def test_a_link_does_not_depend_on_order_or_on_empty_columns(row, random):
    names = list(row)
    random.shuffle(names)
    shuffled = {name: row[name] for name in names} | {"a column of next year": None}
    shuffled = shuffled if "a column of next year" not in row else dict(row)
    assert audit.link(bytes(32), "attempts", row) == audit.link(bytes(32), "attempts", shuffled)


def distinct(row: dict[str, object]) -> set[tuple[str, str, str]]:
    return {(name, type(value).__name__, repr(value)) for name, value in row.items() if value is not None}


@given(rows, rows)
def test_rows_that_differ_have_other_links(one, other):
    same = audit.link(bytes(32), "visits", one) == audit.link(bytes(32), "visits", other)
    assert same == (distinct(one) == distinct(other))


def test_a_link_depends_on_what_came_before_and_on_the_kind():
    row = {"number": 1, "x": "y"}
    links = {audit.link(previous, kind, row) for previous in (bytes(32), b"\1" * 32) for kind in TABLES}
    assert len(links) == 6
