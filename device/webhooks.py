"""Delivering the log to webhooks: one task each, in order, at least once, from the cursor that the store keeps.

Nothing here holds anything up: whoever writes a record does not know of webhooks, and a receiver that is away costs one task.
"""

import asyncio
import logging
from typing import Any

import aiohttp
import msgspec

from api.clock import Clock, rfc3339
from api.errors import ApiError
from api.events import Event, events_of, next_cursor, plain
from api.ports import Store, StoreError
from api.records import Webhook
from api.webhook import headers, pause_s, secrets_of
from device.settings import EventSettings
from inference.journal import event

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""Seconds between looks for webhooks that were added, and for records of which no news came."""

BATCH = 100
"""Events in one message."""


class Sender:
    """Sends signed messages; a context, which closes its connections."""

    def __init__(self, clock: Clock, timeout_s: float) -> None:
        self._clock = clock
        self._timeout_s = timeout_s

    async def __aenter__(self) -> "Sender":
        """Make ready to connect; nothing is connected yet."""
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        self._http = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close all connections."""
        await self._http.close()

    async def send(self, webhook: Webhook, message_id: str, content: dict[str, Any]) -> str:
        """Send one message; empty where the receiver took it (2xx), else in words what went wrong, without values of it."""
        now = self._clock.wall()
        body = msgspec.json.encode({"webhook_id": webhook.webhook_id, "timestamp": rfc3339(now), **content})
        signed = headers(secrets_of(webhook, self._clock), message_id, int(now), body)
        try:
            # A redirect would send the events where nobody has checked the address.
            async with self._http.post(webhook.url, data=body, headers=signed, allow_redirects=False) as response:
                return "" if 200 <= response.status < 300 else f"the receiver answered HTTP {response.status}"
        except TimeoutError:
            return f"no answer within {self._timeout_s:g} s"
        except aiohttp.ClientConnectorCertificateError:
            return "the receiver's certificate is not trusted"
        except aiohttp.ClientConnectorError:
            return "the receiver cannot be reached"
        except (aiohttp.ClientError, ValueError) as error:
            return f"the delivery broke off ({type(error).__name__})"

    async def test(self, webhook: Webhook) -> str:
        """Send a message without events, as `send` does."""
        return await self.send(webhook, f"{webhook.webhook_id}.test", {"type": "test", "events": [], "next": webhook.cursor})


class Webhooks:
    """Keeps every webhook of the store up with the log."""

    def __init__(self, store: Store, clock: Clock, settings: EventSettings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    async def run(self) -> None:
        """Deliver until cancelled. What was in flight then is delivered again at the next start."""
        running: dict[str, asyncio.Task[None]] = {}
        async with Sender(self._clock, self._settings.webhook_timeout_s) as sender:
            try:
                while True:
                    await self._look(running, sender)
                    await asyncio.sleep(LOOK_S)
            finally:
                for task in running.values():
                    task.cancel()
                await asyncio.gather(*running.values(), return_exceptions=True)

    async def _look(self, running: dict[str, asyncio.Task[None]], sender: Sender) -> None:
        """Start what is new or has failed, end what is gone."""
        try:
            wanted = {webhook.webhook_id for webhook in await self._store.webhooks()}
        except StoreError as error:
            log.error("webhooks cannot be read: %s: %s", type(error).__name__, error)
            return
        for webhook_id in [each for each, task in running.items() if each not in wanted or task.done()]:
            _told(running.pop(webhook_id))
        for webhook_id in wanted - running.keys():
            running[webhook_id] = asyncio.create_task(self._serve(webhook_id, sender), name=f"webhook {webhook_id}")

    async def _serve(self, webhook_id: str, sender: Sender) -> None:
        """Deliver to one webhook until it is removed. Events are read anew for every try: who was erased is named no more."""
        with self._store.news() as news:
            while (webhook := await self._store.webhook(webhook_id)) is not None:
                page = await self._store.log_page(webhook.realm, webhook.cursor, BATCH)
                events = events_of(page, webhook.realm, webhook.cursor)
                reached = next_cursor(page, BATCH, webhook.cursor)
                if events:
                    await self._deliver(webhook, events, reached, sender)
                    continue
                if reached - webhook.cursor >= BATCH:
                    # Other realms' rows: once they are cut, that must not look like a gap.
                    await self._store.webhook_delivered(webhook_id, reached, webhook.delivered_at)
                await news.within(LOOK_S)

    async def _deliver(self, webhook: Webhook, events: list[Event], reached: int, sender: Sender) -> None:
        """One try; a failure is written down and waited out."""
        message_id = f"{webhook.webhook_id}.{events[0].number}-{reached}"
        trouble = await sender.send(webhook, message_id, {"type": "events", "events": plain(events), "next": reached})
        if not trouble:
            if webhook.failures:
                extra = event("webhook", name=webhook.name, state="ok")
                log.info("webhook %s takes events again", webhook.name, extra=extra)
            # Shielded: stopping now must not lose what the receiver has acknowledged.
            await asyncio.shield(self._store.webhook_delivered(webhook.webhook_id, reached, self._clock.dated()))
            return
        if not webhook.failures:
            extra = event("webhook", name=webhook.name, state="failing")
            log.warning("webhook %s: %s; it is tried again until it works", webhook.name, trouble, extra=extra)
        if await self._store.webhook_failed(webhook.webhook_id, trouble):
            settings = self._settings
            await asyncio.sleep(pause_s(webhook.failures + 1, settings.webhook_backoff_s, settings.webhook_backoff_max_s))


def _told(task: asyncio.Task[None]) -> None:
    """End a task; why it failed, if it did, is logged."""
    if not task.done():
        task.cancel()
    elif not task.cancelled() and (error := task.exception()) is not None:
        expected = isinstance(error, StoreError | ApiError)
        log.error("%s failed: %s: %s", task.get_name(), type(error).__name__, error, exc_info=None if expected else error)
