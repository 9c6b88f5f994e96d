"""The kinds of task, and what their end comes to."""

import asyncio
import logging

import pytest

from device.tasks import Tasks


async def for_ever() -> None:
    await asyncio.Event().wait()


async def soon(error: Exception | None = None) -> None:
    await asyncio.sleep(0.01)
    if error is not None:
        raise error


async def test_the_first_vital_end_is_told() -> None:
    async with Tasks() as tasks:
        tasks.vital("camera", soon())
        tasks.vital("kiosk", for_ever())
        assert await tasks.first_end() == "camera"


async def test_a_vital_failure_is_raised() -> None:
    async with Tasks() as tasks:
        tasks.vital("camera", soon(ValueError("broken")))
        tasks.vital("kiosk", for_ever())
        with pytest.raises(ValueError, match="broken"):
            await tasks.first_end()


async def test_a_helper_may_fail_alone(caplog: pytest.LogCaptureFixture) -> None:
    async with Tasks() as tasks:
        tasks.helper("idle", soon(ValueError("broken")))
        tasks.vital("kiosk", soon())
        await asyncio.sleep(0.05)
        assert await tasks.first_end() == "kiosk"
    assert [(record.levelno, record.message) for record in caplog.records] == [(logging.ERROR, "idle failed: ValueError: broken")]


async def test_all_are_awaited_the_newest_first() -> None:
    ended: list[int] = []

    async def work(number: int) -> None:
        try:
            await for_ever()
        finally:
            await asyncio.sleep(0.01)
            ended.append(number)

    async with Tasks() as tasks:
        for number in range(3):
            tasks.vital(str(number), work(number))
        await asyncio.sleep(0)
    assert ended == [2, 1, 0]
