"""Lock-outs at work: the rules of `api.lockout` on the store's rows, one judgement of a claimed user at a time."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from api import lockout
from api.clock import Clock
from api.errors import ApiError
from api.lockout import LockoutSettings
from api.ports import Store

_RETRY_DISABLED_S = 3600
"""What `Retry-After` says where only an operator can help."""


class Lockouts:
    """Counts completed judgements of claimed users in remote sessions. Every count is stored before it is told."""

    def __init__(self, store: Store, settings: LockoutSettings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, realm: str, user_id: str) -> AsyncIterator[bool]:
        """Judge claims to be one user one after another, so that sessions side by side buy no tries.

        Yields:
            Whether this one may be judged now.
        """
        turn = self._turns.setdefault((realm, user_id), asyncio.Lock())
        async with turn:
            yield await self._left(realm, user_id) == 0

    async def check(self, realm: str, user_id: str) -> None:
        """Raises `ApiError` `locked_out`, with the seconds to wait, while nobody may claim to be this user."""
        left = await self._left(realm, user_id)
        if left == math.inf:
            raise ApiError("locked_out", "disabled until an operator unlocks this user", retry_after_s=_RETRY_DISABLED_S)
        if left > 0:
            raise ApiError("locked_out", retry_after_s=math.ceil(left))

    async def disabled(self, realm: str, user_id: str) -> bool:
        """Whether only an operator can let this user be recognised for clients again."""
        return lockout.disabled(await self._store.lockout(realm, user_id), self._settings)

    async def failed(self, realm: str, user_id: str) -> bool:
        """Count a failure; whether the next try has to wait now."""
        after = lockout.failed(await self._store.lockout(realm, user_id), self._settings, self._clock)
        await self._store.put_lockout(realm, user_id, after)
        return lockout.left(after, self._settings, self._clock) > 0

    async def succeeded(self, realm: str, user_id: str) -> None:
        """The row of failures is broken."""
        if (await self._store.lockout(realm, user_id)).failures:
            await self._store.clear_lockout(realm, user_id)

    async def _left(self, realm: str, user_id: str) -> float:
        return lockout.left(await self._store.lockout(realm, user_id), self._settings, self._clock)
