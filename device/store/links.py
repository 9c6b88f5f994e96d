"""Links for enrolment, as rows. Erasing the person makes them unreadable; everything runs inside the caller's transaction."""

from api.links import EnrollLink
from device.store import subjects
from device.store.connection import Database
from device.store.people import add_realm
from device.store.sealing import Place, seal_fields, unseal_fields


def put(db: Database, link: EnrollLink) -> None:
    """Insert a link, or replace what changes with its use."""
    add_realm(db, link.realm)
    subject = subjects.of_user(db, link.realm, link.user_id)
    personal = {"user_id": link.user_id, "display_name": link.display_name}
    db.insert(
        "enroll_links",
        {
            "link_id": link.link_id,
            "secret": link.secret,
            "subject_id": subject.subject_id,
            "realm": link.realm,
            "expires_at": link.expires_at,
            "boot_id": link.boot_id,
            "expires_boot": link.expires_boot,
            "uses": link.uses,
            "session_token": link.session_token,
            "personal": seal_fields(subject.key, _personal(link.link_id), personal),
        },
        """ON CONFLICT (link_id) DO UPDATE SET secret = excluded.secret, uses = excluded.uses,
           session_token = excluded.session_token, personal = excluded.personal""",
    )


def _personal(link_id: str) -> Place:
    return Place("enroll_links", link_id, "personal")


def get(db: Database, secret: bytes) -> EnrollLink | None:
    """The link that the secret opens now; None: there is none, or its person was erased."""
    row = db.row("SELECT * FROM enroll_links WHERE secret = ?", secret)
    key = None if row is None else subjects.key_of(db, row["subject_id"])
    if row is None or key is None:
        return None
    personal = unseal_fields(key, _personal(row["link_id"]), row["personal"])
    return EnrollLink(
        link_id=row["link_id"],
        secret=row["secret"],
        realm=row["realm"],
        user_id=personal["user_id"],
        display_name=personal["display_name"],
        expires_at=row["expires_at"],
        boot_id=row["boot_id"],
        expires_boot=row["expires_boot"],
        uses=row["uses"],
        session_token=row["session_token"],
    )


def remove(db: Database, link_id: str) -> None:
    """Forget a link."""
    db.run("DELETE FROM enroll_links WHERE link_id = ?", link_id)


def remove_expired(db: Database, before: float) -> None:
    """Forget the links that expired before a time (POSIX seconds)."""
    db.run("DELETE FROM enroll_links WHERE expires_at < ?", before)
