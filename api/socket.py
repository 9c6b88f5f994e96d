"""`/ws/auth/process-image/{session_token}/`: the reference's socket, in lock-step. The session token is the credential."""

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from api.errors import ApiError
from api.frames import TimedImage
from api.http import add, log, same_origin
from api.images import check_image, decode_frame
from api.lane import Entry, Lane, Refused, TooFast
from api.messages import (
    AuthenticationProgressMessage,
    AuthenticationResultMessage,
    EnrollmentCompleteMessage,
    EnrollmentProgressMessage,
    ErrorMessage,
    SessionStateMessage,
)
from api.operation import Operation, operation
from api.ports import StoreError
from api.records import Origin, SessionKind, SessionStatus
from api.schema import PROTOCOL, ProcessFrameMessage, parse
from api.services import SERVICES, Services
from api.wire import error_message, final_message, frame_message, state_message

REFUSED, UNKNOWN, IDLE, EXPIRED, TOO_FAST = 4401, 4404, 4408, 4410, 4429
_CUT_OFF = {"invalid_token": REFUSED, "forbidden": REFUSED, "session_not_found": UNKNOWN}
"""Errors after which nothing more can come of a socket, and its close code."""
_GRANT = {SessionKind.ENROLLMENT: "enroll", SessionKind.AUTHENTICATION: "authenticate"}
_HEARTBEAT_S = 20.0
_TEXT_OVERHEAD = 65_536
_GOODBYE_S = 2.0
"""Seconds to wait for a client's answer to a close."""


class Connection:
    """One client's socket: a reader that never waits for vision, and a judge that answers in order."""

    def __init__(self, services: Services, token: str, socket: web.WebSocketResponse) -> None:
        self._services = services
        self._token = token
        self._socket = socket
        self._lane = Lane()
        self._in_time = services.limits.messages()
        self._waiting = asyncio.Event()
        self._over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """Set with the close code once the session's last message was sent."""

    async def run(self) -> None:
        """Serve the client until it goes, is idle, or its session is over and it had time to read so."""
        judge = asyncio.create_task(self._judge())
        reader = asyncio.create_task(self._read())
        watched: set[asyncio.Future[Any]] = {reader, judge, self._over}
        try:
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            if self._over.done() and not reader.done():
                await asyncio.wait({reader}, timeout=self._services.settings.socket_linger_s)
                await self.close(self._over.result(), "the session is over")
        finally:
            for task in (reader, judge):
                task.cancel()
            for ended in await asyncio.gather(reader, judge, return_exceptions=True):
                if isinstance(ended, Exception) and not isinstance(ended, ConnectionError):
                    log.error("a socket failed", exc_info=ended)
                    await self.close(WSCloseCode.INTERNAL_ERROR, "internal_error")

    async def close(self, code: int, why: str) -> None:
        """Close the socket; one that is closed stays so."""
        await self._socket.close(code=code, message=why.encode())

    async def greet(self) -> None:
        """Tell a client of our own protocol where its session stands."""
        if self._socket.ws_protocol == PROTOCOL:
            await self._send(state_message(await self._services.sessions.status(self._token)))

    async def _read(self) -> None:
        while not self._socket.closed:
            try:
                message = await self._socket.receive(timeout=self._services.settings.socket_idle_s)
            except TimeoutError:
                await self.close(IDLE, "idle")
                return
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            try:
                if not self._in_time():
                    raise TooFast
                self._lane.put(self._entry(message))
            except TooFast:
                await self.close(TOO_FAST, "too fast")
                return
            self._waiting.set()
            await asyncio.sleep(0)  # what comes first is taken up first, though the next has come as well

    def _entry(self, message: WSMessage) -> Entry:
        most = self._services.settings.max_frame_bytes
        try:
            if message.type is WSMsgType.BINARY:
                if self._socket.ws_protocol != PROTOCOL:
                    raise ApiError("invalid_request", f"binary messages need the subprotocol {PROTOCOL}")
                return TimedImage(check_image(message.data, most))
            frame = parse(ProcessFrameMessage, message.data)
            stamp = None if frame.timestamp is None else frame.timestamp.timestamp()
            return TimedImage(decode_frame(frame.frame_data, most), timestamp=stamp)
        except ApiError as error:
            return Refused(_error(error))

    async def _judge(self) -> None:
        while True:
            await self._waiting.wait()
            entry = self._lane.take()
            if entry is None:
                self._waiting.clear()
                continue
            await self._send(entry.message if isinstance(entry, Refused) else await self._answer(entry))

    async def _answer(self, image: TimedImage) -> dict[str, Any]:
        try:
            await may_go_on(self._services, self._token)
            told = await self._services.desk.judge(self._token, [image])
        except ApiError as error:
            return await self._refusal(error)
        except StoreError as error:
            log.error("the store failed: %s: %s", type(error).__name__, error)
            return error_message("internal_error")
        if told.status is not SessionStatus.ACTIVE:
            self._finish(told.status)
        return frame_message(told)

    async def _refusal(self, error: ApiError) -> dict[str, Any]:
        """A refused frame. A client that did not hear yet how its session ended hears it now, in place of an error."""
        if error.code in _CUT_OFF:
            self._finish_with(_CUT_OFF[error.code])
        if error.code not in ("session_expired", "session_completed", "too_many_attempts"):
            return _error(error)
        told = await self._services.sessions.status(self._token)
        unheard = not self._over.done() and told.kind is SessionKind.AUTHENTICATION
        self._finish(told.status)
        return final_message(told) if unheard else _error(error)

    def _finish(self, status: SessionStatus) -> None:
        self._finish_with(EXPIRED if status is SessionStatus.EXPIRED else WSCloseCode.OK)

    def _finish_with(self, code: int) -> None:
        if not self._over.done():
            self._over.set_result(code)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send_str(json.dumps(message, separators=(",", ":")))


