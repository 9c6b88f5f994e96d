"""The second factor of operators: one-time codes by time (RFC 6238) and recovery codes. Pure; nothing is kept here."""

import base64
import hmac
import os

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20
"""As RFC 4226 recommends; with SHA-1, which every authenticator app has."""
DRIFT = 1
"""Steps that a phone's clock may be off, either way."""
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10


def new_secret() -> bytes:
    """A secret for one-time codes."""
    return os.urandom(SECRET_BYTES)


def uri(secret: bytes, name: str, device: str) -> str:
    """What an authenticator app reads, as a QR code: an `otpauth://` address, which holds the secret."""
    return _totp(secret).get_provisioning_uri(name, f"facekiosk {device}")


def step_of(secret: bytes, code: str, now: float, last_step: int) -> int | None:
    """The time step whose code this is, later than `last_step`; None: it is none now, or was used before.

    Args:
        secret: of the operator.
        code: as typed, digits only.
        now: POSIX seconds.
        last_step: the newest step whose code was used.
    """
    here, totp = int(now // STEP_S), _totp(secret)
    found = None
    for step in range(max(0, here - DRIFT), here + DRIFT + 1):
        fits = hmac.compare_digest(totp.generate(step * STEP_S), code.encode())
        if fits and step > last_step:
            found = step
    return found


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303  # HMAC-SHA-1, which RFC 6238 names and no collision breaks


def new_recovery() -> tuple[str, ...]:
    """Recovery codes, 80 bits each, in groups of four letters and digits."""
    plain = (base64.b32encode(os.urandom(_RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES))
    return tuple("-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in plain)


def recovery_text(name: str, code: str) -> str:
    """What of a recovery code is hashed: however it was typed, and good for one operator only."""
    return f"recovery {name} {''.join(each for each in code.lower() if each.isalnum())}"


def is_one_time(code: str) -> bool:
    """Whether this has the form of a one-time code."""
    return len(code) == DIGITS and code.isascii() and code.isdigit()
