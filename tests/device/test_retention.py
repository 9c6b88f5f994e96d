"""Retention: old events go by themselves, but never while the time is not trusted."""

import asyncio

from api.records import LOCAL, Visit
from device.clock import ManualClock
from device.retention import retention
from device.store.store import SqlCipherStore

DAY = 86_400.0


async def kept(store: SqlCipherStore) -> list[int]:
    return [number for number, _ in (await store.log_page(LOCAL)).records]


async def fill(store: SqlCipherStore, clock: ManualClock) -> None:
    for day in (40, 31, 29, 0):
        await store.add_visit(Visit(f"{day}", "granted", "match", None, None, 1, (), "boot", 1.0, clock.wall() - day * DAY))


async def ran(store: SqlCipherStore, clock: ManualClock, keep_days: float, seconds: float) -> bool:
    """Whether it ended by itself."""
    task = asyncio.create_task(retention(store, clock, keep_days))
    await asyncio.wait({task}, timeout=seconds)
    ended = task.done()
    task.cancel()
    await asyncio.wait({task})
    return ended


async def test_events_older_than_configured_are_destroyed(real_store: SqlCipherStore) -> None:
    clock = ManualClock()
    await fill(real_store, clock)
    assert not await ran(real_store, clock, 30, 0.5)
    assert await kept(real_store) == [3, 4]
    assert await real_store.verify() == 2


async def test_nothing_is_destroyed_while_the_time_is_not_trusted_or_all_is_kept(real_store: SqlCipherStore) -> None:
    clock = ManualClock()
    await fill(real_store, clock)
    assert await ran(real_store, clock, 0, 0.5)
    clock.set_wall(clock.wall() + 1000 * DAY, trusted=False)
    assert not await ran(real_store, clock, 30, 0.3)
    assert await kept(real_store) == [1, 2, 3, 4]
