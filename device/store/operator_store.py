"""The store's methods for operators: accounts, acts, and what they change in one go. Every method is one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from api.records import Person
from device.factor_records import OperatorAct
from device.operators.records import Operator
from device.store import operators

Work = Callable[..., Awaitable[Any]]
_LAST = 2**62


class OperatorStore:
    """Operators of the admin screen, and the record of what they did."""

    def __init__(self, read: Work, write: Work) -> None:
        self._read = read
        self._write = write

    async def put(self, operator: Operator, act: OperatorAct) -> None:
        """Insert or replace an account."""
        await self._write(operators.put, operator, act)

    async def operator(self, name: str) -> Operator | None:
        """One account."""
        found: Operator | None = await self._read(operators.get, name)
        return found

    async def all_of(self) -> Sequence[Operator]:
        """Every account, by name."""
        found: Sequence[Operator] = await self._read(operators.all_of)
        return found

    async def remove(self, name: str, act: OperatorAct) -> bool:
        """Delete an account; False where there is none."""
        return bool(await self._write(operators.remove, name, act))

    async def write(self, act: OperatorAct) -> None:
        """Write what an operator did."""
        await self._write(operators.write, act)

    async def acts(self, before: int = _LAST, limit: int = 100) -> Sequence[tuple[int, OperatorAct]]:
        """What was done, numbered below `before`, the newest first."""
        found: Sequence[tuple[int, OperatorAct]] = await self._read(operators.acts, before, limit)
        return found

    async def failed_enrolments(self) -> dict[str, str]:
        """Who was at the kiosk to be enrolled and failed there last, and why."""
        found: dict[str, str] = await self._read(operators.failed_enrolments)
        return found

    async def put_people(self, changed: Sequence[Person], act: OperatorAct) -> None:
        """Insert or replace people, all or none."""
        await self._write(operators.put_people, changed, act)

    async def confirm(self, act: OperatorAct, enrollment_id: str | None = None) -> int:
        """Confirm the pending enrolments, or one, of the person that the act is about; returns how many were pending."""
        return int(await self._write(operators.confirm, act, enrollment_id))
