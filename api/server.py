"""Builds and serves the web application. Which services it is made of is the composition root's business."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from api import socket
from api.errors import ApiError
from api.http import errors, loopback_only
from api.ports import StoreError
from api.routes import client, docs, health, sessions, users
from api.services import SERVICES, Services

log = logging.getLogger(__name__)

_SWEEP_S = 5.0
_STOP_S = 2.0
Mount = Callable[[web.Application], None]


class NotLoopback(ValueError):
    """Plain HTTP was to be served beyond this machine."""


def build_app(services: Services, *mounts: Mount) -> web.Application:
    """The application: the API, and what else is mounted beside it (the kiosk's pages)."""
    app = web.Application(middlewares=[errors, loopback_only], client_max_size=services.settings.max_body_bytes)
    app[SERVICES] = services
    for mount in (client.mount, sessions.mount, users.mount, health.mount, socket.mount, docs.mount, *mounts):
        mount(app)
    app.cleanup_ctx.append(_sweeping)
    return app


async def _sweeping(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(_sweep(app[SERVICES]))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await app[SERVICES].sessions.drain()


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
async def serve(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve plain HTTP on a loopback address until the context ends; yields the port (a free one where 0 was asked for).

    Raises:
        NotLoopback: `host` is no loopback address.
        OSError: the port is taken.
    """
    if host not in ("127.0.0.1", "::1"):
        raise NotLoopback(f"plain HTTP is served on 127.0.0.1 or ::1 only, not on {host}")
    # No access log: paths carry session tokens.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
