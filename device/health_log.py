"""Changes in how the device's parts are, written to the log, so that whoever follows it hears of a camera that is gone.

What is wrong with a part is `/readyz`'s word. A change is written once it has lasted, so that nothing flickers.
"""

import asyncio
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from api.clock import Clock
from api.ports import StoreError
from api.records import HealthEvent
from api.services import Readiness, severity
from device.store.store import SqlCipherStore

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""Seconds between looks."""
HOLD_S = 5.0
"""Seconds for which a part must be as it is before that is written."""


@dataclass(frozen=True, slots=True)
class _Seen:
    message: str
    since: float


class HealthLog:
    """Writes what changes; `run` until cancelled."""

    def __init__(
        self, store: SqlCipherStore, readiness: Readiness, clock: Clock, look_s: float = LOOK_S, hold_s: float = HOLD_S
    ) -> None:
        self._store = store
        self._readiness = readiness
        self._clock = clock
        self._look_s = look_s
        self._hold_s = hold_s
        self._seen: dict[str, _Seen] = {}
        self._written: dict[str, str] = {}

    async def run(self) -> None:
        """Look again and again. What was written last, before a restart too, is not written twice."""
        while True:
            try:
                self._written = self._written or await self._store.health_now()
                await self._look(await self._readiness())
            except (StoreError, OSError) as error:
                log.error("a change of the device's health could not be written: %s: %s", type(error).__name__, error)
            await asyncio.sleep(self._look_s)

    async def _look(self, checks: Mapping[str, str]) -> None:
        now = self._clock.boot()
        for component, message in checks.items():
            seen = self._seen.get(component)
            if seen is None or seen.message != message:
                self._seen[component] = seen = _Seen(message, now)
            if message != self._written.get(component, "") and now - seen.since >= self._hold_s:
                await self._store.add_health_event(self._event(component, message))
                self._written[component] = message

    def _event(self, component: str, message: str) -> HealthEvent:
        return HealthEvent(
            event_id=str(uuid.uuid4()),
            component=component,
            status=severity(component, message),
            message=message,
            boot_id=self._clock.boot_id,
            boot_time=self._clock.boot(),
            created_at=self._clock.dated(),
        )
