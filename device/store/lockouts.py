"""Failures in a row of who claimed to be somebody in remote sessions, as rows. The rules are `api.lockout`'s."""

from api.lockout import Lockout
from device.store import subjects
from device.store.connection import Database


def get(db: Database, realm: str, user_id: str) -> Lockout:
    """What stands against claims to be this person; nothing, where nobody has failed."""
    row = db.row("SELECT * FROM lockouts WHERE subject_id = ?", subjects.find(db, realm, user_id))
    if row is None:
        return Lockout()
    return Lockout(row["failures"], row["wait_s"], row["boot_id"], row["until_boot"], row["until"])


def put(db: Database, realm: str, user_id: str, lockout: Lockout) -> None:
    """Write down how things stand after one more failure."""
    db.insert(
        "lockouts",
        {
            "subject_id": subjects.of_user(db, realm, user_id).subject_id,
            "failures": lockout.failures,
            "wait_s": lockout.wait_s,
            "boot_id": lockout.boot_id,
            "until_boot": lockout.until_boot,
            "until": lockout.until,
        },
        """ON CONFLICT (subject_id) DO UPDATE SET failures = excluded.failures, wait_s = excluded.wait_s,
           boot_id = excluded.boot_id, until_boot = excluded.until_boot, until = excluded.until""",
    )


def clear(db: Database, realm: str, user_id: str) -> bool:
    """Forget the failures; False where there were none."""
    return bool(db.run("DELETE FROM lockouts WHERE subject_id = ?", subjects.find(db, realm, user_id)))
