"""Who asks at the administration socket, for as long as the command runs: what its acts are written down under.

The user is the kernel's word. The name behind sudo is only what kioskctl says, so it stands beside that, and for root alone.
"""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_asker: ContextVar[str] = ContextVar("asker", default="")
LONGEST = 64
"""Characters of a name behind sudo."""


@contextmanager
def asked_by(uid: int, said: str) -> Iterator[None]:
    """What runs inside is asked by the user of that id; `said`: the name behind sudo, as the other side has it."""
    token = _asker.set(asker_name(uid, said))
    try:
        yield
    finally:
        _asker.reset(token)


def asker(otherwise: str) -> str:
    """Who asks; `otherwise` where nobody does over the socket."""
    return _asker.get() or otherwise


def asker_name(uid: int, said: str) -> str:
    """How whoever asks is written down."""
    believed = uid == 0 and said.isprintable() and 0 < len(said) <= LONGEST
    return f"{user_name(uid)} (sudo: {said})" if believed else user_name(uid)


def behind_sudo() -> str:
    """The user who typed sudo before this program's name; empty: nobody did."""
    return os.environ.get("SUDO_USER", "")


def user_name(uid: int) -> str:
    """The name of a user of this machine, or its number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
