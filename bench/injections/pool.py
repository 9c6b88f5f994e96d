"""Parts of a run in processes side by side, each part on a device of its own."""

import asyncio
import itertools
import multiprocessing
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait

from bench.injections import run
from bench.injections.parts import LIVE, Part, Tally
from bench.injections.served import device
from bench.injections.streams import clips
from inference.liveness.policy import Level


def within(parts: Sequence[Part], minutes: float | None) -> Iterator[Part]:
    """The parts that begin within so many minutes from now; None: all."""
    began = time.monotonic()
    return itertools.takewhile(lambda _: minutes is None or time.monotonic() - began < 60 * minutes, parts)


def made(parts: Iterable[Part], seed: int, jobs: int, *, deceived: bool) -> Iterator[tuple[Part, Tally]]:
    """What came of each part, as they are done; `jobs` processes side by side, each of which takes up one when it is free."""
    left = iter(parts)
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(_work, part, seed, deceived=deceived): part for part in itertools.islice(left, jobs)}
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for each in done:
                yield waiting.pop(each), each.result()
            more = itertools.islice(left, len(done))
            waiting |= {pool.submit(_work, part, seed, deceived=deceived): part for part in more}


def _work(part: Part, seed: int, *, deceived: bool) -> Tally:
    return asyncio.run(_sessions(part, seed, deceived=deceived))


async def _sessions(part: Part, seed: int, *, deceived: bool) -> Tally:
    found, chance = clips(), part.chance(seed)
    async with device(Level(part.policy), deceived=deceived) as served:
        for clip in found:
            await run.enrol(served, clip)
        if part.kind == LIVE:
            return await run.live(served, found, part.count, chance)
        return await run.inject(served, part.kind, found, part.count, chance)
