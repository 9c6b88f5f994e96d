"""Clients of the API, as rows. Everything runs inside the caller's transaction."""

from sqlite3 import Row

import msgspec

from api.records import Client
from device.store.connection import Database
from device.store.people import add_realm


def put(db: Database, client: Client) -> None:
    """Insert or replace a client.

    Raises:
        sqlcipher3.IntegrityError: another client's key has this prefix.
    """
    add_realm(db, client.realm)
    db.insert(
        "clients",
        {
            "client_id": client.client_id,
            "name": client.name,
            "realm": client.realm,
            "grants": msgspec.json.encode(client.grants).decode(),
            "key_prefix": client.key_prefix,
            "key_hash": client.key_hash,
            "created_at": client.created_at,
            "revoked_at": client.revoked_at,
        },
        """ON CONFLICT (client_id) DO UPDATE SET name = excluded.name, realm = excluded.realm, grants = excluded.grants,
           key_prefix = excluded.key_prefix, key_hash = excluded.key_hash, revoked_at = excluded.revoked_at,
           created_at = coalesce(excluded.created_at, created_at)""",
    )


def get(db: Database, client_id: str) -> Client | None:
    """One client, by id."""
    return _client(db.row("SELECT * FROM clients WHERE client_id = ?", client_id))


def by_prefix(db: Database, key_prefix: str) -> Client | None:
    """One client, by the prefix of its key."""
    return _client(db.row("SELECT * FROM clients WHERE key_prefix = ?", key_prefix))


def all_of(db: Database) -> list[Client]:
    """Every client, revoked ones too, oldest first."""
    return [client for row in db.rows("SELECT * FROM clients ORDER BY rowid") if (client := _client(row))]


def _client(row: Row | None) -> Client | None:
    if row is None:
        return None
    return Client(
        client_id=row["client_id"],
        name=row["name"],
        realm=row["realm"],
        grants=tuple(msgspec.json.decode(row["grants"], type=list[str])),
        key_prefix=row["key_prefix"],
        key_hash=row["key_hash"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
    )
