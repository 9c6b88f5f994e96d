"""Builds and serves the web application. Which services it is made of is the composition root's business."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Middleware

from api import event_socket, socket
from api.ending import end
from api.errors import ApiError
from api.http import errors, limited, loopback_only, named
from api.patience import PATIENCE, Patience
from api.ports import StoreError
from api.routes import client, docs, events, health, sessions, users
from api.services import SERVICES, Services

log = logging.getLogger(__name__)

_protocol_log = logging.getLogger("aiohttp.server")
_SWEEP_S = 5.0
_STOP_S = 2.0
Mount = Callable[[web.Application], None]


class NotLoopback(ValueError):
    """Plain HTTP was to be served beyond this machine."""


API: tuple[Mount, ...] = (
    client.mount,
    sessions.mount,
    users.mount,
    socket.mount,
    events.mount,
    event_socket.mount,
    docs.mount,
)
"""What both listeners serve."""


def build_app(services: Services, *mounts: Mount) -> web.Application:
    """The application on loopback: the API, the device's health, and what else is mounted beside them (the kiosk's pages)."""
    app = _app(services, loopback_only, *API, health.mount, *mounts)
    app.cleanup_ctx.append(_sweeping)
    services.sessions.on_end.append(partial(socket.cut_off, services))
    return app


def build_lan_app(services: Services, names: Collection[str], *mounts: Mount) -> web.Application:
    """The application on the network: the API, and what is mounted beside it. It answers to the device's `names` only."""
    return _app(services, named(names), *API, *mounts)


def _app(services: Services, guard: Middleware, *mounts: Mount) -> web.Application:
    app = web.Application(middlewares=[errors, guard, limited], client_max_size=services.settings.max_body_bytes)
    app[SERVICES] = services
    app[PATIENCE] = Patience(services.settings.connect_timeout_s)
    for mount in mounts:
        mount(app)
    return app


async def _sweeping(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(_sweep(app[SERVICES]))
    yield
    await end(task)
    await app[SERVICES].sessions.drain()


def _ours(record: logging.LogRecord) -> bool:
    """Not a request that is no HTTP: that is the client's failure, and the words of the parser repeat its bytes."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


async def _sweep(services: Services) -> None:
    """End sessions whose time is over, whether or not anybody asks."""
    while True:
        await asyncio.sleep(_SWEEP_S)
        try:
            for token in await services.sessions.sweep():
                await services.desk.forget(token)
        except (StoreError, ApiError) as error:
            log.error("sessions could not be ended: %s: %s", type(error).__name__, error)


@asynccontextmanager
async def serve(
    app: web.Application, host: str, port: int, tls: ssl.SSLContext | None = None, *, plain_on_network: bool = False
) -> AsyncIterator[int]:
    """Serve until the context ends; yields the port (a free one where 0 was asked for).

    Args:
        app: what is served.
        host: the address to listen on.
        port: the TCP port.
        tls: certificate and key; None: plain HTTP.
        plain_on_network: serve plain HTTP although the address is no loopback one.

    Raises:
        NotLoopback: `host` is no loopback address, and there is neither TLS nor leave to do without.
        OSError: the port is taken.
    """
    if tls is None and not plain_on_network and host not in ("127.0.0.1", "::1"):
        raise NotLoopback(f"plain HTTP is served on 127.0.0.1 or ::1 only, not on {host}")
    # No access log: paths carry session tokens.
    _protocol_log.addFilter(_ours)
    idle = app[SERVICES].settings.idle_timeout_s
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_S, keepalive_timeout=idle)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=tls)
        await site.start()
        async with app[PATIENCE].watching(runner.server):
            yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
