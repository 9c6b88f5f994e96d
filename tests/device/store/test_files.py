"""Files that are not ours, cut off, of another key or another version: a clear error each, and nothing overwritten."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from api.ports import (
    StoreConflict,
    StoreDamaged,
    StoreError,
    StoreKeyWrong,
    StoreLocked,
    StoreMissing,
    StoreNotADatabase,
    StoreTooNew,
)
from api.records import LOCAL
from device.keys import Keys
from device.store import schema
from device.store.connection import PAGE, connect, creating
from device.store.store import create_store, open_store

OTHER = Keys.from_root(bytes(32))


@pytest.fixture
async def made(path, keys, make) -> Path:
    async with open_store(path, keys, create=True) as store:
        for index in range(40):
            await store.put_person(make.person(f"person {index}"))
            await store.add_enrollment(make.enrollment(f"person {index}"))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


async def refused(path: Path, keys: Keys, kind: type[StoreError], words: str) -> None:
    """Opening is refused as said, and the file stays as it is, with or without leave to make one."""
    before = contents(path.parent)
    for create in (False, True):
        with pytest.raises(kind, match=words) as refusal:
            async with open_store(path, keys, create=create):
                pass
        assert type(refusal.value) is kind
    assert contents(path.parent) == before
    assert list(before) == [path.name]


async def test_no_file_is_not_an_empty_store(path, keys):
    with pytest.raises(StoreMissing, match="kioskctl init"):
        async with open_store(path, keys):
            pass
    assert not path.exists()


async def test_a_wrong_key(made):
    await refused(made, OTHER, StoreKeyWrong, "root key does not open")


async def test_random_bytes_cannot_be_told_from_a_wrong_key(path, keys):
    path.parent.mkdir()
    path.write_bytes(os.urandom(4 * PAGE))
    await refused(path, keys, StoreKeyWrong, "does not open")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (b"hello", "5 bytes"),
        (b"plain text, much of it\n" * 1000, "no encrypted database"),
        (bytes(8 * PAGE), "no encrypted database"),
    ],
)
async def test_what_is_plainly_no_database(path, keys, content, words):
    path.parent.mkdir()
    path.write_bytes(content)
    await refused(path, keys, StoreNotADatabase, words)


async def test_an_unencrypted_database(path, keys):
    path.parent.mkdir()
    with sqlite3.connect(path) as plain:
        plain.execute("CREATE TABLE people (name TEXT)")
    plain.close()
    await refused(path, keys, StoreNotADatabase, "unencrypted")


async def test_another_programs_encrypted_database(path, keys):
    with creating(path, keys) as db:
        db.run("CREATE TABLE people (name TEXT)")
    await refused(path, keys, StoreNotADatabase, "another program")


async def test_a_file_cut_off_inside_a_page(made, keys):
    os.truncate(made, 10 * PAGE + 100)
    await refused(made, keys, StoreDamaged, "cut off")


async def test_a_file_cut_off_between_pages(made, keys):
    os.truncate(made, 10 * PAGE)
    await refused(made, keys, StoreDamaged, "damaged")


async def test_a_file_cut_off_inside_its_first_page(made, keys):
    os.truncate(made, 100)
    await refused(made, keys, StoreNotADatabase, "100 bytes")


async def test_a_changed_byte_in_the_first_page(made, keys):
    content = bytearray(made.read_bytes())
    content[200] ^= 1
    made.write_bytes(content)
    await refused(made, keys, StoreKeyWrong, "or the file is damaged")


async def test_a_changed_byte_further_on_is_found_by_the_check(made, keys):
    content = bytearray(made.read_bytes())
    content[len(content) * 9 // 10] ^= 1  # beyond what opening reads
    made.write_bytes(content)
    async with open_store(made, keys) as store:
        assert await store.check()


async def test_a_newer_programs_database(made, keys):
    db = connect(made, keys)
    db.insert("migrations", {"name": "9999_of_next_year"})
    db.connection.close()
    await refused(made, keys, StoreTooNew, "9999_of_next_year")


async def test_migrations_in_another_order(made, keys, monkeypatch):
    names = ["0000_earlier", *schema.known()]
    monkeypatch.setattr(schema, "known", lambda: names)
    await refused(made, keys, StoreDamaged, "order")


async def test_later_migrations_are_applied_once_and_a_failing_one_not_at_all(made, keys, monkeypatch, root, tmp_path):
    folder = tmp_path / "package" / "migrations"
    folder.mkdir(parents=True)
    for file in (root / "device/store/migrations").glob("*.sql"):
        (folder / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(schema, "files", lambda package: tmp_path / "package")
    (folder / "9001_good.sql").write_text("ALTER TABLE people ADD COLUMN note TEXT; -- a column; later\nCREATE TABLE good (x);\n")
    for _ in range(2):
        async with open_store(made, keys) as store:
            assert len(await store.people(LOCAL)) == 40
    (folder / "9002_bad.sql").write_text("CREATE TABLE half (x);\nCREATE TABLE people (x);\n")
    with pytest.raises(StoreError, match="people already exists"):
        async with open_store(made, keys):
            pass
    db = connect(made, keys)
    names = {row[0] for row in db.rows("SELECT name FROM sqlite_master")}
    assert schema.applied(db) == schema.known()[:-1]
    assert schema.applied(db)[-1] == "9001_good"
    assert "good" in names
    assert "half" not in names
    db.connection.close()


def test_a_script_is_split_at_statements_only():
    script = "-- one; two\nCREATE TABLE a (\n  x TEXT DEFAULT ';'\n);\n\nCREATE TABLE b (y);\n"
    assert [part.split("CREATE")[1].split()[1] for part in schema.statements(script)] == ["a", "b"]


def test_making_never_overwrites(path, keys):
    path.parent.mkdir()
    for name in (path, Path(f"{path}-wal")):
        name.write_bytes(b"precious")
        with pytest.raises(StoreConflict, match="already"):
            create_store(path, keys)
        assert name.read_bytes() == b"precious"
        name.unlink()
    path.symlink_to("nowhere")
    with pytest.raises(StoreConflict):
        create_store(path, keys)


def test_a_making_that_fails_leaves_nothing(path, keys):
    with pytest.raises(RuntimeError), creating(path, keys):
        raise RuntimeError
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path, keys):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot make"):
        create_store(tmp_path / "file" / "kiosk.db", keys)


async def test_a_new_database_is_the_owners_alone(made):
    assert made.stat().st_mode & 0o777 == 0o600


async def test_commits_are_synced_pages_wiped_and_few_kept_in_memory(store):
    def settings(db):
        names = ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "temp_store", "cipher_page_size", "cache_size")
        return {name: db.row(f"PRAGMA {name}")[0] for name in names}

    assert await store._owner.run(settings) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
        "temp_store": 2,
        "cipher_page_size": str(PAGE),
        "cache_size": -2000,
    }


OPENING = """
import asyncio, sys
from pathlib import Path
from api.ports import StoreLocked
from device.keys import Keys
from device.store.store import open_store
async def main():
    try:
        async with open_store(Path(sys.argv[1]), Keys.from_root(bytes(range(32)))):
            print("opened")
    except StoreLocked as refusal:
        print("locked:", refusal)
asyncio.run(main())
"""


async def test_a_second_process_cannot_open_it(store, path, keys, root):
    def second() -> str:
        return subprocess.run(
            [sys.executable, "-c", OPENING, str(path)], cwd=root, capture_output=True, text=True, check=True
        ).stdout

    assert second().startswith("locked: another process")
    with pytest.raises(StoreLocked):
        async with open_store(path, keys):
            pass


def test_the_library_is_sqlcipher():
    assert dbapi2.connect(":memory:").execute("PRAGMA cipher_version").fetchone()[0].startswith("4.")
