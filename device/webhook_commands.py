"""Operators' commands about webhooks, the replies to them, and how they are carried out on the store."""

import time
import uuid
from typing import Annotated

import msgspec

from api.clock import Clock, rfc3339
from api.ports import Store, StoreConflict
from api.records import LOCAL, Webhook
from api.webhook import AddressRefused, checked_address, new_secret, rotated, shown
from device.command import Command, Name, OperationRefused, OverlapHours, Realm, Reply
from device.webhooks import Sender


class WebhookAdd(Command, frozen=True):
    """Deliver a realm's events to an address. Answered by `WebhookAdded`, the one time that the secret is shown."""

    name: Name
    url: Annotated[str, msgspec.Meta(max_length=10_000)]
    realm: Realm = LOCAL
    backlog: bool = False
    """Begin with the oldest event kept; else with the next one to come."""


class WebhookList(Command, frozen=True):
    """All webhooks. Answered by `WebhookViews`."""


class WebhookRemove(Command, frozen=True):
    """Deliver no more. Answered by `WebhookRemoved`."""

    name: Name


class WebhookRotate(Command, frozen=True):
    """Sign with a new secret, and for a while with the one before too. Answered by `WebhookRotated`, which shows it once."""

    name: Name
    overlap_hours: OverlapHours = 24.0


class WebhookTest(Command, frozen=True):
    """Send one signed message without events, now. Answered by `WebhookTested`."""

    name: Name


class WebhookAdded(Reply, frozen=True):
    """A new webhook; `secret` is shown this once."""

    webhook_id: str
    name: str
    url: str
    realm: str
    cursor: int
    secret: str


class WebhookView(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook, without its secret."""

    webhook_id: str
    name: str
    url: str
    realm: str
    cursor: int
    """Number of the newest event that the receiver has acknowledged."""
    created_at: str | None
    delivered_at: str | None
    failures: int
    """Deliveries in a row that failed."""
    trouble: str
    """What the last of them came to; empty where none failed since."""


class WebhookViews(Reply, frozen=True):
    """All webhooks, by name."""

    webhooks: tuple[WebhookView, ...]
    newest: int
    """Number of the log's newest event, of whatever realm."""


class WebhookRemoved(Reply, frozen=True):
    """A webhook is gone."""

    name: str


class WebhookRotated(Reply, frozen=True):
    """A webhook's new secret, shown this once."""

    name: str
    secret: str
    former_until: str | None
    """Until when messages are signed with the one before too; None: they no longer are."""


class WebhookTested(Reply, frozen=True):
    """What a test message came to."""

    name: str
    delivered: bool
    trouble: str
    """Why it was not delivered; empty when it was."""
    milliseconds: int


WebhookCommand = WebhookAdd | WebhookList | WebhookRemove | WebhookRotate | WebhookTest
WebhookReply = WebhookAdded | WebhookViews | WebhookRemoved | WebhookRotated | WebhookTested


async def carry_out(command: WebhookCommand, store: Store, clock: Clock, timeout_s: float) -> WebhookReply:
    """Carry out one command.

    Raises:
        OperationRefused: the device did not do it, and changed nothing.
    """
    match command:
        case WebhookAdd():
            return await _add(command, store, clock)
        case WebhookList():
            views = tuple(_view(webhook) for webhook in await store.webhooks())
            return WebhookViews(webhooks=views, newest=(await store.log_page(LOCAL, limit=1)).newest)
        case WebhookRemove():
            await store.remove_webhook((await _named(store, command.name)).webhook_id)
            return WebhookRemoved(name=command.name)
        case WebhookRotate():
            return await _rotate(command, store, clock)
        case WebhookTest():
            webhook, began = await _named(store, command.name), time.monotonic()
            async with Sender(clock, timeout_s) as sender:
                trouble = await sender.test(webhook)
            milliseconds = round((time.monotonic() - began) * 1000)
            return WebhookTested(name=command.name, delivered=not trouble, trouble=trouble, milliseconds=milliseconds)


async def _add(command: WebhookAdd, store: Store, clock: Clock) -> WebhookAdded:
    newest = (await store.log_page(LOCAL, limit=1)).newest
    try:
        webhook = Webhook(
            webhook_id=str(uuid.uuid4()),
            name=command.name,
            url=checked_address(command.url),
            realm=command.realm,
            secret=new_secret(),
            cursor=0 if command.backlog else newest,
            created_at=clock.dated(),
        )
        await store.add_webhook(webhook)
    except AddressRefused as error:
        raise OperationRefused("invalid_address", str(error)) from error
    except StoreConflict as error:
        taken = f"a webhook named {command.name!r} is there already; choose another name"
        raise OperationRefused("webhook_exists", taken) from error
    return WebhookAdded(
        webhook_id=webhook.webhook_id,
        name=webhook.name,
        url=webhook.url,
        realm=webhook.realm,
        cursor=webhook.cursor,
        secret=shown(webhook.secret),
    )


async def _rotate(command: WebhookRotate, store: Store, clock: Clock) -> WebhookRotated:
    webhook = rotated(await _named(store, command.name), command.overlap_hours * 3600, clock)
    if not await store.change_webhook_secret(webhook.webhook_id, webhook.secret, webhook.former):
        raise _absent(command.name)
    until = None if webhook.former is None else rfc3339(webhook.former.until)
    return WebhookRotated(name=webhook.name, secret=shown(webhook.secret), former_until=until)


async def _named(store: Store, name: str) -> Webhook:
    for webhook in await store.webhooks():
        if webhook.name == name:
            return webhook
    raise _absent(name)


def _absent(name: str) -> OperationRefused:
    return OperationRefused("webhook_not_found", f"there is no webhook named {name!r}; see `kioskctl webhook list`")


def _view(webhook: Webhook) -> WebhookView:
    return WebhookView(
        webhook_id=webhook.webhook_id,
        name=webhook.name,
        url=webhook.url,
        realm=webhook.realm,
        cursor=webhook.cursor,
        created_at=None if webhook.created_at is None else rfc3339(webhook.created_at),
        delivered_at=None if webhook.delivered_at is None else rfc3339(webhook.delivered_at),
        failures=webhook.failures,
        trouble=webhook.trouble,
    )
