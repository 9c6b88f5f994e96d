"""The store's methods for PINs, cards and the failures at pad and reader. Every method is one transaction, as in the store."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from api.lockout import Lockout
from device.factor_records import Card, OperatorAct, Pin
from device.store import factors

Work = Callable[..., Awaitable[Any]]


class FactorStore:
    """PINs and cards of the people of the device's own realm."""

    def __init__(self, read: Work, write: Work) -> None:
        self._read = read
        self._write = write

    async def put_pin(self, pin: Pin, act: OperatorAct) -> None:
        """Set a person's PIN; `StoreConflict`: there is no such person, or the number is another's."""
        await self._write(factors.put_pin, pin, act)

    async def pin_of(self, user_id: str) -> Pin | None:
        """A person's PIN."""
        found: Pin | None = await self._read(factors.pin_of, user_id)
        return found

    async def pin_by_number(self, number: str) -> Pin | None:
        """The PIN to a number."""
        found: Pin | None = await self._read(factors.pin_by_number, number)
        return found

    async def numbers(self) -> set[str]:
        """The numbers that are taken."""
        found: set[str] = await self._read(factors.numbers)
        return found

    async def clear_pin(self, act: OperatorAct) -> bool:
        """Take a person's PIN and number away; False where there is none."""
        return bool(await self._write(factors.clear_pin, act))

    async def add_card(self, card: Card, act: OperatorAct) -> None:
        """Give a person a card; `StoreConflict`: there is no such person, or the card is somebody's already."""
        await self._write(factors.add_card, card, act)

    async def card_by_hash(self, hashed: bytes) -> Card | None:
        """The card that says what has this keyed hash."""
        found: Card | None = await self._read(factors.card_by_hash, hashed)
        return found

    async def cards_of(self, user_id: str) -> Sequence[Card]:
        """A person's cards, by name."""
        found: Sequence[Card] = await self._read(factors.cards_of, user_id)
        return found

    async def remove_card(self, name: str, act: OperatorAct) -> bool:
        """Take a card away from its person; False where the person has none of that name."""
        return bool(await self._write(factors.remove_card, name, act))

    async def lockout(self, name: str) -> Lockout:
        """The failures in a row under this name."""
        found: Lockout = await self._read(factors.lockout, name)
        return found

    async def put_lockout(self, name: str, lockout: Lockout) -> None:
        """Write down the failures in a row."""
        await self._write(factors.put_lockout, name, lockout)

    async def clear_lockout(self, name: str) -> bool:
        """Forget the failures; False where there were none."""
        return bool(await self._write(factors.clear_lockout, name))

    async def write_act(self, act: OperatorAct) -> None:
        """Write what was changed about somebody."""
        await self._write(factors.write_act, act)

    async def set_back(self, act: OperatorAct, wall_minus_boot: float) -> int:
        """Write that the clock was set back, and date this boot's rows anew; the number of the act's row."""
        return int(await self._write(factors.set_back, act, wall_minus_boot))

    async def acts(self, user_id: str) -> Sequence[OperatorAct]:
        """What was changed about a person, oldest first."""
        found: Sequence[OperatorAct] = await self._read(factors.acts, user_id)
        return found
