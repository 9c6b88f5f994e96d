"""The session API from the other side: an async, typed client over REST and socket. kioskctl, tests and integrators use it."""

import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, TypeAdapter

from api.events import AnyEvent, AttemptsResponse, EventsResponse
from api.schema import (
    PROTOCOL,
    AuthenticationResponse,
    ClientAuthenticationResponse,
    EnrollmentResponse,
    ErasedResponse,
    SessionCreatedResponse,
    SessionStatusResponse,
    UsersResponse,
    UserView,
)

M = TypeVar("M", bound=BaseModel)
_EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class ApiRefused(Exception):
    """The device answered with an error; `code` is one of the wire contract's."""

    def __init__(self, status: int, body: dict[str, Any], retry_after_s: float | None = None) -> None:
        super().__init__(f"{body.get('error_code', status)}: {body.get('message', 'no message')}")
        self.status = status
        self.code = str(body.get("error_code", ""))
        self.details = body.get("details")
        self.retry_after_s = retry_after_s


class SocketClosed(Exception):
    """The device closed the socket; `code` is the close code."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"the device closed the socket ({code})")
        self.code = code


class FrameSocket:
    """A session's socket: one frame out, one message back."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, greeting: dict[str, Any]) -> None:
        self._socket = socket
        self.greeting = greeting
        """The `session_state` with which the device began."""

    async def send(self, image: bytes) -> dict[str, Any]:
        """Send a JPEG, PNG or WebP; the message that answers it.

        Raises:
            SocketClosed: the device closed instead.
        """
        await self.offer(image)
        return await self.receive()

    async def offer(self, image: bytes) -> None:
        """Send without waiting for the answer. A newer frame takes the place of one that waits, which is answered `superseded`.

        Raises:
            SocketClosed: the device closed.
        """
        try:
            await self._socket.send_bytes(image)
        except ConnectionError:
            raise SocketClosed(self._socket.close_code) from None

    async def receive(self) -> dict[str, Any]:
        """The answer to the oldest frame that was not answered yet.

        Raises:
            SocketClosed: the device closed instead.
        """
        return await received(self._socket)


