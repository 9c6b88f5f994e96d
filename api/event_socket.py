"""`/ws/events/`: the log from a cursor on, and as it grows. Which numbers it has is for the client to remember."""

import asyncio
import contextlib
from collections import Counter

from aiohttp import WSCloseCode, web

from api.auth import require
from api.errors import ApiError
from api.events import (
    AttemptEvent,
    DoorEventView,
    Event,
    GapEvent,
    HealthEventView,
    SocketQuery,
    VisitEvent,
    events_of,
    next_cursor,
)
from api.http import add, caller, log, same_origin
from api.operation import Operation, operation
from api.records import Client
from api.routes.events import GRANT, parse_query
from api.services import SERVICES, Services

REFUSED, TOO_MANY = 4401, 4429
MOST_SOCKETS = 8
"""Sockets that one client may have open."""
_PAGE = 100
_LOOK_S = 1.0
"""Seconds after which the log is looked at though nobody told of news: a record whose writer was cancelled is told by nobody."""
_AGAIN_S = 30.0
"""Seconds after which the credential itself is checked again; the client's row is looked at before every page."""
_HEARTBEAT_S = 20.0
_LARGEST_MESSAGE = 1024
_GOODBYE_S = 2.0


class EventSockets:
    """The open sockets, and whose they are."""

    def __init__(self) -> None:
        self._open: dict[web.WebSocketResponse, str] = {}

    def enter(self, socket: web.WebSocketResponse, client_id: str) -> bool:
        """Count the socket; False: the client has too many."""
        if Counter(self._open.values())[client_id] >= MOST_SOCKETS:
            return False
        self._open[socket] = client_id
        return True

    def leave(self, socket: web.WebSocketResponse) -> None:
        """No more."""
        self._open.pop(socket, None)

    async def close_all(self) -> None:
        """Say goodbye to everybody: the server stops."""
        for socket in list(self._open):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"shutting down")


SOCKETS = web.AppKey("event_sockets", EventSockets)


class Stream:
    """Sends one client what its realm may see, in order, until it goes or may no longer."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, client: Client, after: int) -> None:
        self._request = request
        self._services: Services = request.app[SERVICES]
        self._socket = socket
        self._client = client
        self._after = after

    async def run(self) -> None:
        """Send until the socket closes."""
        sender = asyncio.create_task(self._send())
        try:
            # Reading is what answers pings and notices a close; the client has nothing to say.
            async for _ in self._socket:
                pass
        finally:
            sender.cancel()
            for ended in await asyncio.gather(sender, return_exceptions=True):
                if isinstance(ended, Exception) and not isinstance(ended, ConnectionError):
                    log.error("an event socket failed", exc_info=ended)

    async def _send(self) -> None:
        try:
            await self._stream()
        except ApiError as error:
            code = REFUSED if error.status in (401, 403) else WSCloseCode.POLICY_VIOLATION
            await self._socket.close(code=code, message=error.code.encode())
        except ConnectionError:
            pass
        except Exception:
            await self._socket.close(code=WSCloseCode.INTERNAL_ERROR, message=b"internal_error")
            raise

    async def _stream(self) -> None:
        checked = self._services.clock.boot()
        with self._services.store.news() as news:
            while not self._socket.closed:
                now = self._services.clock.boot()
                if now - checked > _AGAIN_S:
                    await caller(self._request, GRANT)
                    checked = now
                if len(await self._page()) < _PAGE:
                    await news.within(_LOOK_S)

    async def _page(self) -> list[Event]:
        await self._check_client()
        page = await self._services.store.log_page(self._client.realm, self._after, _PAGE)
        events = events_of(page, self._client.realm, self._after)
        for event in events:
            await self._socket.send_str(event.model_dump_json())
        self._after = next_cursor(page, _PAGE, self._after)
        return events

    async def _check_client(self) -> None:
        """`ApiError` where the client was revoked, or its grant taken, since it connected."""
        client = await self._services.store.client(self._client.client_id)
        if client is None or client.revoked_at is not None:
            raise ApiError("invalid_token")
        require(client, GRANT)


@operation(
    Operation(
        query=SocketQuery,
        answers={101: ""},
        errors=("invalid_request",),
        grant=GRANT,
        says=(AttemptEvent, VisitEvent, DoorEventView, HealthEventView, GapEvent),
    )
)
async def event_stream(request: web.Request) -> web.StreamResponse:
    """The events numbered above `after`, one message each, and then those to come."""
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, max_msg_size=_LARGEST_MESSAGE, timeout=_GOODBYE_S)
    if not socket.can_prepare(request):
        raise ApiError("invalid_request", "this address speaks WebSocket only")
    same_origin(request)
    wanted = parse_query(SocketQuery, request)
    try:
        client = await caller(request, GRANT)
    except ApiError as error:
        if error.status not in (401, 403):
            raise
        await socket.prepare(request)
        await socket.close(code=REFUSED, message=error.code.encode())
        return socket
    await socket.prepare(request)
    sockets = request.app[SOCKETS]
    if not sockets.enter(socket, client.client_id):
        await socket.close(code=TOO_MANY, message=b"too many sockets")
        return socket
    try:
        with contextlib.suppress(ConnectionError):
            await Stream(request, socket, client, wanted.after).run()
    finally:
        sockets.leave(socket)
    return socket


def mount(app: web.Application) -> None:
    """Add the route."""
    app[SOCKETS] = EventSockets()
    app.on_shutdown.append(_shut)
    add(app, "GET", "/ws/events/", event_stream)


async def _shut(app: web.Application) -> None:
    await app[SOCKETS].close_all()
