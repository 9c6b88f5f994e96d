"""`/aim/`: what the camera sees, for whoever mounts it, over TLS and for a short time. Nothing is judged or recorded here.

An operator's command opens it and gives a link. The link's token works once: the page gets a key for it, which it keeps in memory
only, and with which it comes back after a lost connection until the time is over.
"""

import asyncio
import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from aiohttp import WSMsgType, web

from api.pages import HEADERS, file_answer, page_files
from camera.frame import boot_time
from device.vision_link import VisionLink
from inference.observation import Observation
from inference.settings import ZoneSettings

FIRST_S = 5.0
"""Seconds in which a page must have shown its token or key."""

REFUSED = 4401
OVER = 4408
"""Codes with which the socket is closed: wrong token or key; the time is over."""

HEARTBEAT_S = 10.0


class Shown(msgspec.Struct, frozen=True, tag="credential"):
    """What a page opens with: the link's token, or the key that it got for it."""

    token: str = ""
    key: str = ""


class Greeting(msgspec.Struct, frozen=True, tag="hello"):
    """The first answer."""

    key: str
    seconds_left: float
    zone: tuple[float, float, float, float]
    """Left, top, width and height of the capture zone, in shares of the picture."""


class View(msgspec.Struct, frozen=True, tag="view"):
    """What the pipeline found in one frame; the face in shares of the picture, the rest as in `kioskctl watch`."""

    face: tuple[float, float, float, float] | None
    faces: int
    condition: str
    eye_distance: float
    measures: dict[str, float]
    problems: tuple[str, ...]


@dataclass(slots=True)
class _Opened:
    token: bytes | None
    key: bytes
    secret: str
    until: float


class Aiming:
    """One view at a time; `mount` adds its page to the application of the network's listener."""

    def __init__(self, link: VisionLink, zone: ZoneSettings) -> None:
        self._link = link
        self._zone = (zone.left, zone.top, zone.width, zone.height)
        self._files = page_files("aim")
        self._opened: _Opened | None = None

    def open(self, seconds: float) -> str:
        """Open the view anew for so long; the token of its link. Whoever looked on before is shut out."""
        token, key = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._opened = _Opened(_hash(token), _hash(key), key, boot_time() + seconds)
        return token

    def close(self) -> None:
        """Close the view: nobody looks on any more."""
        self._opened = None

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/aim", self._to_page)
        app.router.add_get("/aim/", self._file)
        app.router.add_get("/aim/live", self._live)
        app.router.add_get("/aim/{name}", self._file)

    async def _to_page(self, _: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/aim/", **HEADERS})

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        if name not in self._files:
            raise web.HTTPNotFound
        return file_answer(name, self._files[name])

    async def _live(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Origin", "").rpartition("://")[2] != request.host:
            raise web.HTTPForbidden
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=1024)
        await socket.prepare(request)
        opened = await self._admitted(socket)
        if opened is None:
            await socket.close(code=REFUSED)
            return socket
        await _say(socket, Greeting(opened.secret, round(opened.until - boot_time(), 1), self._zone))
        await self._show(socket, opened)
        return socket

    async def _admitted(self, socket: web.WebSocketResponse) -> _Opened | None:
        """The view that the page may see; a token is used up by it."""
        try:
            message = await socket.receive(timeout=FIRST_S)
            shown = msgspec.json.decode(message.data, type=Shown) if message.type is WSMsgType.TEXT else Shown()
        except (TimeoutError, msgspec.MsgspecError):
            return None
        opened = self._opened
        if opened is None or boot_time() >= opened.until:
            return None
        if opened.token is not None and hmac.compare_digest(opened.token, _hash(shown.token)):
            opened.token = None
            return opened
        return opened if hmac.compare_digest(opened.key, _hash(shown.key)) else None

    async def _show(self, socket: web.WebSocketResponse, opened: _Opened) -> None:
        """Show until the page goes, the time is over, or another view is opened."""
        work = [self._gone(socket), self._over(opened), self._views(socket), self._previews(socket)]
        tasks = [asyncio.ensure_future(each) for each in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await socket.close(code=OVER)

    async def _gone(self, socket: web.WebSocketResponse) -> None:
        async for _ in socket:
            pass  # the page has nothing more to say

    async def _over(self, opened: _Opened) -> None:
        while self._opened is opened and boot_time() < opened.until:  # noqa: ASYNC110  # time passes without a word
            await asyncio.sleep(0.5)

    async def _views(self, socket: web.WebSocketResponse) -> None:
        with self._link.observations.subscribe() as observations, suppress(ConnectionError):
            while True:
                await _say(socket, view(await observations.get()))

    async def _previews(self, socket: web.WebSocketResponse) -> None:
        with self._link.watch() as previews, suppress(ConnectionError):
            while True:
                await socket.send_bytes((await previews.get()).jpeg)


def view(observation: Observation) -> View:
    """The observation, as the page shows it."""
    face, quality = observation.faces[0] if observation.faces else None, observation.quality
    width, height = max(observation.width, 1), max(observation.height, 1)
    measures = () if quality is None else quality.measures
    return View(
        face=None if face is None else (face.x / width, face.y / height, face.width / width, face.height / height),
        faces=len(observation.faces),
        condition=observation.condition,
        eye_distance=round(observation.eye_distance, 1),
        measures={measure.name: round(measure.value, 3) for measure in measures},
        problems=tuple(measure.name for measure in measures if measure.reason),
    )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


async def _say(socket: web.WebSocketResponse, message: Greeting | View) -> None:
    await socket.send_str(msgspec.json.encode(message).decode())
