"""What a door is to the rest of the device, and the checks before one is used. No door lives here."""

from collections.abc import Collection
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from device.grants import Grant, GrantRefused


class DoorState(StrEnum):
    """What the lock is told to be. Whether the door stands open is a sensor's business."""

    LOCKED = "locked"
    UNLOCKED = "unlocked"


class DoorRefused(Exception):
    """The door may not be used with this configuration; the message says what to change."""


class Door(Protocol):
    """A door with an electric lock; a context, which locks it at its end."""

    @property
    def driver(self) -> str:
        """The driver's name, as in the configuration."""

    @property
    def real(self) -> bool:
        """Whether something moves."""

    @property
    def state(self) -> DoorState:
        """What the lock is told to be."""

    async def unlock(self, grant: Grant, duration: float) -> None:
        """Unlock for `duration` seconds from now; longer where an earlier grant lasts longer. Returns when it is unlocked.

        The event is recorded before anything moves.

        Raises:
            GrantRefused: the door does not take grants of this variant.
            StoreError: the event could not be recorded; the door stays as it is.
        """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def check_variant(grant: Grant, allowed: Collection[str]) -> None:
    """`GrantRefused` where this door's grants of that kind are switched off."""
    if grant.variant not in allowed:
        raise GrantRefused(f"grants by {grant.variant} are switched off at this door (door.grants)")


def check_source(source: str, *, live: bool, driver: str, real: bool) -> None:
    """`DoorRefused` where a source that is not live would command a real door."""
    if real and not live:
        raise DoorRefused(
            f"the source {source} is not live, and the door driver {driver!r} is real: anybody could play it a recording. "
            'Use a camera, or set driver = "simulated" under [door]'
        )