async def received(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    """The next message. `SocketClosed`: there is none."""
    message = await socket.receive()
    if message.type is not aiohttp.WSMsgType.TEXT:
        raise SocketClosed(socket.close_code)
    said: dict[str, Any] = json.loads(message.data)
    return said


class ApiClient:
    """One client of one device. An async context: `async with ApiClient(address, key) as api`."""

    def __init__(self, address: str, api_key: str) -> None:
        """A client of the device at `address` (`http://…` or `https://…`, without a path)."""
        self._address = address.rstrip("/")
        self._api_key = api_key
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(headers={"X-API-Key": self._api_key}, timeout=_TIMEOUT)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._http is not None:
            await self._http.close()

    async def token(self) -> ClientAuthenticationResponse:
        """A JWT for the API key."""
        return await self._ask(ClientAuthenticationResponse, "POST", "/api/auth/client/", {"api_key": self._api_key})

    async def enroll(
        self, user_id: str, *, target_samples: int = 5, enable_quality_check: bool = True, require_liveness: bool | None = None
    ) -> SessionCreatedResponse:
        """Begin an enrolment."""
        metadata = {"target_samples": target_samples, "enable_quality_check": enable_quality_check}
        body = {"user_id": user_id, "require_liveness": require_liveness, "protocol": PROTOCOL, "metadata": metadata}
        return await self._ask(SessionCreatedResponse, "POST", "/api/auth/enrollment/", body)

    async def authenticate(
        self, user_id: str | None = None, *, require_liveness: bool = True, min_confidence: float | None = None
    ) -> SessionCreatedResponse:
        """Begin an authentication: 1:1 with a user id, 1:N without."""
        body = {
            "user_id": user_id,
            "require_liveness": require_liveness,
            "protocol": PROTOCOL,
            "metadata": {"min_confidence": min_confidence},
        }
        return await self._ask(SessionCreatedResponse, "POST", "/api/auth/authentication/", body)

    async def enrollment_frames(self, token: str, images: Sequence[bytes]) -> EnrollmentResponse:
        """Send one image or a batch of at most 8 for an enrolment."""
        return await self._ask(
            EnrollmentResponse, "POST", "/api/auth/enrollment/process-frame/", {"session_token": token, **_frames(images)}
        )

    async def authentication_frames(self, token: str, images: Sequence[bytes]) -> AuthenticationResponse:
        """Send one image or a batch of at most 8 for an authentication."""
        return await self._ask(
            AuthenticationResponse,
            "POST",
            "/api/auth/authentication/process-frame/",
            {"session_token": token, **_frames(images)},
        )

    async def session(self, token: str) -> SessionStatusResponse:
        """Where a session stands."""
        return await self._ask(SessionStatusResponse, "GET", f"/api/auth/session/{quote(token, safe='')}/")

    async def cancel(self, token: str) -> SessionStatusResponse:
        """End a session."""
        return await self._ask(SessionStatusResponse, "DELETE", f"/api/auth/session/{quote(token, safe='')}/")

    async def users(self) -> list[str]:
        """Ids of the realm's people."""
        return (await self._ask(UsersResponse, "GET", "/api/auth/users/")).users

    async def user(self, user_id: str) -> UserView:
        """One person."""
        return await self._ask(UserView, "GET", f"/api/auth/users/{quote(user_id, safe='')}/")

    async def erase_user(self, user_id: str) -> None:
        """Forget a person."""
        await self._ask(ErasedResponse, "DELETE", f"/api/auth/users/{quote(user_id, safe='')}/")

    async def erase_enrollment(self, enrollment_id: str) -> None:
        """Remove one template."""
        await self._ask(ErasedResponse, "DELETE", f"/api/auth/enrollment/{quote(enrollment_id, safe='')}/")

    async def events(self, after: int = 0, limit: int = 100) -> EventsResponse:
        """What happened after the cursor, oldest first; its `next` is the cursor to ask on with."""
        return await self._ask(EventsResponse, "GET", f"/api/events/?after={after}&limit={limit}")

    async def attempts(self, after: int = 0, limit: int = 100, user_id: str | None = None) -> AttemptsResponse:
        """The same of attempts alone, of all or of one user."""
        of_user = "" if user_id is None else f"&user_id={quote(user_id, safe='')}"
        return await self._ask(AttemptsResponse, "GET", f"/api/auth/attempts/?after={after}&limit={limit}{of_user}")

    async def listen(self, after: int = 0) -> AsyncGenerator[AnyEvent, None]:
        """What happened after the cursor, and then what happens. Come back with the number of the last event dealt with.

        Raises:
            SocketClosed: the device closed; 4401 where it refused the key.
        """
        async with self._session().ws_connect(f"{self._address}/ws/events/?after={after}") as socket:
            while True:
                yield _EVENT.validate_python(await received(socket))

    @asynccontextmanager
    async def stream(self, created: SessionCreatedResponse) -> AsyncIterator[FrameSocket]:
        """The session's socket, binary frames, until the context ends.

        Raises:
            SocketClosed: the device refused it.
        """
        async with self._session().ws_connect(created.websocket_url, protocols=[PROTOCOL]) as socket:
            yield FrameSocket(socket, await received(socket))

    async def _ask(self, model: type[M], method: str, path: str, body: dict[str, Any] | None = None) -> M:
        """One call; raises `ApiRefused` for every answer that is no success."""
        async with self._session().request(method, self._address + path, json=body) as response:
            said = await response.json(content_type=None)
            if response.status >= 400:
                after = response.headers.get("Retry-After")
                raise ApiRefused(response.status, said if isinstance(said, dict) else {}, float(after) if after else None)
            return model.model_validate(said)

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise RuntimeError("use the client as a context: async with ApiClient(…) as api")
        return self._http


def _frames(images: Sequence[bytes]) -> dict[str, Any]:
    encoded = [base64.b64encode(image).decode() for image in images]
    return {"frame_data": encoded[0]} if len(encoded) == 1 else {"frames": encoded}
