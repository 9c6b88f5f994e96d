"""The listener on the network: API, enrolment links and trust page over TLS, for as long as it is configured."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from api.ending import end
from api.server import Mount, build_lan_app, serve
from api.services import Services
from device.certificates import load_certificate, names_of
from device.settings import LanSettings
from device.tls import follow, server_context
from device.trust import Trust

log = logging.getLogger(__name__)


def names(lan: LanSettings) -> tuple[str, ...]:
    """What the device is called on the network, the name for links first. `TlsRefused`: there is no certificate."""
    own = (socket.gethostname().lower(),)
    if lan.plain_http_on_the_network_without_tls:
        return tuple(dict.fromkeys((*lan.names, *own, f"{own[0]}.local", "localhost")))
    return tuple(dict.fromkeys((*names_of(load_certificate(lan.certificate)), *lan.names, *own)))


def url(lan: LanSettings, port: int | None = None) -> str:
    """How links name the device, without a last slash. `TlsRefused`: there is no certificate."""
    if lan.public_url:
        return lan.public_url
    name = names(lan)[0]
    scheme = "http" if lan.plain_http_on_the_network_without_tls else "https"
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{lan.port if port is None else port}"


@asynccontextmanager
async def serve_lan(lan: LanSettings, services: Services, say: Callable[[str], None], *mounts: Mount) -> AsyncIterator[None]:
    """Serve on the network where that is configured, until the context ends.

    Raises:
        TlsRefused: certificate or key cannot be used, and plain HTTP is not configured in so many words.
        OSError: the port is taken.
    """
    if not lan.host:
        yield
        return
    plain = lan.plain_http_on_the_network_without_tls
    tls = None if plain else server_context(lan)
    app = build_lan_app(services, names(lan), *_trust(lan), *mounts)
    async with serve(app, lan.host, lan.port, tls, plain_on_network=plain) as port, _following(tls, lan):
        if plain:
            log.warning("the network is served WITHOUT TLS: keys, faces and tokens can be read by everybody on it")
        say(f"facekiosk: clients reach it at {url(lan, port)}/")
        yield


def _trust(lan: LanSettings) -> list[Mount]:
    """The trust page, where the device has an authority of its own."""
    there = lan.authority.exists() and not lan.plain_http_on_the_network_without_tls
    return [Trust(lan, url(lan)).mount] if there else []


@asynccontextmanager
async def _following(tls: ssl.SSLContext | None, lan: LanSettings) -> AsyncIterator[None]:
    if tls is None:
        yield
        return
    task = asyncio.create_task(follow(tls, lan), name="certificate")
    try:
        yield
    finally:
        await end(task)
