"""Parts of a run in processes side by side, each part on a device of its own."""

import asyncio
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from bench.injections import run
from bench.injections.parts import LIVE, Part, Tally
from bench.injections.served import device
from bench.injections.streams import clips
from inference.liveness.policy import Level


def made(parts: Iterable[Part], seed: int, jobs: int, *, deceived: bool) -> Iterator[tuple[Part, Tally]]:
    """What came of each part, as they are done; `jobs` processes side by side."""
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(_work, part, seed, deceived=deceived): part for part in parts}
        for done in as_completed(waiting):
            yield waiting[done], done.result()


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
