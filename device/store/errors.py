"""What SQLCipher's errors mean in the words of `api.ports`. Messages of the library name columns, never contents."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlcipher3 import dbapi2

from api.ports import StoreConflict, StoreDamaged, StoreError, StoreFull, StoreLocked

_PRIMARY = 0xFF
_MEANINGS: dict[int, tuple[type[StoreError], str]] = {
    dbapi2.SQLITE_FULL: (StoreFull, "no space is left for the database; free some on its disk; nothing was changed"),
    dbapi2.SQLITE_NOTADB: (StoreDamaged, "the database can no longer be read; restore it from a backup"),
    dbapi2.SQLITE_CORRUPT: (StoreDamaged, "the database is damaged; restore it from a backup"),
    dbapi2.SQLITE_BUSY: (StoreLocked, "another process has the database open; stop it first"),
    dbapi2.SQLITE_LOCKED: (StoreLocked, "another connection has the database open; close it first"),
}


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors of the library into `StoreError`s."""
    try:
        yield
    except dbapi2.IntegrityError as error:
        raise StoreConflict(f"the record contradicts what is stored: {error}") from error
    except dbapi2.Error as error:
        kind, meaning = _MEANINGS.get(code_of(error), (StoreError, f"the database cannot be used: {error}"))
        raise kind(meaning) from error


def code_of(error: dbapi2.Error) -> int:
    """SQLite's primary result code, 0 where there is none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY
