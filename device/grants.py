"""The one thing that opens a door: a grant. Its variants are closed, and each is made in one place. No door is known here.

Those of camera, PIN and card are made here, from a committed decision; that of request-to-exit will be made by the reader
that brings it, an operator's by the operators' screen. Nothing that an API client does makes one.
"""

from dataclasses import dataclass
from typing import ClassVar

from api.records import CAMERA, LOCAL, Attempt, SessionKind
from device.settings import Variant


class GrantRefused(Exception):
    """No grant can be made of this, or the door does not take grants of its kind; the door stays shut."""


@dataclass(frozen=True, slots=True)
class CameraGrant:
    """Somebody was recognised, alive, by the device's own camera."""

    variant: ClassVar[Variant] = "camera"
    user_id: str
    attempt_id: str


@dataclass(frozen=True, slots=True)
class PinGrant:
    """Somebody's PIN was entered at the device."""

    variant: ClassVar[Variant] = "pin"
    user_id: str
    attempt_id: str


@dataclass(frozen=True, slots=True)
class CardGrant:
    """Somebody's card was read at the device."""

    variant: ClassVar[Variant] = "card"
    user_id: str
    attempt_id: str


@dataclass(frozen=True, slots=True)
class ExitGrant:
    """The button inside was pressed."""

    variant: ClassVar[Variant] = "request_to_exit"
    user_id: ClassVar[None] = None
    attempt_id: ClassVar[None] = None


@dataclass(frozen=True, slots=True)
class OperatorGrant:
    """An operator unlocked the door explicitly."""

    variant: ClassVar[Variant] = "operator"
    user_id: str
    """The operator's id."""
    attempt_id: ClassVar[None] = None


Grant = CameraGrant | PinGrant | CardGrant | ExitGrant | OperatorGrant


def camera_grant(attempt: Attempt, *, live: bool, door_real: bool) -> CameraGrant:
    """The grant of a decision of the kiosk, whose attempt row is committed.

    Args:
        attempt: the decision.
        live: whether vision@camera's source is a physical camera.
        door_real: whether the door's driver moves something.

    Raises:
        GrantRefused: the decision is no success of the device's own realm, was made without liveness, or comes from a source
            that is not live and would move a real door.
    """
    user_id = _let_in(attempt, CAMERA)
    if not attempt.liveness_passed:
        raise GrantRefused("no liveness was shown")
    if door_real and not live:
        raise GrantRefused("a source that is not live opens no real door")
    return CameraGrant(user_id, attempt.attempt_id)


def pin_grant(attempt: Attempt) -> PinGrant:
    """The grant of a PIN that was right, whose attempt row is committed. `GrantRefused`: it is no such success."""
    return PinGrant(_let_in(attempt, PinGrant.variant), attempt.attempt_id)


def card_grant(attempt: Attempt) -> CardGrant:
    """The grant of a card that is known, whose attempt row is committed. `GrantRefused`: it is no such success."""
    return CardGrant(_let_in(attempt, CardGrant.variant), attempt.attempt_id)


def _let_in(attempt: Attempt, means: str) -> str:
    if not (attempt.success and attempt.user_id and attempt.kind is SessionKind.AUTHENTICATION):
        raise GrantRefused("the decision let nobody in")
    if attempt.realm != LOCAL:
        raise GrantRefused(f"the door does not know the realm {attempt.realm!r}")
    if attempt.means != means:
        raise GrantRefused(f"the decision was made by {attempt.means}, not by {means}")
    return attempt.user_id
