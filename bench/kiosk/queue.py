"""How long it takes to enrol one person in the admin screen's queue: the demo's people, at the real kiosk, over its own requests.

Timed from the first frame with a face to the end of the test match, as the queue itself tells it.
"""

import asyncio
import json
import re
import secrets
import ssl
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from bench import kiosk_run
from device.admin_site.guard import CSRF
from device.config import load_config

PASSWORD = secrets.token_urlsafe(16)
_TURN_S = 150.0
_NETWORK = {r"# ?host = \"\"": 'host = "127.0.0.1"', r"# ?port = 8443": "port = 0"}


def measure(turns: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Enrol and erase somebody again and again."""
    with kiosk_run.device() as config:
        text = config.read_text(encoding="utf-8")
        for before, after in _NETWORK.items():
            text = re.sub(before, after, text, count=1)
        config.write_text(text, encoding="utf-8")
        kiosk_run.kioskctl(config, "tls", "init", "--name", "localhost")
        with kiosk_run.running(config, "demo") as kiosk:
            kiosk.wait_for(r"^ready after")
            _, found = kiosk.wait_for(r"clients reach it at (https://localhost:\d+)/")
            return asyncio.run(_measured(config, found[1], turns, say))


async def _measured(config: Path, url: str, turns: int, say: Callable[[str], None]) -> dict[str, Any]:
    tls = ssl.create_default_context(cafile=load_config(config).lan.authority)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as http:
        screen = _Screen(http, url)
        await screen.sign_in(config)
        ends = []
        for turn in range(turns):
            say(f"turn {turn + 1} of {turns}")
            ends.append(await screen.enrol(f"person-{turn}"))
    seconds = [each["seconds"] for each in ends if each["phase"] == "enrolled"]
    found: dict[str, Any] = {"turns": turns, "ends": [each["tested"] or each["reason"] or each["phase"] for each in ends]}
    return found | {"all_s": seconds} | ({"median_s": round(statistics.median(seconds), 1)} if seconds else {})


class _Screen:
    """The admin screen's requests."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self._csrf = ""

    async def sign_in(self, config: Path) -> None:
        command = [sys.executable, "-m", "provisioning", "operator", "add", "bench", "--json", "--config", str(config)]
        made = subprocess.run(command, input=f"{PASSWORD}\n{PASSWORD}\n", check=True, capture_output=True, text=True, timeout=60)  # noqa: ASYNC221
        code = json.loads(made.stdout)["recovery_codes"][0]
        said = await self._ask("POST", "session/", {"name": "bench", "password": PASSWORD, "code": code})
        self._csrf = said["csrf"]

    async def enrol(self, user_id: str) -> dict[str, Any]:
        """One turn, and how it ended; the person is erased again, since the next turn may meet the same face."""
        csv = f"user_id,name\n{user_id},Somebody\n"
        seen = await self._ask("POST", "people/preview/", {"csv": csv})
        await self._ask("POST", "people/import/", {"csv": csv, "digest": seen["digest"]})
        await self._ask("POST", "queue/", {"user_id": user_id, "basis": "consent"})
        async with asyncio.timeout(_TURN_S):
            while not (turn := (await self._ask("GET", "queue/"))["turn"])["over"]:  # noqa: ASYNC110
                await asyncio.sleep(0.25)  # as the page does
        await self._ask("POST", "people/erase/", {"user_id": user_id})
        found: dict[str, Any] = turn
        return found

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {CSRF: self._csrf, "Origin": self._url}
        json_body = None if method == "GET" else body or {}
        async with self._http.request(method, f"{self._url}/admin/api/{path}", json=json_body, headers=headers) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found
