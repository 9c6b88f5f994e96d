"""Turns go round: no stream waits for another's second turn, and no turn is lost with whoever gave up waiting for it."""

import asyncio
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from device.turns import Turns


async def insist(turns: Turns, stream: str, order: list[str], times: int = 1_000_000) -> None:
    """Take turn after turn, as a client that answers each answer at once."""
    for _ in range(times):
        await turns.enter(stream)
        try:
            order.append(stream)
            await asyncio.sleep(0)
        finally:
            turns.leave(stream)


async def test_streams_take_turns_however_many_frames_each_of_them_has_waiting() -> None:
    turns = Turns()
    order: list[str] = []
    greedy = [asyncio.ensure_future(insist(turns, "greedy", order)) for _ in range(10)]
    modest = [asyncio.ensure_future(insist(turns, f"{number}", order)) for number in range(15)]
    for _ in range(20_000):
        await asyncio.sleep(0)
    for task in (*greedy, *modest):
        task.cancel()
    await asyncio.gather(*greedy, *modest, return_exceptions=True)
    assert len(order) > 1600
    counts = Counter(order)
    assert max(counts.values()) - min(counts.values()) <= 2


async def test_a_stream_has_one_turn_at_a_time_and_all_of_them_no_more_than_there_are() -> None:
    turns = Turns(2)
    order: list[str] = []
    await turns.enter("a")
    second = asyncio.ensure_future(turns.enter("a"))
    await asyncio.gather(*(insist(turns, each, order, 1) for each in "bcd"))
    assert order == ["b", "c", "d"]
    assert not second.done()
    turns.leave("a")
    await second


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 6)), max_size=20), st.integers(1, 3))
async def test_whoever_gives_up_takes_no_turn_along(waiting: list[tuple[str, int]], abreast: int) -> None:
    turns = Turns(abreast)

    async def once(stream: str, patience: int) -> None:
        taking = asyncio.ensure_future(insist(turns, stream, [], 3))
        for _ in range(patience):
            await asyncio.sleep(0)
        if patience < 6:
            taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)

    await asyncio.gather(*(once(*each) for each in waiting))
    for stream in "abcd"[:abreast]:
        await asyncio.wait_for(turns.enter(stream), 0.2)
