"""Signing in to the admin screen: name, password and second factor together, throttled, each time written down. No HTTP here."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Never

from api import lockout
from api.auth import KeyHash
from api.clock import Clock
from device.factor_records import OperatorAct
from device.operators import codes
from device.operators.records import Operator
from device.operators.settings import OperatorSettings
from device.pins import PinHashes
from device.store.factor_store import FactorStore
from device.store.operator_store import OperatorStore
from device.store.store import SqlCipherStore


class SignInRefused(Exception):
    """Nobody was signed in: `sign_in_failed`, `locked_out`, or `clock_not_trusted`, where one-time codes cannot be checked."""

    def __init__(self, code: str, wait_s: float = 0.0) -> None:
        super().__init__(code)
        self.code = code
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class OperatorParts:
    """What operators' accounts are kept and checked with."""

    rows: OperatorStore
    waits: FactorStore
    hashes: PinHashes
    key_hash: KeyHash
    clock: Clock
    settings: OperatorSettings

    def act(self, act: str, operator: str, user_id: str = "", detail: Mapping[str, object] = {}) -> OperatorAct:
        """A line for audit, dated now."""
        clock = self.clock
        return OperatorAct(act, user_id, operator, clock.boot_id, clock.boot(), clock.dated(), dict(detail))


def operator_parts(store: SqlCipherStore, key_hash: KeyHash, clock: Clock, settings: OperatorSettings) -> OperatorParts:
    """The parts, over the device's own store."""
    hashes = PinHashes(key_hash, what="password")
    return OperatorParts(store.operators, store.factors, hashes, key_hash, clock, settings)


def wait_name(name: str) -> str:
    """Under what an operator's failures in a row are counted, beside those of pad and reader."""
    return f"operator {name}"


class SignIn:
    """Checks who signs in, one after the other, so that tries side by side buy nothing."""

    def __init__(self, parts: OperatorParts) -> None:
        self._parts = parts
        self._turn = asyncio.Lock()

    async def sign_in(self, name: str, password: str, code: str) -> Operator:
        """The operator whose name, password and code these are. A code, one-time or recovery, is good once.

        Which of the three was wrong is told to nobody, and a name that nobody has takes the same time.

        Raises:
            SignInRefused: nobody was signed in.
            StoreError: nobody was signed in, since it could not be written down.
        """
        async with self._turn:
            parts = self._parts
            before = await parts.waits.lockout(wait_name(name))
            if wait := lockout.left(before, parts.settings, parts.clock):
                raise SignInRefused("locked_out", wait)
            found = await parts.rows.operator(name)
            fits = await parts.hashes.fits(name, password, None if found is None else found.password)
            if found is None or not fits:
                await self._failed(name, known=found is not None)
            return await self._with_code(found, code)

    async def _with_code(self, operator: Operator, code: str) -> Operator:
        parts = self._parts
        if codes.is_one_time(code):
            now = parts.clock.dated()
            if now is None:
                raise SignInRefused("clock_not_trusted")
            step = codes.step_of(operator.totp, code, now, operator.last_step)
            after = None if step is None else replace(operator, last_step=step)
        else:
            used = parts.key_hash(codes.recovery_text(operator.name, code))
            after = replace(operator, recovery=tuple(each for each in operator.recovery if each != used))
            after = after if len(after.recovery) < len(operator.recovery) else None
        if after is None:
            await self._failed(operator.name, known=True)
        how = "one_time_code" if codes.is_one_time(code) else "recovery_code"
        await parts.rows.put(after, parts.act("signed_in", operator.name, detail={"second_factor": how}))
        await parts.waits.clear_lockout(wait_name(operator.name))
        return after

    async def _failed(self, name: str, *, known: bool) -> Never:
        parts = self._parts
        before = await parts.waits.lockout(wait_name(name))
        await parts.waits.put_lockout(wait_name(name), lockout.failed(before, parts.settings, parts.clock))
        if known:
            await parts.rows.write(parts.act("sign_in_failed", name))
        raise SignInRefused("sign_in_failed")


def whole_seconds(wait_s: float) -> int:
    """What `Retry-After` says of a wait; a day where only kioskctl can help."""
    return 86_400 if math.isinf(wait_s) else math.ceil(wait_s)
