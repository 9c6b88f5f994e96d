"""Webhooks, as rows. Everything runs inside the caller's transaction; delivering is not known here."""

import base64
from dataclasses import asdict, replace
from sqlite3 import Row
from typing import Any

from api.ports import StoreConflict
from api.records import FormerSecret, Webhook
from device.store.connection import Database
from device.store.sealing import Place, seal_fields, unseal_fields


def _personal(webhook_id: str) -> Place:
    return Place("webhooks", webhook_id, "personal")


def add(db: Database, webhook: Webhook) -> None:
    """Insert a webhook; `StoreConflict` where its name is taken."""
    if db.row("SELECT 1 FROM webhooks WHERE name = ?", webhook.name) is not None:
        raise StoreConflict("a webhook of this name is there already")
    db.insert(
        "webhooks",
        {
            "webhook_id": webhook.webhook_id,
            "name": webhook.name,
            "realm": webhook.realm,
            "cursor": webhook.cursor,
            "created_at": webhook.created_at,
            "delivered_at": webhook.delivered_at,
            "failures": webhook.failures,
            "trouble": webhook.trouble,
            "personal": _sealed(db, webhook),
        },
    )


def _sealed(db: Database, webhook: Webhook) -> bytes:
    former = webhook.former
    fields = {
        "url": webhook.url,
        "secret": _text(webhook.secret),
        "former": None if former is None else {**asdict(former), "secret": _text(former.secret)},
    }
    return seal_fields(db.keys.field, _personal(webhook.webhook_id), fields)


def _text(secret: bytes) -> str:
    return base64.b64encode(secret).decode()


def change_secret(db: Database, webhook_id: str, secret: bytes, former: FormerSecret | None) -> bool:
    """Replace the secret, whatever else changed meanwhile; False where the webhook is gone."""
    webhook = get(db, webhook_id)
    if webhook is None:
        return False
    sealed = _sealed(db, replace(webhook, secret=secret, former=former))
    return db.run("UPDATE webhooks SET personal = ? WHERE webhook_id = ?", sealed, webhook_id) > 0


def get(db: Database, webhook_id: str) -> Webhook | None:
    """One webhook."""
    row = db.row("SELECT * FROM webhooks WHERE webhook_id = ?", webhook_id)
    return None if row is None else _webhook(db, row)


def all_of(db: Database) -> list[Webhook]:
    """Every webhook, by name."""
    return [_webhook(db, row) for row in db.rows("SELECT * FROM webhooks ORDER BY name")]


def remove(db: Database, webhook_id: str) -> bool:
    """Delete one; False where there is none."""
    return db.run("DELETE FROM webhooks WHERE webhook_id = ?", webhook_id) > 0


def delivered(db: Database, webhook_id: str, cursor: int, at: float | None) -> bool:
    """The receiver has acknowledged everything up to `cursor`, which never goes back; False where the webhook is gone."""
    change = "UPDATE webhooks SET cursor = max(cursor, ?), delivered_at = ?, failures = 0, trouble = '' WHERE webhook_id = ?"
    return db.run(change, cursor, at, webhook_id) > 0


def failed(db: Database, webhook_id: str, trouble: str) -> bool:
    """A delivery failed; False where the webhook is gone."""
    change = "UPDATE webhooks SET failures = failures + 1, trouble = ? WHERE webhook_id = ?"
    return db.run(change, trouble, webhook_id) > 0


def _webhook(db: Database, row: Row) -> Webhook:
    personal = unseal_fields(db.keys.field, _personal(row["webhook_id"]), row["personal"])
    return Webhook(
        webhook_id=row["webhook_id"],
        name=row["name"],
        url=personal["url"],
        realm=row["realm"],
        secret=base64.b64decode(personal["secret"]),
        cursor=row["cursor"],
        created_at=row["created_at"],
        delivered_at=row["delivered_at"],
        failures=row["failures"],
        trouble=row["trouble"],
        former=_former(personal.get("former")),
    )


def _former(found: dict[str, Any] | None) -> FormerSecret | None:
    return None if found is None else FormerSecret(**{**found, "secret": base64.b64decode(found["secret"])})
