"""Delivery to webhooks: a real store, a real receiver on loopback that fails at times, and processes that are killed."""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from api.ports import Store
from api.records import LOCAL, Attempt, SessionKind, Visit, Webhook
from api.webhook import new_secret, shown, verify
from device.clock import SystemClock
from device.keys import load_keys
from device.settings import EventSettings
from device.store.store import SqlCipherStore, open_store
from device.webhooks import Sender, Webhooks

QUICK = EventSettings(webhook_timeout_s=0.5, webhook_backoff_s=0.02, webhook_backoff_max_s=0.1)
SECRET = new_secret()


class Receiver:
    """Takes messages, checks their signatures, and answers as told."""

    def __init__(self) -> None:
        self.url = ""
        self.messages: list[dict] = []
        """Those it took, by answering 200."""
        self.tries = 0
        self.answer: Callable[[int], Awaitable[web.Response]] = _taken

    @property
    def numbers(self) -> list[int]:
        return [event["number"] for message in self.messages for event in message["events"]]

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        said = {name.lower(): value for name, value in request.headers.items()}
        verify(shown(SECRET), said, body, time.time())
        assert shown(SECRET).encode() not in body
        self.tries += 1
        response = await self.answer(self.tries)
        if response.status == 200:
            self.messages.append(json.loads(body))
        return response

    async def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def _taken(number: int) -> web.Response:
    return web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/events", made.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/events"
    yield made
    await runner.cleanup()


def webhook(receiver: Receiver, name: str = "gate", **fields) -> Webhook:
    return Webhook(
        **{"webhook_id": str(uuid.uuid4()), "name": name, "url": receiver.url, "realm": LOCAL, "secret": SECRET} | fields
    )


def visit() -> Visit:
    return Visit(str(uuid.uuid4()), "granted", "match", "anna", 0.9, 1400, (), "boot", 78.0, 1.8e9)


def attempt(realm: str = LOCAL) -> Attempt:
    return Attempt(
        str(uuid.uuid4()), "token", realm, SessionKind.AUTHENTICATION, True, "anna", 0.9, None, True, 1, "", "boot", 1.0, 1.8e9
    )


