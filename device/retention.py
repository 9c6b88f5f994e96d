"""How long the log is kept: when its oldest rows are destroyed, and when what it holds of people who were not recognised."""

import asyncio
import logging

from api.clock import Clock
from api.ports import StoreError
from device.settings import EventSettings
from device.store.store import SqlCipherStore

log = logging.getLogger(__name__)

LOOK_S = 3600.0
"""Seconds between looks."""

DAY_S = 86_400


async def retention(store: SqlCipherStore, clock: Clock, settings: EventSettings) -> None:
    """Cut the log, and destroy the keys of unknown people's periods, until cancelled; never while the time is not trusted."""
    while True:
        now = clock.dated()
        try:
            gone = 0 if now is None else await _due(store, now, settings)
        except StoreError as error:
            log.error("old events could not be destroyed: %s: %s", type(error).__name__, error)
        else:
            log.log(logging.INFO if gone else logging.DEBUG, "%d old events destroyed", gone)
        await asyncio.sleep(LOOK_S)


async def _due(store: SqlCipherStore, now: float, settings: EventSettings) -> int:
    """Destroy what is due at `now` (POSIX seconds); how many events went."""
    if settings.unknown_days:
        await store.forget_unknown(now - settings.unknown_days * DAY_S)
    return await store.prune(now - settings.keep_days * DAY_S) if settings.keep_days else 0
