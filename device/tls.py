"""The TLS context of the listener on the network, and how it takes over a renewed certificate. None is made here."""

import asyncio
import logging
import ssl
import stat

from device.certificates import TlsRefused, days_left, load_certificate
from device.settings import LanSettings

log = logging.getLogger(__name__)

RENEW_DAYS = 30
"""Days before its end from which a certificate is warned of."""
_LOOK_S = 30.0


def server_context(lan: LanSettings) -> ssl.SSLContext:
    """The context of a server with the configured certificate: TLS 1.2 or newer.

    Raises:
        TlsRefused: certificate or key is missing, open to others, broken, or they do not belong together.
    """
    left = days_left(load_certificate(lan.certificate))
    if left < RENEW_DAYS:
        log.warning("the certificate %s ends in %d days; do `kioskctl tls renew`", lan.certificate, left)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_chain(context, lan)
    return context


def load_chain(context: ssl.SSLContext, lan: LanSettings) -> None:
    """Read certificate and key into the context; connections that begin now get them. `TlsRefused`: as `server_context`."""
    try:
        if lan.key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise TlsRefused(f"the key {lan.key} is open to others; do `chmod 600 {lan.key}`")
        context.load_cert_chain(lan.certificate, lan.key)
    except OSError as error:
        raise TlsRefused(f"certificate {lan.certificate} and key {lan.key} cannot be used: {error}") from error


async def follow(context: ssl.SSLContext, lan: LanSettings, look_s: float = _LOOK_S) -> None:
    """Take over a renewed certificate without a restart; one that cannot be used is told of, and the old one stays."""
    seen = _changed(lan)
    while True:
        await asyncio.sleep(look_s)
        if (now := _changed(lan)) == seen:
            continue
        seen = now
        try:
            load_chain(context, lan)
        except TlsRefused as error:
            log.error("the old certificate is served on: %s", error)
        else:
            log.info("the renewed certificate is served from now on")


def _changed(lan: LanSettings) -> tuple[int, ...]:
    try:
        return lan.certificate.stat().st_mtime_ns, lan.key.stat().st_mtime_ns
    except OSError:
        return ()
