"""Retention and dating: old events go by themselves, never while the time is not trusted; rows get dates once it is."""

import asyncio
from dataclasses import replace

from api.records import LOCAL, Attempt, SessionKind, Visit
from device.clock import ManualClock
from device.dating import date_rows
from device.retention import retention
from device.settings import EventSettings
from device.store.store import SqlCipherStore

DAY = 86_400.0


async def kept(store: SqlCipherStore) -> list[int]:
    return [number for number, _ in (await store.log_page(LOCAL)).records]


async def fill(store: SqlCipherStore, clock: ManualClock) -> None:
    for day in (40, 31, 29, 0):
        await store.add_visit(Visit(f"{day}", "granted", "match", None, None, 1, (), "boot", 1.0, clock.wall() - day * DAY))


async def ran(store: SqlCipherStore, clock: ManualClock, seconds: float = 0.3, **settings: float) -> None:
    """Let it look once."""
    task = asyncio.create_task(retention(store, clock, EventSettings(**settings)))
    await asyncio.wait({task}, timeout=seconds)
    assert not task.done()
    task.cancel()
    await asyncio.wait({task})


async def test_events_older_than_configured_are_destroyed(real_store: SqlCipherStore) -> None:
    clock = ManualClock()
    await fill(real_store, clock)
    await ran(real_store, clock, 0.5, keep_days=30)
    assert await kept(real_store) == [3, 4]
    assert await real_store.verify() == 2


async def test_nothing_is_destroyed_while_the_time_is_not_trusted_or_all_is_kept(real_store: SqlCipherStore) -> None:
    clock = ManualClock()
    await fill(real_store, clock)
    await ran(real_store, clock, keep_days=0)
    clock.set_wall(clock.wall() + 1000 * DAY, trusted=False)
    await ran(real_store, clock, keep_days=30)
    assert await kept(real_store) == [1, 2, 3, 4]


def attempt(clock: ManualClock, n: int, days_ago: float, user_id: str | None = None) -> Attempt:
    """A decision that named nobody, or somebody."""
    return Attempt(
        attempt_id=f"attempt {n}",
        session_token=f"token {n}",
        realm=LOCAL,
        kind=SessionKind.AUTHENTICATION,
        success=user_id is not None,
        user_id=user_id,
        confidence=0.5,
        matched_enrollment=None,
        liveness_passed=True,
        processing_time_ms=1,
        failure_reason="" if user_id else "no_match",
        boot_id=clock.boot_id,
        boot_time=clock.boot(),
        created_at=clock.wall() - days_ago * DAY,
    )


async def test_what_is_held_of_unknown_people_goes_first_and_the_fact_stays(real_store: SqlCipherStore) -> None:
    clock = ManualClock()
    for n, (days_ago, user_id) in enumerate(((40, None), (40, "ann"), (10, None))):
        await real_store.add_attempt(attempt(clock, n, days_ago, user_id))
    await ran(real_store, clock)
    found = [(each.user_id, each.confidence) for _, each in await real_store.attempts(LOCAL)]
    assert found == [(None, None), ("ann", 0.5), (None, 0.5)]
    assert await real_store.verify() == 3


async def test_rows_from_before_the_time_was_known_are_dated_once_it_is(real_store: SqlCipherStore) -> None:
    clock = ManualClock()
    clock.set_wall(0.0, trusted=False)
    undated = replace(attempt(clock, 1, 0), created_at=None)
    await real_store.add_attempt(undated)
    task = asyncio.create_task(date_rows(real_store, clock, look_s=0.05))
    clock.advance(100)
    await asyncio.sleep(0.15)
    assert (await real_store.attempts(LOCAL))[0][1].created_at is None
    clock.set_wall(1.8e9)
    async with asyncio.timeout(5):
        await task
    assert (await real_store.attempts(LOCAL))[0][1].created_at == 1.8e9 - 100
