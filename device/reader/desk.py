"""Hands what a reader reads to the kiosk, and opens the reader again after it was gone. What a text means is not known here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from device.reader.base import CardReader, ReaderGone

log = logging.getLogger(__name__)

AGAIN_S = 2.0
"""Seconds until a reader that is gone is opened again."""


async def read_cards(make: Callable[[], CardReader], present: Callable[[str], Awaitable[None]], again_s: float = AGAIN_S) -> None:
    """Read until cancelled; `make` makes the reader anew each time, `present` takes each text."""
    told = ""
    while True:
        try:
            async with make() as reader:
                log.info("card reader %s is there", reader.name)
                told = ""
                while True:
                    await present(await reader.read())
        except ReaderGone as error:
            if str(error) != told:
                told = str(error)
                log.warning("no card reader: %s", told)
        await asyncio.sleep(again_s)
