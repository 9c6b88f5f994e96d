"""Dating what was written before the time was known: rows carry boot id and boot time, and a boot's time is told here once."""

import asyncio
import logging

from api.clock import Clock
from api.ports import StoreError
from device.store.store import SqlCipherStore

log = logging.getLogger(__name__)

LOOK_S = 5.0
"""Seconds between looks at the clock."""


async def date_rows(store: SqlCipherStore, clock: Clock, look_s: float = LOOK_S) -> None:
    """Wait until the time is trusted, then date this boot's rows; every reader has the dates from then on."""
    while True:
        now = clock.dated()
        if now is not None:
            try:
                await store.date_boot(clock.boot_id, now - clock.boot())
            except StoreError as error:
                log.error("rows without a date could not be dated: %s: %s", type(error).__name__, error)
            else:
                return
        await asyncio.sleep(look_s)
