"""Who is signed in to the admin screen: sessions in memory, each with an idle and an absolute time-out. No HTTP here.

A restart of the device ends them all. Only digests of their tokens are kept.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from device.operators.records import MAY, May, Operator, Role
from device.operators.settings import OperatorSettings

MOST = 8
"""Sessions of one operator; past it the one used longest ago ends."""


@dataclass(slots=True)
class SignedIn:
    """One session."""

    name: str
    role: Role
    csrf: str
    """What the page must send with every request that changes something: no other site can read it."""
    began: float
    """Boot-time seconds."""
    used: float

    def may(self, what: May) -> bool:
        """Whether the operator's role allows it."""
        return what in MAY[self.role]


class OperatorSessions:
    """The sessions.

    Args:
        settings: time-outs.
        boot: boot-time seconds, now.
    """

    def __init__(self, settings: OperatorSettings, boot: Callable[[], float]) -> None:
        self._idle_s = settings.idle_minutes * 60
        self._longest_s = settings.session_hours * 3600
        self._boot = boot
        self._sessions: dict[bytes, SignedIn] = {}

    def begin(self, operator: Operator) -> tuple[str, SignedIn]:
        """A new session and its token, 256 random bits."""
        now, token = self._boot(), secrets.token_urlsafe(32)
        self._sweep(now)
        theirs = sorted((each.used, key) for key, each in self._sessions.items() if each.name == operator.name)
        for _, key in theirs[: max(0, len(theirs) - MOST + 1)]:
            del self._sessions[key]
        begun = SignedIn(operator.name, operator.role, secrets.token_urlsafe(32), now, now)
        self._sessions[_digest(token)] = begun
        return token, begun

    def of(self, token: str, *, used: bool = True) -> SignedIn | None:
        """The session of a token, None where it has none or no longer; `used`: the operator did something."""
        now = self._boot()
        self._sweep(now)
        found = self._sessions.get(_digest(token))
        if found is not None and used:
            found.used = now
        return found

    def end(self, token: str) -> None:
        """Sign out."""
        self._sessions.pop(_digest(token), None)

    def end_of(self, name: str) -> None:
        """End every session of an operator whose account was changed."""
        self._sessions = {key: each for key, each in self._sessions.items() if each.name != name}

    def _sweep(self, now: float) -> None:
        self._sessions = {key: each for key, each in self._sessions.items() if not self._over(each, now)}

    def _over(self, session: SignedIn, now: float) -> bool:
        return now - session.used >= self._idle_s or now - session.began >= self._longest_s


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
