"""The log by cursor: each realm sees its own, in order; what retention cut is told by the start, and the chain stays whole."""

import asyncio

import pytest

from api.ports import StoreConflict
from api.records import LOCAL, Attempt, DoorEvent, Visit, Webhook
from device.store.store import open_store

DAY = 86_400.0
NOON = 1_800_000_000.0


async def numbers(store, realm, **named):
    return [number for number, _ in (await store.log_page(realm, **named)).records]


async def test_a_realm_sees_its_attempts_and_the_devices_own_visits_and_door_too(store, make):
    for _ in range(2):
        await store.add_attempt(make.attempt())
        await store.add_attempt(make.attempt("anna", realm="office"))
        await store.add_visit(make.visit())
        await store.add_door_event(make.door_event())
    page = await store.log_page(LOCAL)
    assert [number for number, _ in page.records] == [1, 3, 4, 5, 7, 8]
    assert [type(record) for _, record in page.records] == [Attempt, Visit, DoorEvent] * 2
    assert (page.start, page.newest) == (0, 8)
    assert await numbers(store, "office") == [2, 6]
    assert await numbers(store, LOCAL, attempts_only=True) == [1, 5]
    assert await numbers(store, "nobody's") == []


async def test_pages_follow_each_other_without_gap_or_repetition(store, make):
    for _ in range(5):
        await store.add_attempt(make.attempt())
        await store.add_visit(make.visit(None))
    seen, after = [], 0
    while found := await numbers(store, LOCAL, after=after, limit=3):
        seen += found
        after = found[-1]
    assert seen == list(range(1, 11))


async def test_attempts_of_one_person(store, make):
    for user_id in ("anna", "bert", "anna", None):
        await store.add_attempt(make.attempt(user_id))
    assert await numbers(store, LOCAL, user_id="anna", attempts_only=True) == [1, 3]
    assert await numbers(store, LOCAL, user_id="zoe", attempts_only=True) == []
    assert await numbers(store, "office", user_id="anna", attempts_only=True) == []


async def test_news_tells_of_every_record_once_it_is_there(store, make):
    with store.news() as news:
        assert await news.within(0.01) is None
        number = await store.add_visit(make.visit())
        assert await news.within(0) == number
        await store.add_attempt(make.attempt())
        assert await store.add_door_event(make.door_event()) == await news.within(0)


async def days(store, make, count):
    """A row of each kind for each of some days, the first one at `NOON`."""
    for day in range(count):
        at = NOON + day * DAY
        await store.add_attempt(make.attempt(created_at=at))
        await store.add_visit(make.visit(created_at=at))
        await store.add_door_event(make.door_event(created_at=at))


async def test_pruning_moves_the_start_and_the_chain_stays_whole(store, make, path, keys):
    await days(store, make, 4)
    assert await store.prune(NOON + 2 * DAY) == 6
    page = await store.log_page(LOCAL)
    assert [number for number, _ in page.records] == [7, 8, 9, 10, 11, 12]
    assert (page.start, page.newest) == (6, 12)
    assert await store.verify() == 6
    assert await store.prune(NOON + 2 * DAY) == 0
    assert await store.add_attempt(make.attempt()) == 13


async def test_pruning_keeps_the_newest_row_by_which_the_clock_is_judged(store, make):
    await days(store, make, 2)
    assert await store.prune(NOON + 99 * DAY) == 5
    assert (await store.log_page(LOCAL)).start == 5
    assert await store.newest_time() == NOON + DAY
    assert await store.verify() == 1


async def test_rows_without_a_date_go_with_their_neighbours(store, make):
    await store.add_attempt(make.attempt(created_at=None, boot_id="undated"))
    assert await store.prune(NOON) == 0
    await days(store, make, 2)
    await store.add_attempt(make.attempt(created_at=None, boot_id="undated"))
    assert await store.prune(NOON + DAY) == 4
    assert await numbers(store, LOCAL) == [5, 6, 7, 8]


async def test_pruning_an_empty_log_does_nothing(store):
    assert await store.prune(NOON) == 0


async def test_pruning_in_many_steps_while_the_log_is_verified(store, make, monkeypatch):
    monkeypatch.setattr("device.store.store._BATCH", 2)
    await days(store, make, 5)
    verified, pruned = await asyncio.gather(store.verify(), store.prune(NOON + 4 * DAY))
    assert pruned == 12
    assert 3 <= verified <= 15
    assert await store.verify() == 3


def webhook(name: str = "gate", **fields) -> Webhook:
    full = {"url": "https://example.org/hook?key=geheim", "realm": LOCAL, "secret": b"\x00s3cret\xff", "created_at": 1.7e9}
    return Webhook(f"id of {name}", name, **full | fields)


async def test_webhooks_are_kept_with_their_cursor_over_a_restart(path, keys):
    async with open_store(path, keys, create=True) as store:
        await store.add_webhook(webhook())
        await store.add_webhook(webhook("archive", cursor=7))
        with pytest.raises(StoreConflict):
            await store.add_webhook(webhook())
        assert await store.webhook_failed("id of gate", "HTTP 500")
        assert await store.webhook_failed("id of gate", "timed out")
    async with open_store(path, keys) as store:
        assert await store.webhooks() == [webhook("archive", cursor=7), webhook(failures=2, trouble="timed out")]
        assert await store.webhook_delivered("id of gate", 12, 1.8e9)
        assert await store.webhook_delivered("id of gate", 11, 1.8e9)
        assert await store.webhook("id of gate") == webhook(cursor=12, delivered_at=1.8e9)
        assert await store.remove_webhook("id of gate")
        assert not await store.remove_webhook("id of gate")
        assert not await store.webhook_delivered("id of gate", 13, None)
        assert not await store.webhook_failed("id of gate", "x")
        assert await store.webhook("id of gate") is None


def test_a_webhooks_secret_is_not_printed():
    assert "s3cret" not in repr(webhook())