async def may_go_on(services: Services, token: str) -> None:
    """Raises `ApiError` where the session's client was revoked, or lost the grant, since the session was made."""
    row = await services.sessions.row(token)
    # A link is no client: it was used up when its session was made.
    if row.client_id is not None and row.metadata["origin"] != Origin.LINK:
        await services.credentials.standing(row.client_id, _GRANT[row.kind])


async def cut_off(services: Services, token: str, why: str) -> None:
    """Close the socket of a session that others ended, if it has one."""
    services.sockets.drop(token, _CUT_OFF.get(why, UNKNOWN), why)
    await services.desk.forget(token)


def _error(error: ApiError) -> dict[str, Any]:
    """The message that an error is; what REST says in `Retry-After` is among its details."""
    when = {} if error.retry_after_s is None else {"retry_after_s": error.retry_after_s}
    return error_message(error.code, error.message, {**(error.details or {}), **when} or None)


@operation(
    Operation(
        answers={101: ""},
        errors=("invalid_request",),
        credential=False,
        hears=(ProcessFrameMessage,),
        says=(
            SessionStateMessage,
            EnrollmentProgressMessage,
            EnrollmentCompleteMessage,
            AuthenticationProgressMessage,
            AuthenticationResultMessage,
            ErrorMessage,
        ),
    )
)
async def process_image(request: web.Request) -> web.StreamResponse:
    """Serve one socket."""
    services, token = request.app[SERVICES], request.match_info["session_token"]
    most = services.settings.max_frame_bytes * 2 + _TEXT_OVERHEAD
    # Pictures do not shrink: packing and unpacking them would only cost both sides time.
    socket = web.WebSocketResponse(
        protocols=(PROTOCOL,), heartbeat=_HEARTBEAT_S, max_msg_size=most, timeout=_GOODBYE_S, compress=False
    )
    if not socket.can_prepare(request):
        raise ApiError("invalid_request", "this address speaks WebSocket only")
    same_origin(request)
    refusal = await _refusal_code(services, token)
    await socket.prepare(request)
    if refusal is None and await _needs_instructions(services, token) and socket.ws_protocol != PROTOCOL:
        refusal = REFUSED, "stronger_liveness_required"
    if refusal is not None:
        await socket.close(code=refusal[0], message=refusal[1].encode())
        return socket
    connection, sockets = Connection(services, token, socket), services.sockets
    await sockets.enter(token, connection)
    try:
        # A client that goes while it is being answered is no failure.
        with contextlib.suppress(ConnectionError):
            await connection.greet()
            await connection.run()
    finally:
        sockets.leave(token, connection)
    return socket


async def _refusal_code(services: Services, token: str) -> tuple[int, str] | None:
    """Close code and reason for a token that opens nothing: unknown, the device's own, or of a session that is over."""
    try:
        row = await services.sessions.row(token)
        if row.client_id is None:
            return UNKNOWN, "session_not_found"
        await services.sessions.check(token)
        await may_go_on(services, token)
    except ApiError as error:
        return _CUT_OFF.get(error.code, EXPIRED), error.code
    return None


async def _needs_instructions(services: Services, token: str) -> bool:
    """Whether the session's person must be shown the device's instructions, as its client has offered to."""
    return services.sessions.instructed and (await services.sessions.row(token)).require_liveness


def mount(app: web.Application) -> None:
    """Add the route."""
    app.on_shutdown.append(_shut)
    add(app, "GET", "/ws/auth/process-image/{session_token}/", process_image)


async def _shut(app: web.Application) -> None:
    await app[SERVICES].sockets.close_all()
