"""Clients of the API, as rows. Everything runs inside the caller's transaction."""

from sqlite3 import Row

import msgspec

from api.records import Client, FormerKey
from device.audit import Value
from device.store.connection import Database
from device.store.people import add_realm

_FORMER = ("prefix", "hash", "until", "boot_id", "until_boot")
"""The fields of `FormerKey`, each a column."""


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
            "key_created_at": client.key_created_at,
            **_former_columns(client.former),
        },
        """ON CONFLICT (client_id) DO UPDATE SET name = excluded.name, realm = excluded.realm, grants = excluded.grants,
           key_prefix = excluded.key_prefix, key_hash = excluded.key_hash, revoked_at = excluded.revoked_at,
           created_at = coalesce(excluded.created_at, created_at), key_created_at = excluded.key_created_at,
           former_prefix = excluded.former_prefix, former_hash = excluded.former_hash, former_until = excluded.former_until,
           former_boot_id = excluded.former_boot_id, former_until_boot = excluded.former_until_boot""",
    )


def _former_columns(former: FormerKey | None) -> dict[str, Value]:
    return {f"former_{name}": None if former is None else getattr(former, name) for name in _FORMER}


def get(db: Database, client_id: str) -> Client | None:
    """One client, by id."""
    return _client(db.row("SELECT * FROM clients WHERE client_id = ?", client_id))


def by_prefix(db: Database, key_prefix: str) -> Client | None:
    """One client, by the prefix of its key or of its former key."""
    return _client(db.row("SELECT * FROM clients WHERE key_prefix = ? OR former_prefix = ?", key_prefix, key_prefix))


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
        key_created_at=row["key_created_at"],
        former=_former(row),
    )


def _former(row: Row) -> FormerKey | None:
    if row["former_prefix"] is None:
        return None
    return FormerKey(*(row[f"former_{name}"] for name in _FORMER))
