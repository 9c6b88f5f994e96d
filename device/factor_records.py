"""The records of PINs and cards, as plain frozen values. How they are stored and sealed is not known here."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Pin:
    """What the PIN of a person of the device's own realm is checked by."""

    user_id: str
    number: str
    """The person's own number, unique in the realm."""
    hash: bytes = field(repr=False)
    """Argon2id, with its parameters and salt."""
    set_at: float | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A card, or a code that a reader reads, of a person of the device's own realm."""

    user_id: str
    name: str
    """How operators call it; says nothing of what it holds."""
    hash: bytes = field(repr=False)
    """Keyed hash of what it says."""
    added_at: float | None = None


@dataclass(frozen=True, slots=True)
class OperatorAct:
    """What was changed about a person of the device's own realm, or about the device, and by whom: for audit."""

    act: str
    """`pin_set`, `pin_cleared`, `card_added`, `card_removed`, `enrollment_confirmed`, `inability_noted`, `clock_set`,
    `clock_set_failed`, `clock_floor_lowered`, `aiming_view_opened`."""
    user_id: str
    """Empty: it was about nobody."""
    operator: str
    """Who did it; `kiosk` where the person did, at the kiosk."""
    boot_id: str
    boot_time: float
    created_at: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)
