"""Keeps the hashes of frames seen over restarts and reboots: written down every few seconds, erased when their time is over."""

import asyncio
import logging

from api.clock import Clock
from api.ports import StoreError
from api.seen_frames import MOST, Remembered, SeenFrames
from device.store.seen import Batch, SeenStore

log = logging.getLogger(__name__)

KEEP_S = 15.0
"""Seconds between two writings: what a kill can lose."""


class SeenKeeper:
    """Writes down what `seen` remembers anew.

    Args:
        seen: of the sessions.
        rows: where it is kept.
        clock: the device's.
        seconds: for how long.
    """

    def __init__(self, seen: SeenFrames, rows: SeenStore, clock: Clock, seconds: float) -> None:
        self._seen = seen
        self._rows = rows
        self._clock = clock
        self._seconds = seconds

    async def recall(self) -> None:
        """Take up what was kept, and write it anew by this boot's clock, without what is over."""
        batches = await self._rows.all_of()
        frames = [frame for batch in batches for frame in self._dated(batch)]
        due = self._clock.boot() - self._seconds
        frames = sorted((frame for frame in frames if frame.time > due), key=lambda frame: frame.time)[-MOST:]
        self._seen.restore(frames)
        if batches:
            await self._rows.replace_all(self._batch(tuple(frames)), MOST)

    def _dated(self, batch: Batch) -> list[Remembered]:
        """With times of this boot. How long it was off, trusted time alone tells; else only the hours that it is on count."""
        if batch.boot_id == self._clock.boot_id:
            return list(batch.frames)
        now = self._clock.dated()
        off = 0.0 if now is None or batch.wall is None else max(0.0, now - batch.wall)
        later = self._clock.boot() - off - batch.boot_time
        return [frame._replace(time=frame.time + later) for frame in batch.frames]

    def _batch(self, frames: tuple[Remembered, ...]) -> Batch:
        return Batch(self._clock.boot_id, self._clock.boot(), self._clock.dated(), frames)

    async def keep(self) -> None:
        """Write what is new, and erase what is over. Where that cannot be, it is lost to the next start and to nobody else."""
        fresh = tuple(self._seen.fresh())
        try:
            if fresh:
                await self._rows.add(self._batch(fresh), MOST)
            await self._rows.remove_before(self._clock.boot_id, self._clock.boot() - self._seconds)
        except StoreError as error:
            log.error("frames seen could not be written down: %s: %s", type(error).__name__, error)

    async def run(self) -> None:
        """Keep them until cancelled."""
        while True:
            await asyncio.sleep(KEEP_S)
            await self.keep()
