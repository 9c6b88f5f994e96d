"""An event reader made to be killed: `python -m bench.api.reader ADDRESS FOLDER EVERY`, the API key on standard input.

It writes what it saw to FOLDER/socket, a line each, and stores its cursor in FOLDER/cursor after every EVERY events, as
docs/events.md asks of a reader. Where the device goes away it comes back, from the last event that it dealt with.
"""

import asyncio
import os
import sys
from contextlib import aclosing
from pathlib import Path

import aiohttp

from api.client import ApiClient, SocketClosed

AGAIN_S = 0.1
"""Seconds before it connects again."""


def stored(cursor: Path) -> int:
    """The cursor, 0 where none was stored."""
    return int(cursor.read_text(encoding="ascii")) if cursor.exists() else 0


def store(cursor: Path, number: int) -> None:
    """Store the cursor so that a kill leaves the old one or the new one."""
    new = cursor.with_suffix(".new")
    new.write_text(str(number), encoding="ascii")
    os.replace(new, cursor)  # noqa: PTH105 - the words of the manual page


async def read(address: str, api_key: str, folder: Path, every: int) -> None:
    """Read for ever."""
    cursor = folder / "cursor"
    after, count = stored(cursor), 0
    with (folder / "socket").open("a", encoding="ascii", buffering=1) as seen:
        async with ApiClient(address, api_key) as api:
            while True:
                seen.write(f"begin {after}\n")
                try:
                    async with aclosing(api.listen(after)) as events:
                        async for event in events:
                            after, count = event.number, count + 1
                            seen.write(f"event {after}\n")
                            if count % every == 0:
                                store(cursor, after)
                                seen.write(f"stored {after}\n")
                except (SocketClosed, aiohttp.ClientError):
                    await asyncio.sleep(AGAIN_S)


if __name__ == "__main__":
    asyncio.run(read(sys.argv[1], sys.stdin.readline().strip(), Path(sys.argv[2]), int(sys.argv[3])))
