"""PINs and cards at the kiosk: whose they are, each decision written down before it is told. No door and no screen here.

Two uses beside opening the door by themselves: a person confirms a pending enrolment by PIN or card and a matching face, and a
visit whose liveness left steps out asks for one as the make-up (`asks_make_up`).
"""

import asyncio
import uuid
from dataclasses import dataclass

from api.access import barred
from api.auth import KeyHash
from api.clock import Clock
from api.effects import MAKE_UP
from api.ports import Store
from api.records import LOCAL, Attempt, Person, SessionKind
from device import cards
from device.factor_records import OperatorAct
from device.pad_throttle import PadThrottle
from device.pins import NUMBER, PIN, PinHashes
from device.settings import Variant
from device.store.factor_store import FactorStore
from device.store.store import SqlCipherStore


def asks_make_up(attempt: Attempt) -> bool:
    """Whether a decision by the face opens only together with a PIN or a card of the same person."""
    return bool(attempt.detail.get(MAKE_UP))


@dataclass(frozen=True, slots=True)
class Presented:
    """What came of a PIN or a card; its attempt is committed."""

    means: Variant
    attempt: Attempt | None = None
    """None: nothing was judged, since the next try has to wait, or the text can be no PIN or card."""
    person: Person | None = None
    """Whose it is; None on failure."""
    reason: str = ""
    """Why not, as a code: `pin_wrong`, `card_unknown`, `locked_out`; of the person: `person_disabled`…"""
    wait_s: float = 0.0
    """Seconds until the next try, where that has to wait; infinity: an operator must help."""


@dataclass(frozen=True, slots=True)
class FactorParts:
    """What PINs and cards are judged with, and set by operators."""

    store: Store
    rows: FactorStore
    hashes: PinHashes
    key_hash: KeyHash
    clock: Clock


def factor_parts(store: SqlCipherStore, key_hash: KeyHash, clock: Clock) -> FactorParts:
    """The parts, over the device's own store."""
    return FactorParts(store, store.factors, PinHashes(key_hash), key_hash, clock)


class SecondFactor:
    """Judges PINs and cards, one after the other, so that tries side by side buy nothing."""

    def __init__(self, parts: FactorParts, throttle: PadThrottle) -> None:
        self._store = parts.store
        self._rows = parts.rows
        self._hashes = parts.hashes
        self._key_hash = parts.key_hash
        self._clock = parts.clock
        self._throttle = throttle
        self._turn = asyncio.Lock()

    async def pin(self, number: str, pin: str) -> Presented:
        """Whether this is the PIN to this number. An unknown number is answered as a wrong PIN is, after the same work.

        Raises:
            StoreError: nothing was judged.
        """
        began = self._clock.boot()
        async with self._turn:
            if not (NUMBER.match(number) and PIN.match(pin)):
                return Presented("pin", reason="pin_wrong")
            if wait := await self._throttle.left(number):
                return Presented("pin", reason="locked_out", wait_s=wait)
            found = await self._rows.pin_by_number(number)
            fits = await self._hashes.fits(number, pin, None if found is None else found.hash)
            if fits:
                await self._throttle.succeeded(number)
            else:
                await self._throttle.failed(number)
            user_id = None if found is None else found.user_id
            return await self._judged("pin", user_id, "" if fits else "pin_wrong", began)

    async def card(self, text: str) -> Presented:
        """Whose card says this. What no card can say is nobody's, and goes no further than here.

        Raises:
            StoreError: nothing was judged.
        """
        began = self._clock.boot()
        async with self._turn:
            if wait := await self._throttle.left(None):
                return Presented("card", reason="locked_out", wait_s=wait)
            said = cards.parsed(text)
            found = None if said is None else await self._rows.card_by_hash(cards.card_hash(self._key_hash, said))
            if found is None:
                await self._throttle.failed(None)
            return await self._judged("card", None if found is None else found.user_id, "" if found else "card_unknown", began)

    async def confirmed(self, user_id: str, enrollment_id: str, means: str) -> None:
        """Write down that a person confirmed an enrolment at the kiosk."""
        clock = self._clock
        detail = {"enrollment_id": enrollment_id, "means": means}
        act = OperatorAct("enrollment_confirmed", user_id, "kiosk", clock.boot_id, clock.boot(), clock.dated(), detail)
        await self._rows.write_act(act)

    async def _judged(self, means: Variant, user_id: str | None, failure: str, began: float) -> Presented:
        person = None if user_id is None else await self._store.person(LOCAL, user_id)
        reason = failure or barred(person, self._clock.dated())
        attempt = self._attempt(means, user_id if person is not None else None, reason, began)
        await self._store.add_attempt(attempt)
        return Presented(means, attempt, None if failure else person, reason)

    def _attempt(self, means: Variant, user_id: str | None, reason: str, began: float) -> Attempt:
        now = self._clock.boot()
        return Attempt(
            attempt_id=str(uuid.uuid4()),
            session_token="",
            realm=LOCAL,
            kind=SessionKind.AUTHENTICATION,
            success=not reason,
            user_id=user_id,
            confidence=None,
            matched_enrollment=None,
            liveness_passed=False,
            processing_time_ms=round((now - began) * 1000),
            failure_reason=reason,
            boot_id=self._clock.boot_id,
            boot_time=now,
            created_at=self._clock.dated(),
            means=means,
        )
