"""Changes of the device's health in the log: once each, only when they last, over restarts, and by every way the log is read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.events import events_of
from api.records import LOCAL, HealthEvent
from device.clock import ManualClock
from device.health_log import HealthLog
from device.store.store import SqlCipherStore


class Device:
    """What `/readyz` would say, and what was written of it."""

    def __init__(self, store: SqlCipherStore) -> None:
        self.store, self.clock = store, ManualClock()
        self.checks = {"camera": "", "store": "", "clock": ""}

    async def readiness(self) -> dict[str, str]:
        return dict(self.checks)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        task = asyncio.create_task(HealthLog(self.store, self.readiness, self.clock, look_s=0.01, hold_s=5).run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def during(self, seconds: float) -> None:
        """Let time pass, looked at before and after."""
        await asyncio.sleep(0.1)
        self.clock.advance(seconds)
        await asyncio.sleep(0.1)

    async def written(self) -> list[tuple[str, str, str]]:
        page = await self.store.log_page(LOCAL)
        records = [record for _, record in page.records if isinstance(record, HealthEvent)]
        return [(each.component, each.status, each.message) for each in records]


async def test_what_lasts_is_written_once_and_so_is_its_end(real_store: SqlCipherStore) -> None:
    device = Device(real_store)
    async with device.watched():
        await device.during(60)
        assert await device.written() == []
        device.checks |= {"camera": "no camera", "clock": "the time is not known"}
        await device.during(4)
        assert await device.written() == []
        await device.during(2)
        await device.during(60)
        failed = [("camera", "failed", "no camera"), ("clock", "degraded", "the time is not known")]
        assert await device.written() == failed
        device.checks["camera"] = ""
        await device.during(6)
        assert await device.written() == [*failed, ("camera", "ok", "")]
    page = await real_store.log_page(LOCAL)
    said = events_of(page, LOCAL, 0)[0].model_dump()
    assert (said["type"], said["component"], said["status"], said["message"]) == ("health", "camera", "failed", "no camera")
    assert (await real_store.log_page("office")).records == ()
    assert await real_store.verify() == 3


async def test_a_look_that_fails_is_not_the_last(real_store: SqlCipherStore) -> None:
    device = Device(real_store)

    async def gone() -> dict[str, str]:
        raise FileNotFoundError("the data folder")

    look, device.readiness = device.readiness, gone  # type: ignore[method-assign]
    log = HealthLog(real_store, lambda: device.readiness(), device.clock, look_s=0.01, hold_s=0)
    task = asyncio.create_task(log.run())
    await asyncio.sleep(0.05)
    device.readiness = look  # type: ignore[method-assign]
    device.checks["camera"] = "no camera"
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.wait({task})
    assert await device.written() == [("camera", "failed", "no camera")]


async def test_a_flicker_is_not_written(real_store: SqlCipherStore) -> None:
    device = Device(real_store)
    async with device.watched():
        for _ in range(4):
            device.checks["camera"] = "no camera"
            await device.during(3)
            device.checks["camera"] = ""
            await device.during(3)
    assert await device.written() == []


async def test_a_restart_repeats_nothing_and_forgets_no_end(real_store: SqlCipherStore) -> None:
    device = Device(real_store)
    device.checks["camera"] = "no camera"
    async with device.watched():
        await device.during(6)
    async with device.watched():
        await device.during(6)
    assert await device.written() == [("camera", "failed", "no camera")]
    device.checks["camera"] = ""
    async with device.watched():
        await device.during(6)
    assert (await device.written())[1:] == [("camera", "ok", "")]
