"""Operators of the admin screen: who they are and what their roles may do. Plain frozen values, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What an operator is there for."""

    OPERATOR = "operator"
    VIEWER = "viewer"
    AUDITOR = "auditor"


class May(StrEnum):
    """What a role allows."""

    SEE = "see"
    """People with the quality of their enrolments, the queue, health, and the door."""
    CHANGE = "change"
    """Import, enrol, confirm, erase, and make links."""
    VISITS = "visits"
    """See who came, and open one person's log, each for a purpose that is written down."""
    AUDIT = "audit"
    """Read what operators did."""


MAY: Mapping[Role, frozenset[May]] = {
    Role.OPERATOR: frozenset({May.SEE, May.CHANGE, May.VISITS}),
    Role.VIEWER: frozenset({May.SEE}),
    Role.AUDITOR: frozenset({May.SEE, May.VISITS, May.AUDIT}),
}
"""Who changes things does not look after the record of it, and the other way round."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody with an account for the admin screen."""

    name: str
    role: Role
    password: bytes = field(repr=False)
    """Argon2id, with its parameters and salt."""
    totp: bytes = field(repr=False)
    """The secret that the one-time codes come from."""
    recovery: tuple[bytes, ...] = field(default=(), repr=False)
    """Keyed hashes of the recovery codes that are left."""
    last_step: int = 0
    """Time step of the newest one-time code that was used."""
    created_at: float | None = None
