"""The durable part of sessions, as rows. They are no part of the log: erasing a person deletes them."""

from sqlite3 import Row

from api.records import SessionKind, SessionRow, SessionStatus
from device.store import subjects
from device.store.connection import Database
from device.store.sealing import Place, seal_fields, unseal_fields


def put(db: Database, session: SessionRow) -> None:
    """Insert or replace a session; whoever it names, it is sealed under their key, and else under the field key."""
    subject = None if session.user_id is None else subjects.of_user(db, session.realm, session.user_id)
    personal = {"user_id": session.user_id, "metadata": session.metadata}
    key = db.keys.field if subject is None else subject.key
    db.insert(
        "sessions",
        {
            "token": session.token,
            "subject_id": None if subject is None else subject.subject_id,
            "kind": str(session.kind),
            "realm": session.realm,
            "client_id": session.client_id,
            "require_liveness": session.require_liveness,
            "status": str(session.status),
            "created_at": session.created_at,
            "expires_at": session.expires_at,
            "completed_at": session.completed_at,
            "outcome": session.outcome,
            "personal": seal_fields(key, _personal(session.token), personal),
        },
        """ON CONFLICT (token) DO UPDATE SET subject_id = excluded.subject_id, status = excluded.status,
           expires_at = excluded.expires_at, completed_at = excluded.completed_at, outcome = excluded.outcome,
           require_liveness = excluded.require_liveness, personal = excluded.personal""",
    )


def _personal(token: str) -> Place:
    return Place("sessions", token, "personal")


def get(db: Database, token: str) -> SessionRow | None:
    """One session; None where its person was erased."""
    row = db.row("SELECT * FROM sessions WHERE token = ?", token)
    return None if row is None else _session(db, row)


def active(db: Database) -> list[SessionRow]:
    """The sessions that no end was written for."""
    rows = db.rows("SELECT * FROM sessions WHERE status = 'active'")
    return [session for row in rows if (session := _session(db, row))]


def _session(db: Database, row: Row) -> SessionRow | None:
    token = row["token"]
    key = db.keys.field if row["subject_id"] is None else subjects.key_of(db, row["subject_id"])
    if key is None:
        return None
    personal = unseal_fields(key, _personal(token), row["personal"])
    return SessionRow(
        token=token,
        kind=SessionKind(row["kind"]),
        realm=row["realm"],
        client_id=row["client_id"],
        user_id=personal["user_id"],
        require_liveness=bool(row["require_liveness"]),
        metadata=personal["metadata"],
        status=SessionStatus(row["status"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        completed_at=row["completed_at"],
        outcome=row["outcome"],
    )
