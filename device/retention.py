"""How long the log is kept: its oldest rows are destroyed once they are older than the configuration allows."""

import asyncio
import logging

from api.clock import Clock
from api.ports import StoreError
from device.store.store import SqlCipherStore

log = logging.getLogger(__name__)

LOOK_S = 3600.0
"""Seconds between looks."""

DAY_S = 86_400


async def retention(store: SqlCipherStore, clock: Clock, keep_days: float) -> None:
    """Cut the log until cancelled; while the time is not trusted, or with `keep_days` 0, nothing is."""
    while keep_days:
        now = clock.dated()
        try:
            gone = 0 if now is None else await store.prune(now - keep_days * DAY_S)
        except StoreError as error:
            log.error("old events could not be destroyed: %s: %s", type(error).__name__, error)
        else:
            log.log(logging.INFO if gone else logging.DEBUG, "%d old events destroyed", gone)
        await asyncio.sleep(LOOK_S)
