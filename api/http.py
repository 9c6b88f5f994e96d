"""What all routes share: who calls, JSON out, errors to answers, paths with and without their last slash."""

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware
from pydantic import BaseModel

from api import auth
from api.errors import ApiError
from api.patience import PATIENCE
from api.ports import StoreError
from api.records import Client
from api.services import SERVICES

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_TOO_FAST = 4429
_GOODBYE_S = 2.0
"""Seconds to wait for a client's answer to a close."""
_CODE_OF = {400: "invalid_request", 404: "not_found", 405: "method_not_allowed", 413: "frame_too_large"}


def add(app: web.Application, method: str, path: str, handler: Handler) -> None:
    """Serve `path`, which ends with a slash, and the same path without it."""
    app.router.add_route(method, path, handler)
    app.router.add_route(method, path.rstrip("/"), handler)


def answer(value: BaseModel | dict[str, Any], status: int = 200) -> web.Response:
    """A JSON answer that nobody may keep."""
    body = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return web.json_response(body, status=status, headers={"Cache-Control": "no-store"})


async def caller(request: web.Request, grant: str | None = None) -> Client:
    """The client that calls, by its bearer token or its API key.

    Raises:
        ApiError: `invalid_token`, `invalid_api_key`, or `forbidden` where it has not the grant.
    """
    services = request.app[SERVICES]
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    api_key = request.headers.get("X-API-Key")
    if scheme.lower() == "bearer" and token:
        client = await services.credentials.client_of_token(token.strip())
    elif api_key is not None:
        client = await client_of_key(request, api_key)
    else:
        raise ApiError("invalid_token", "credentials are missing: Authorization: Bearer, or X-API-Key")
    services.limits.of_client(client.client_id)
    if grant is not None:
        auth.require(client, grant)
    return client


async def client_of_key(request: web.Request, api_key: str) -> Client:
    """The client whose key this is. Raises `ApiError` `invalid_api_key`; `rate_limited` after too many wrong ones."""
    services = request.app[SERVICES]
    services.limits.may_try_key(request.remote)
    try:
        return await services.credentials.client_of_key(api_key)
    except ApiError:
        services.limits.wrong_key(request.remote)
        raise


async def body(request: web.Request) -> bytes:
    """The request's body. `ApiError`: it did not come in time."""
    try:
        async with asyncio.timeout(request.app[SERVICES].settings.read_timeout_s):
            return await request.read()
    except TimeoutError:
        raise ApiError("invalid_request", "the request did not come in time", status=408) from None


@web.middleware
async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
    """No more calls from one address than the limits allow. A socket is told by its close code."""
    request.app[PATIENCE].heard(request)
    if not request.path.startswith(("/api/", "/ws/", "/enroll/", "/admin/")):
        return await handler(request)
    try:
        request.app[SERVICES].limits.from_address(request.remote)
    except ApiError:
        socket = web.WebSocketResponse(timeout=_GOODBYE_S)
        if not request.path.startswith("/ws/") or not socket.can_prepare(request):
            raise
        await socket.prepare(request)
        await socket.close(code=_TOO_FAST, message=b"rate_limited")
        return socket
    return await handler(request)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure as the JSON of the wire contract; what is no caller's fault is logged, without its values."""
    try:
        return await handler(request)
    except ApiError as error:
        return _refusal(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = _CODE_OF.get(error.status, "invalid_request")
        allowed = {"Allow": error.headers[hdrs.ALLOW]} if hdrs.ALLOW in error.headers else {}
        return _refusal(ApiError(code, status=error.status), allowed)
    except StoreError as error:
        log.error("the store failed: %s: %s", type(error).__name__, error)
    except Exception:
        log.exception("a request failed")
    return _refusal(ApiError("internal_error"))


def _refusal(error: ApiError, headers: dict[str, str] | None = None) -> web.Response:
    said = {"Cache-Control": "no-store", **error.headers, **(headers or {})}
    if error.status == 401:
        said["WWW-Authenticate"] = "Bearer"
    return web.json_response(error.body, status=error.status, headers=said)


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """On plain HTTP the Host header must be loopback, so that no page of another site can reach in by a name of its own."""
    if not _is_loopback(request.host):
        raise ApiError("forbidden", "plain HTTP is served to this machine only: use localhost, 127.0.0.1 or [::1]")
    return await handler(request)


def named(names: Collection[str]) -> Middleware:
    """On the network the Host header must be one of the device's names or an address, which no other site can point at it."""
    known = frozenset(name.lower() for name in names)

    @web.middleware
    async def known_name(request: web.Request, handler: Handler) -> web.StreamResponse:
        name = _name_in(request.host)
        if name.lower().rstrip(".") not in known and _address(name) is None:
            raise ApiError("forbidden", "the device does not go by this name; see `names` under [lan] of its configuration")
        return await handler(request)

    return known_name


def same_origin(request: web.Request) -> None:
    """Refuse a socket that a page of another site opens: browsers let any page do so, and say whose it is.

    Raises:
        ApiError: `forbidden`.
    """
    own = f"{request.scheme}://{request.host}"
    if request.headers.get(hdrs.ORIGIN, own).lower() != own.lower():
        raise ApiError("forbidden", "sockets are not open to pages of other sites")


def _is_loopback(host: str) -> bool:
    name = _name_in(host)
    address = _address(name)
    return name.lower() == "localhost" if address is None else address.is_loopback


def _name_in(host: str) -> str:
    """The Host header's name or address, without the port."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
