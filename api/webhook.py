"""What a webhook's receiver sees: address, secret, signature and message, after the Standard Webhooks specification 1.0.0. Pure.

A message is signed by HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{body}`; any library for Standard Webhooks checks it.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from api.clock import Clock, passed
from api.records import FormerSecret, Webhook

SECRET_PREFIX = "whsec_"  # noqa: S105 - marks secrets, and is none
SECRET_BYTES = 32
TOLERANCE_S = 300
"""Seconds by which a message's timestamp may differ from the receiver's clock."""
_LONGEST_ADDRESS = 2000


class AddressRefused(ValueError):
    """Nothing is delivered to such an address; the message says why."""


class SignatureRefused(ValueError):
    """The message was not signed with this secret, or long ago; the message says which."""


def new_secret() -> bytes:
    """A random secret of one webhook."""
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """A secret as receivers are given it: `whsec_` and base64."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def checked_address(url: str) -> str:
    """The address, if events may go there: https, or plain http to this machine itself.

    Raises:
        AddressRefused: they may not.
    """
    if len(url) > _LONGEST_ADDRESS or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefused("an address is at most 2000 printable ASCII characters without a space")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise AddressRefused("this is no address; give one such as https://example.org/events") from None
    if parts.scheme not in ("https", "http") or not host:
        raise AddressRefused("this is no address; give one such as https://example.org/events")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("an address holds no user name, password or fragment; the signature is what receivers go by")
    if parts.scheme == "http" and not _is_loopback(host):
        raise AddressRefused("plain http goes to this machine only (127.0.0.1, [::1], localhost); use https")
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    signed = hmac.new(secret, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def headers(secrets_in_use: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a message, signed with each secret in use; `timestamp` in POSIX seconds."""
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(secret, message_id, timestamp, body) for secret in secrets_in_use),
    }


def verify(secret: str, said: Mapping[str, str], body: bytes, now: float) -> None:
    """Check a received message, in constant time.

    Args:
        secret: as shown, `whsec_…`.
        said: the message's headers, by their lower-case names.
        body: its bytes, as they came.
        now: POSIX seconds.

    Raises:
        SignatureRefused: it is not the device's, or too old, or from the future.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        timestamp = int(said["webhook-timestamp"])
        message_id, given = said["webhook-id"], said["webhook-signature"]
    except (KeyError, ValueError, binascii.Error):
        raise SignatureRefused("secret or headers are not those of a webhook") from None
    if abs(now - timestamp) > TOLERANCE_S:
        raise SignatureRefused("the timestamp is too far from now")
    wanted = _signature(key, message_id, timestamp, body).encode()
    if not any(hmac.compare_digest(wanted, each.encode()) for each in given.split(" ")):
        raise SignatureRefused("the signature does not fit")


def secrets_of(webhook: Webhook, clock: Clock) -> list[bytes]:
    """What the webhook's messages are signed with now: the present secret, and in an overlap the former one."""
    former = webhook.former
    overlaps = former is not None and not passed(clock, former.boot_id, former.until_boot, former.until)
    return [webhook.secret, former.secret] if former is not None and overlaps else [webhook.secret]


def rotated(webhook: Webhook, overlap_s: float, clock: Clock) -> Webhook:
    """The webhook with a new secret; the one that it had is good for `overlap_s` more, the one before that no more."""
    former = FormerSecret(webhook.secret, clock.wall() + overlap_s, clock.boot_id, clock.boot() + overlap_s)
    return replace(webhook, secret=new_secret(), former=former if overlap_s > 0 else None)


def pause_s(failures: int, first_s: float, longest_s: float) -> float:
    """Seconds to wait after that many failures in a row: doubled by each, up to the longest."""
    return min(longest_s, first_s * 2.0 ** min(max(failures, 1) - 1, 40))
