"""The kiosk's own page and its live socket, on loopback only: board, previews of the camera, what is typed. No rules here."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from typing import Literal, Protocol

import msgspec
from aiohttp import WSMessage, WSMsgType, web

from camera.frame import boot_time
from device.board import Board
from device.screen_messages import MAX_BYTES, Beat, CardRead, PadOpen, PinTyped, Tap, decoded
from device.screen_settings import PAGE, languages
from device.vision_link import VisionLink

log = logging.getLogger(__name__)

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".ogg": "audio/ogg"}

LANGUAGES = "languages.json"
"""What the page reads the languages' codes from: those of the files `lang.CODE.js` that are there."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""The page loads nothing but itself, and nobody frames it."""

HEARTBEAT_S = 10.0
"""Seconds between pings, so that a page that is gone is noticed."""


class Entered(Protocol):
    """Who is told what people do at the screen: the kiosk."""

    async def pad(self, *, opened: bool) -> None:
        """Somebody opens the pad, types on it, or closes it."""

    async def present(self, means: Literal["pin", "card"], *said: str) -> None:
        """A PIN (number, PIN) or a card (text) is presented."""

    def tapped(self) -> None:
        """Somebody touched the screen."""


class Screen:
    """Serves the page; `mount` adds its routes to an application.

    Args:
        board: what is shown.
        link: where previews come from.
        entered: who is told what people do; None: nobody.
        page: folder of the page's files.
    """

    def __init__(self, board: Board, link: VisionLink, entered: Entered | None = None, page: Path = PAGE) -> None:
        self._board = board
        self._link = link
        self._entered = entered
        self.beat_at: float | None = None
        """When a page last said that it draws, boot-time seconds; None: none has yet."""
        files = sorted(file for file in page.rglob("*") if file.suffix in TYPES)
        self._files = {file.relative_to(page).as_posix(): file for file in files}
        self._languages = languages(page)

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/", self._to_page)
        app.router.add_get("/kiosk", self._to_page)
        app.router.add_get("/kiosk/", self._file)
        app.router.add_get("/kiosk/live", self._live)
        app.router.add_get("/kiosk/{name:.+}", self._file)

    async def _to_page(self, _: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/kiosk/", **HEADERS})

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        if name == LANGUAGES:
            return web.json_response(self._languages, headers=HEADERS)
        file = self._files.get(name)
        if file is None:
            raise web.HTTPNotFound
        charset = None if file.suffix == ".ogg" else "utf-8"
        return web.Response(body=file.read_bytes(), content_type=TYPES[file.suffix], charset=charset, headers=HEADERS)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """The board as JSON text, each time it changes, and previews as binary JPEG, not mirrored."""
        # A browser lets pages of other sites open sockets to this host: only the page's own origin may look.
        if request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
            raise web.HTTPForbidden
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_BYTES)
        await socket.prepare(request)
        pumps = [asyncio.ensure_future(pump(socket)) for pump in (self._signs, self._previews)]
        try:
            async for message in socket:
                await self._take(message)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        return socket

    async def _take(self, message: WSMessage) -> None:
        said = decoded(message.data) if message.type is WSMsgType.TEXT else None
        match said:
            case Beat():
                self.beat_at = boot_time()
            case None:
                log.warning("the page said what no page says")
            case _ if self._entered is None:
                pass
            case Tap():
                self._entered.tapped()
            case PadOpen(open=opened):
                await self._entered.pad(opened=opened)
            case PinTyped(number=number, pin=pin):
                await self._entered.present("pin", number, pin)
            case CardRead(text=text):
                await self._entered.present("card", text)

    async def _signs(self, socket: web.WebSocketResponse) -> None:
        with self._board.changes.subscribe() as changes, suppress(ConnectionError):
            sign = self._board.sign
            while True:
                await socket.send_str(msgspec.json.encode(sign).decode())
                sign = await changes.get()

    async def _previews(self, socket: web.WebSocketResponse) -> None:
        with self._link.watch() as previews, suppress(ConnectionError):
            while True:
                await socket.send_bytes((await previews.get()).jpeg)
