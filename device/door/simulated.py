"""A door that moves nothing: it keeps the times of a real one and writes the same events. Ships for demos, tests and trials."""

import asyncio
import logging
import uuid
from collections.abc import Collection
from types import TracebackType
from typing import Self

from api.clock import Clock
from api.ports import Store, StoreError
from api.records import LOCAL, DoorEvent
from device.door.base import DoorState, check_variant
from device.grants import Grant

log = logging.getLogger(__name__)


class SimulatedDoor:
    """Implements `device.door.base.Door` with a lock that exists in the log only.

    Args:
        store: where events are recorded.
        clock: what they are dated by.
        allowed: variants of grants that this door takes.
    """

    driver = "simulated"
    real = False

    def __init__(self, store: Store, clock: Clock, allowed: Collection[str]) -> None:
        self._store = store
        self._clock = clock
        self._allowed = allowed
        self._grant: Grant | None = None
        self._until = 0.0
        self._relock: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    @property
    def state(self) -> DoorState:
        """What the lock is told to be."""
        return DoorState.UNLOCKED if self._grant is not None else DoorState.LOCKED

    async def unlock(self, grant: Grant, duration: float) -> None:
        """See `Door.unlock`."""
        check_variant(grant, self._allowed)
        async with self._turn:
            await self._record("unlocked", grant, {"seconds": duration, "driver": self.driver})
            self._grant = grant
            self._until = max(self._until, self._clock.boot() + duration)
            if self._relock is None:
                self._relock = asyncio.get_running_loop().create_task(self._lock_in_time(), name="door relock")

    async def __aenter__(self) -> Self:
        """Begin locked."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Lock, now."""
        async with self._turn:
            if self._relock is not None:
                self._relock.cancel()
            await self._lock()

    async def _lock_in_time(self) -> None:
        while self._grant is not None:
            await asyncio.sleep(self._until - self._clock.boot())
            async with self._turn:
                if self._until <= self._clock.boot():
                    await self._lock()

    async def _lock(self) -> None:
        """Lock first, record after: a store that fails must not keep a door open."""
        grant, self._grant, self._relock = self._grant, None, None
        if grant is None:
            return
        try:
            await self._record("locked", grant, {"driver": self.driver})
        except StoreError as error:
            log.error("the door is locked, but that could not be recorded: %s", error)

    async def _record(self, kind: str, grant: Grant, detail: dict[str, object]) -> None:
        event = DoorEvent(
            event_id=str(uuid.uuid4()),
            kind=kind,
            grant=grant.variant,
            user_id=await self._named(grant),
            attempt_id=grant.attempt_id,
            boot_id=self._clock.boot_id,
            boot_time=self._clock.boot(),
            created_at=self._clock.dated(),
            detail=detail,
        )
        await self._store.add_door_event(event)

    async def _named(self, grant: Grant) -> str | None:
        """Whom the event names: somebody who was erased since the grant is named no more."""
        if grant.user_id is None or grant.variant == "operator" or await self._store.person(LOCAL, grant.user_id) is not None:
            return grant.user_id
        return None
