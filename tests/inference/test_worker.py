"""The thread that owns what blocks."""

import asyncio
import threading
import time

import pytest

from inference.worker import Worker


async def test_calls_run_in_one_thread_in_order():
    worker, seen = Worker("test"), []

    def note(number):
        seen.append((number, threading.get_ident()))
        return number * 2

    answers = await asyncio.gather(*(worker.call(note, number) for number in range(20)))
    assert answers == [number * 2 for number in range(20)]
    assert [number for number, _ in seen] == list(range(20))
    assert len({thread for _, thread in seen}) == 1
    assert seen[0][1] != threading.get_ident()


async def test_exceptions_reach_whoever_waits_and_the_thread_goes_on():
    worker = Worker("test")
    with pytest.raises(ZeroDivisionError):
        await worker.call(lambda: 1 // 0)
    assert await worker.call(lambda: 5) == 5


async def test_an_answer_nobody_waits_for_any_more_is_dropped():
    worker = Worker("test")
    answer = worker.call(time.sleep, 0.05)
    answer.cancel()
    assert await worker.call(lambda: "next") == "next"
    assert answer.cancelled()
