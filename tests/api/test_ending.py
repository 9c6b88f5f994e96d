"""A task is ended for good, and whoever ends it hears of its own cancellation."""

import asyncio

import pytest

from api.ending import end


async def lingering(seconds: float, failure: Exception | None = None) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(seconds)
        if failure is not None:
            raise failure


async def begun(seconds: float = 0.05, failure: Exception | None = None) -> "asyncio.Task[None]":
    task = asyncio.ensure_future(lingering(seconds, failure))
    await asyncio.sleep(0)
    return task


async def test_its_end_is_waited_for() -> None:
    task = await begun()
    await end(task)
    assert task.cancelled()
    await end(task)


async def test_its_failure_is_raised() -> None:
    with pytest.raises(ValueError, match="broken"):
        await end(await begun(failure=ValueError("broken")))


@pytest.mark.parametrize("failure", [None, ValueError("broken")])
async def test_a_caller_that_is_cancelled_waits_for_the_end_and_is_cancelled(failure: Exception | None) -> None:
    task = await begun(0.1, failure)
    ending = asyncio.ensure_future(end(task))
    for _ in range(3):
        await asyncio.sleep(0.01)
        ending.cancel()
    await asyncio.wait({ending})
    assert task.done()
    assert ending.cancelled()
