"""The named migrations (`migrations/*.sql`) and their bookkeeping: which of them a database has had."""

from importlib.resources import files

from sqlcipher3 import dbapi2

from api.ports import StoreDamaged, StoreNotADatabase, StoreTooNew
from device.store.connection import Database

APPLICATION_ID = 0x6B696F73
"""`kios`, in the database's header: whose file this is."""


def known() -> list[str]:
    """The names of this program's migrations, in order."""
    found = (entry.name for entry in (files("device.store") / "migrations").iterdir())
    return sorted(name.removesuffix(".sql") for name in found if name.endswith(".sql"))


def found_empty(db: Database) -> None:
    """Sign a new database and begin its list of migrations."""
    db.run(f"PRAGMA application_id = {APPLICATION_ID}")
    db.run("CREATE TABLE migrations (position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)")


def applied(db: Database) -> list[str]:
    """The names of the migrations that the database has had.

    Raises:
        StoreNotADatabase: the database is another program's.
    """
    signature = db.row("PRAGMA application_id")
    if signature is None or signature[0] != APPLICATION_ID:
        raise StoreNotADatabase("the file is an encrypted database, but of another program; it is left as it is")
    return [str(row[0]) for row in db.rows("SELECT name FROM migrations ORDER BY position")]


def migrate(db: Database) -> None:
    """Apply the migrations that are missing, each in a transaction of its own.

    Raises:
        StoreTooNew: the database has had some that this program does not know.
        StoreDamaged: it has had them in another order.
    """
    ours, theirs = known(), applied(db)
    unknown = [name for name in theirs if name not in ours]
    if unknown:
        raise StoreTooNew(f"a newer version of this program wrote the database ({', '.join(unknown)}); install that version")
    if ours[: len(theirs)] != theirs:
        raise StoreDamaged("the database's list of migrations is not in order; restore it from a backup")
    for name in ours[len(theirs) :]:
        _apply(db, name)


def _apply(db: Database, name: str) -> None:
    text = (files("device.store") / "migrations" / f"{name}.sql").read_text(encoding="utf-8")
    with db.transaction():
        for statement in statements(text):
            db.run(statement)
        db.insert("migrations", {"name": name})


def statements(text: str) -> list[str]:
    """Split a script into statements; a semicolon in a comment or a string does not end one."""
    found, pending = [], ""
    for line in text.splitlines(keepends=True):
        pending += line
        if dbapi2.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found
