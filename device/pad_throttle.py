"""How often PINs and cards may be tried: waits of one user number, and of the device, kept in the store. Counts nothing else.

A number's failures count whether or not anybody has it, so that a wait tells nothing. The device's are not broken by a success,
or somebody with a PIN of their own could guess others' without end: they are forgotten after a quiet time.
"""

import math

from api import lockout
from api.clock import Clock
from api.lockout import Lockout, LockoutSettings
from device.pad_settings import PadSettings
from device.store.factor_store import FactorStore

DEVICE = "device"
_NEVER = 1_000_000
"""Failures after which the device would be disabled: a passer-by must not lock everybody out for good."""


class PadThrottle:
    """The waits."""

    def __init__(self, store: FactorStore, settings: PadSettings, clock: Clock) -> None:
        self._store = store
        self._number = settings
        self._forgive_s = settings.device_forgive_s
        self._device = LockoutSettings.model_construct(
            free_failures=settings.device_failures,
            wait_s=settings.wait_s,
            longest_wait_s=settings.longest_wait_s,
            most_failures=_NEVER,
        )
        self._clock = clock

    async def left(self, number: str | None) -> float:
        """Seconds to wait before this number, or a card (None), may be tried; infinity where only an operator can help."""
        device = lockout.left(await self._of_device(), self._device, self._clock)
        if number is None:
            return device
        return max(device, lockout.left(await self._store.lockout(_name(number)), self._number, self._clock))

    async def failed(self, number: str | None) -> None:
        """Count a failure."""
        if number is not None:
            before = await self._store.lockout(_name(number))
            await self._store.put_lockout(_name(number), lockout.failed(before, self._number, self._clock))
        await self._store.put_lockout(DEVICE, lockout.failed(await self._of_device(), self._device, self._clock))

    async def succeeded(self, number: str) -> None:
        """The row of a number's failures is broken."""
        await self._store.clear_lockout(_name(number))

    async def _of_device(self) -> Lockout:
        found = await self._store.lockout(DEVICE)
        return Lockout() if self._quiet_s(found) >= self._forgive_s else found

    def _quiet_s(self, found: Lockout) -> float:
        """Seconds since the last wait was over; after a reboot, since a wait begun anew at boot was."""
        if not found.failures:
            return math.inf
        now = self._clock.boot()
        return now - found.until_boot if found.boot_id == self._clock.boot_id else now - found.wait_s


def _name(number: str) -> str:
    return f"number {number}"
