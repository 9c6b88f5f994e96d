"""A webhook's receiver made to be killed: `python -m bench.api.receiver PORT FOLDER`, the webhook's secret on standard input.

It checks the signature of each message, writes its events to FOLDER/webhook, a line each, and only then acknowledges it.
"""

import asyncio
import sys
import time
from pathlib import Path

from aiohttp import web

from api.webhook import SignatureRefused, verify


class Receiver:
    """Writes what comes."""

    def __init__(self, file: Path, secret: str) -> None:
        self._seen = file.open("a", encoding="ascii", buffering=1)
        self._secret = secret

    async def take(self, request: web.Request) -> web.Response:
        """Acknowledge a message that the device signed."""
        body = await request.read()
        try:
            verify(self._secret, {name.lower(): value for name, value in request.headers.items()}, body, time.time())
        except SignatureRefused:
            return web.Response(status=401)
        message = await request.json()
        numbers = [event["number"] for event in message["events"]]
        # The device begins a message behind its stored cursor, so that one is certain.
        before = numbers[0] - 1
        lines = [f"begin {before}", *(f"event {number}" for number in numbers), f"stored {before}"]
        self._seen.write("".join(f"{line}\n" for line in lines))
        return web.Response(status=204)


async def _serve(port: int, folder: Path, secret: str) -> None:
    app = web.Application(client_max_size=8_000_000)
    app.router.add_post("/", Receiver(folder / "webhook", secret).take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2]), sys.stdin.readline().strip()))
