"""Opening and making the database file, and the connection's settings. What the tables hold is not known here."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

# The types of the standard library's module, whose interface sqlcipher3 has; the connections themselves are sqlcipher3's.
from sqlite3 import Connection, Row
from typing import cast

from sqlcipher3 import dbapi2

from api.ports import StoreConflict, StoreDamaged, StoreError, StoreKeyWrong, StoreMissing, StoreNotADatabase
from device.audit import Value
from device.keys import Keys, sync_folder
from device.store.errors import code_of, translated

PAGE = 4096
_PLAIN = b"SQLite format 3\0"
_SETTINGS = (
    "secure_delete = ON",
    "temp_store = MEMORY",
    "foreign_keys = ON",
    "synchronous = FULL",
    "cipher_memory_security = ON",
    # KiB of decrypted pages in memory. Built-in are 8,000, which fill as the log grows: an hour's megabyte for a day.
    "cache_size = -2000",
)
_PATIENCE = 1.0
"""Seconds to wait for another process that has the file open."""
_FEW_VALUES = 128
"""An encrypted page of 4096 bytes has nearly all of the 256 byte values; text, zeros and sparse files have few."""


@dataclass(frozen=True, slots=True, repr=False)
class Database:
    """The one connection, with the keys of the fields in it. Belongs to the owner's thread."""

    connection: Connection
    keys: Keys

    def rows(self, sql: str, *values: Value) -> list[Row]:
        """All rows of a query."""
        return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Value) -> Row | None:
        """The first row of a query, or None."""
        return cast("Row | None", self.connection.execute(sql, values).fetchone())

    def run(self, sql: str, *values: Value) -> int:
        """Carry out a statement; returns how many rows it changed."""
        return self.connection.execute(sql, values).rowcount

    def insert(self, table: str, row: dict[str, Value], on_conflict: str = "") -> int:
        """Insert a row, by column names that are ours; returns its row id."""
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        cursor = self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks}) {on_conflict}", tuple(row.values()))  # noqa: S608
        return cursor.lastrowid or 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done inside, synced to disk; on any error nothing of it is kept."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise


def connect(path: Path, keys: Keys) -> Database:
    """Open the database file, which must exist; its key is checked.

    Raises:
        StoreMissing: no such file.
        StoreNotADatabase: plainly not an encrypted database: unencrypted, empty, cut off, text.
        StoreKeyWrong: the key does not open it.
        StoreDamaged: it opens, but is cut off.
        StoreLocked: another process has it open.
    """
    _examine(path)
    with translated():
        db = Database(_connect(path, "rw"), keys)
    try:
        _unlock(path, db)
        with translated():
            _settle(db)
    except BaseException:
        db.connection.close()
        raise
    empty_journal(db)
    return db


def connect_frozen(path: Path, keys: Keys) -> Database:
    """Open a file that nobody writes meanwhile a second time, to read what it holds without its journal.

    The first connection has the file for itself (`locking_mode`), so that this one must take no locks: that is what
    `immutable` comes to. Closing it leaves those of the first as they are, as both are the library's in one process.

    Raises:
        StoreError: it cannot be read.
    """
    with translated():
        db = Database(_connect(path, "ro&immutable=1"), keys)
    try:
        with translated():
            _set_key(db)
            db.run("PRAGMA temp_store = MEMORY")
            db.row("SELECT count(*) FROM sqlite_master")
    except BaseException:
        db.connection.close()
        raise
    return db


def empty_journal(db: Database) -> None:
    """Move the journal into the file and cut it to nothing, so that no page that was overwritten is left in it.

    Where that fails (a full disk) the journal stays as it is, and the next time moves it.
    """
    with suppress(dbapi2.OperationalError):
        db.run("PRAGMA wal_checkpoint(TRUNCATE)")


def problems(db: Database) -> list[str]:
    """What is broken in the file; reads all of it."""
    found: list[str] = []
    for check in ("cipher_integrity_check", "quick_check", "foreign_key_check"):
        try:
            found += [": ".join(str(value) for value in row) for row in db.rows(f"PRAGMA {check}")]
        except dbapi2.DatabaseError as error:
            found.append(f"{check}: {error}")
    return [problem for problem in found if problem != "ok"]


def _connect(path: Path, mode: str) -> Connection:
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    connection = cast("Connection", dbapi2.connect(uri, uri=True, isolation_level=None, timeout=_PATIENCE))
    connection.row_factory = dbapi2.Row
    return connection


def _set_key(db: Database) -> None:
    # The library would write its own account of a wrong key to standard error.
    db.run("PRAGMA cipher_log_level = NONE")
    db.run(f"PRAGMA key = \"x'{db.keys.sqlcipher.hex()}'\"")


def _settle(db: Database) -> None:
    for setting in _SETTINGS:
        db.run(f"PRAGMA {setting}")


def _unlock(path: Path, db: Database) -> None:
    """Give the key and read the first page, by which it is known to fit."""
    try:
        _set_key(db)
        db.run("PRAGMA locking_mode = EXCLUSIVE")
        db.row("SELECT count(*) FROM sqlite_master")
    except dbapi2.DatabaseError as error:
        if code_of(error) != dbapi2.SQLITE_NOTADB:
            with translated():
                raise
        raise StoreKeyWrong(
            f"the root key does not open {path}; it belongs to another database, or the file is damaged"
        ) from error


def _examine(path: Path) -> None:
    """Tell files that are plainly not ours from those that only the key can tell."""
    try:
        with path.open("rb") as file:
            page, size = file.read(PAGE), os.fstat(file.fileno()).st_size
    except FileNotFoundError as error:
        raise StoreMissing(f"there is no database {path}; make one with `kioskctl init`") from error
    except OSError as error:
        raise StoreError(f"cannot read the database {path}: {error.strerror}") from error
    if page.startswith(_PLAIN):
        raise StoreNotADatabase(f"{path} is an unencrypted SQLite database, not one of this device; it is left as it is")
    if size < PAGE:
        raise StoreNotADatabase(f"{path} has only {size} bytes: cut off, or not a database; restore it from a backup")
    if len(set(page)) < _FEW_VALUES:
        raise StoreNotADatabase(f"{path} is no encrypted database; it is left as it is")
    if size % PAGE:
        raise StoreDamaged(f"{path} ends inside a page ({size} bytes): it was cut off; restore it from a backup")


@contextmanager
def creating(path: Path, keys: Keys) -> Iterator[Database]:
    """A new, empty database to fill; it takes its name only when the body is through, and never another file's.

    Raises:
        StoreConflict: something is there already.
        StoreError: the folder cannot be written.
    """
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-journal")):
        if os.path.lexists(name):
            raise StoreConflict(f"{name} is there already; it is left as it is")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            draft = Path(folder, "draft")
            with translated(), closing(_connect(draft, "rwc")) as connection:
                db = Database(connection, keys)
                _set_key(db)
                _settle(db)
                db.run("PRAGMA journal_mode = WAL")
                yield db
            _publish(draft, path)
    except OSError as error:
        raise StoreError(f"cannot make the database {path}: {error.strerror}") from error


def _publish(draft: Path, path: Path) -> None:
    draft.chmod(0o600)
    try:
        path.hardlink_to(draft)
    except FileExistsError as error:
        raise StoreConflict(f"{path} is there already; it is left as it is") from error
    sync_folder(path.parent)