@contextlib.asynccontextmanager
async def delivering(store: Store, settings: EventSettings = QUICK) -> AsyncIterator[None]:
    task = asyncio.create_task(Webhooks(store, SystemClock(), settings).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()


async def cursor(store: Store) -> int:
    (row,) = await store.webhooks()
    return row.cursor


async def test_events_are_delivered_in_order_as_they_come(real_store: SqlCipherStore, receiver: Receiver) -> None:
    await real_store.add_webhook(webhook(receiver))
    for _ in range(130):
        await real_store.add_visit(visit())
    async with delivering(real_store):
        await receiver.until(lambda: len(receiver.numbers) == 130)
        began = time.monotonic()
        await real_store.add_attempt(attempt())
        await receiver.until(lambda: len(receiver.numbers) == 131)
        assert time.monotonic() - began < 0.9
        await asyncio.sleep(0.05)
    assert receiver.numbers == list(range(1, 132))
    assert len(receiver.messages) == 3, "a backlog comes in messages of 100 events"
    assert receiver.messages[-1]["type"] == "events"
    assert receiver.messages[-1]["next"] == await cursor(real_store) == 131


async def test_a_receiver_that_fails_is_tried_again_until_it_takes_them(real_store: SqlCipherStore, receiver: Receiver) -> None:
    async def answer(number: int) -> web.Response:
        if number % 5 == 1:
            return web.Response(status=500)
        if number % 5 == 2:
            raise web.HTTPFound("http://127.0.0.1:1/elsewhere")
        if number % 5 == 3:
            await asyncio.sleep(2)
        return web.Response(status=200 if number % 5 == 4 else 410)

    receiver.answer = answer
    await real_store.add_webhook(webhook(receiver))
    async with delivering(real_store):
        for count in range(1, 4):
            await real_store.add_visit(visit())
            await receiver.until(lambda count=count: len(receiver.numbers) == count)
    assert receiver.numbers == [1, 2, 3]
    assert receiver.tries >= 12


async def test_failures_are_written_down_and_forgotten_after_success(real_store: SqlCipherStore, receiver: Receiver) -> None:
    await real_store.add_webhook(webhook(receiver))
    await real_store.add_visit(visit())
    working = asyncio.Event()

    async def answer(number: int) -> web.Response:
        return web.Response(status=200 if working.is_set() else 503)

    receiver.answer = answer
    async with delivering(real_store):
        await receiver.until(lambda: receiver.tries >= 3)
        (row,) = await real_store.webhooks()
        assert row.failures >= 2
        assert row.trouble == "the receiver answered HTTP 503"
        assert row.delivered_at is None
        working.set()
        await receiver.until(lambda: receiver.numbers == [1])
        await asyncio.sleep(0.1)
    (row,) = await real_store.webhooks()
    assert (row.failures, row.trouble, row.cursor) == (0, "", 1)


async def test_nobody_listening_costs_nobody_anything(real_store: SqlCipherStore, receiver: Receiver) -> None:
    dead = webhook(receiver, "dead", url="http://127.0.0.1:1/events")
    await real_store.add_webhook(dead)
    await real_store.add_webhook(webhook(receiver))
    async with delivering(real_store):
        await asyncio.sleep(0.1)
        began = time.monotonic()
        for _ in range(50):
            await real_store.add_visit(visit())
        assert time.monotonic() - began < 5
        await receiver.until(lambda: len(receiver.numbers) == 50)
        kept = await real_store.webhook(dead.webhook_id)
    assert kept is not None
    assert kept.cursor == 0
    assert kept.trouble == "the receiver cannot be reached"


async def test_a_webhook_of_another_realm_gets_that_realms_attempts_only(real_store: SqlCipherStore, receiver: Receiver) -> None:
    await real_store.add_webhook(webhook(receiver, realm="office"))
    await real_store.add_visit(visit())
    await real_store.add_attempt(attempt("office"))
    await real_store.add_attempt(attempt())
    async with delivering(real_store):
        await receiver.until(lambda: receiver.numbers == [2])
        await asyncio.sleep(0.1)
    assert receiver.numbers == [2]
    assert await cursor(real_store) == 3


async def test_other_realms_events_pass_a_webhook_by_so_that_cutting_them_is_no_gap(
    real_store: SqlCipherStore, receiver: Receiver
) -> None:
    await real_store.add_webhook(webhook(receiver, realm="office"))
    for _ in range(120):
        await real_store.add_visit(visit())
    async with delivering(real_store):
        await asyncio.sleep(0.3)
        assert await cursor(real_store) == 120
        await real_store.prune(1.9e9)
        await real_store.add_attempt(attempt("office"))
        await receiver.until(lambda: len(receiver.numbers) > 0)
    assert [event["type"] for event in receiver.messages[0]["events"]] == ["attempt"]


async def test_a_webhook_added_while_running_is_served_and_one_removed_is_not(
    real_store: SqlCipherStore, receiver: Receiver
) -> None:
    await real_store.add_visit(visit())
    async with delivering(real_store):
        late = webhook(receiver)
        await real_store.add_webhook(late)
        await receiver.until(lambda: receiver.numbers == [1])
        await real_store.remove_webhook(late.webhook_id)
        await real_store.add_visit(visit())
        await asyncio.sleep(0.3)
    assert receiver.numbers == [1]


async def test_who_was_erased_is_named_no_more_in_what_is_tried_again(real_store: SqlCipherStore, receiver: Receiver) -> None:
    working = asyncio.Event()

    async def answer(number: int) -> web.Response:
        return web.Response(status=200 if working.is_set() else 500)

    receiver.answer = answer
    await real_store.add_webhook(webhook(receiver))
    await real_store.add_visit(visit())
    async with delivering(real_store):
        await receiver.until(lambda: receiver.tries >= 1)
        await real_store.erase_person(LOCAL, "anna")
        working.set()
        await receiver.until(lambda: receiver.numbers == [1])
    assert receiver.messages[0]["events"][0]["user_id"] is None


async def test_what_retention_cut_is_told_by_a_gap(real_store: SqlCipherStore, receiver: Receiver) -> None:
    await real_store.add_webhook(webhook(receiver))
    for _ in range(3):
        await real_store.add_visit(visit())
    await real_store.prune(1.9e9)
    async with delivering(real_store):
        await receiver.until(lambda: len(receiver.numbers) == 2)
    assert [(event["type"], event["number"]) for event in receiver.messages[0]["events"]] == [("gap", 2), ("visit", 3)]


async def test_a_test_message_is_signed_and_moves_no_cursor(real_store: SqlCipherStore, receiver: Receiver) -> None:
    made = webhook(receiver)
    await real_store.add_webhook(made)
    async with Sender(SystemClock(), 1) as sender:
        assert await sender.test(made) == ""
        assert receiver.messages[0]["type"] == "test"
        assert await sender.test(webhook(receiver, url=receiver.url + "/none")) == "the receiver answered HTTP 404"
    assert await cursor(real_store) == 0


CONTROL = """
import asyncio, sys, uuid
from pathlib import Path
from api.records import Visit
from device.clock import SystemClock
from device.keys import load_keys
from device.settings import EventSettings
from device.store.store import open_store
from device.webhooks import Webhooks

async def main():
    async with open_store(Path(sys.argv[1]), load_keys(Path(sys.argv[2]))) as store:
        settings = EventSettings(webhook_timeout_s=2, webhook_backoff_s=0.02, webhook_backoff_max_s=0.1)
        delivering = asyncio.create_task(Webhooks(store, SystemClock(), settings).run())
        print("ready", flush=True)
        while True:
            name = str(uuid.uuid4())
            await store.add_visit(Visit(name, "granted", "match", "anna", 0.9, 1400, (), "boot", 78.0, 1.8e9))
            print(name, flush=True)

asyncio.run(main())
"""


def killed(root: Path, folder: Path, writes: int) -> list[str]:
    """Let control write and deliver, kill it (SIGKILL) after so many writes; the ids of what it had acknowledged."""
    command = [sys.executable, "-c", CONTROL, str(folder / "facekiosk.db"), str(folder / "keys" / "root.key")]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        acknowledged = [child.stdout.readline().strip() for _ in range(writes)]
        child.kill()
        return acknowledged + [line.strip() for line in child.stdout if line.endswith("\n")]


async def test_killing_control_loses_nothing_and_repeats_only_what_was_not_stored(
    root: Path, tmp_path: Path, real_store: SqlCipherStore, receiver: Receiver
) -> None:
    await real_store.add_webhook(webhook(receiver))
    await real_store._owner.stop()
    keys = load_keys(tmp_path / "keys" / "root.key")

    async def answer(number: int) -> web.Response:
        await asyncio.sleep(0.005)
        return web.Response(status=500 if number % 7 == 0 else 200)

    receiver.answer = answer
    acknowledged: list[str] = []
    runs: list[tuple[int, list[int]]] = []
    before = 0
    for writes in (700, 400, 900):
        taken = len(receiver.messages)
        acknowledged += await asyncio.to_thread(killed, root, tmp_path, writes)
        runs.append((before, [event["number"] for message in receiver.messages[taken:] for event in message["events"]]))
        async with open_store(tmp_path / "facekiosk.db", keys) as store:
            before = await cursor(store)
    taken = len(receiver.messages)
    async with open_store(tmp_path / "facekiosk.db", keys) as store, delivering(store):
        newest = (await store.log_page(LOCAL)).newest
        await receiver.until(lambda: max(receiver.numbers) == newest)
        assert await store.verify() == newest
    runs.append((before, [event["number"] for message in receiver.messages[taken:] for event in message["events"]]))

    for stored, numbers in runs:
        assert numbers == list(range(stored + 1, stored + 1 + len(numbers))), "in order, from the stored cursor on"
    assert set(receiver.numbers) == set(range(1, newest + 1))
    ids = {event["visit_id"] for message in receiver.messages for event in message["events"]}
    assert set(acknowledged) <= ids
    assert newest >= 2000
