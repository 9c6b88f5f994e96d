"""Control's signs of life for the watchdog of its unit: from the event loop and the store's thread, never from frames."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from api.ports import StoreError
from inference import notify

log = logging.getLogger(__name__)

SHARE = 1 / 3
"""Of the watchdog's time, how often it is fed."""


async def feed_watchdog(ping: Callable[[], Awaitable[None]], every_s: float | None = None) -> None:
    """Feed the watchdog for as long as `ping` comes back, until cancelled; returns at once where no unit watches.

    A store that answers with an error is alive: restarting control would not mend it, and `/readyz` says what it is.

    Args:
        ping: returns once the store's thread is through with what it has to do.
        every_s: seconds between two meals; by default a third of what the unit allows.
    """
    allowed = notify.watchdog_s()
    pause = every_s if every_s is not None else (None if allowed is None else allowed * SHARE)
    if pause is None:
        return
    while True:
        try:
            await ping()
        except StoreError as error:
            log.debug("the store answers with an error: %s", error)
        notify.alive()
        await asyncio.sleep(pause)
