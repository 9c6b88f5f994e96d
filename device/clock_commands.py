"""Operators' commands about the wall clock, the replies, and how they are carried out. kioskctl sets the machine's."""

from pathlib import Path
from typing import Annotated, Any, assert_never

import msgspec

from api.clock import rfc3339
from device.asker import asker
from device.clock import SystemClock
from device.command import Command, OperationRefused, Reply
from device.factor_records import OperatorAct
from device.kept_time import keep_lowered, keep_word
from device.store.factor_store import FactorStore

CLOSE_S = 5.0
"""Seconds by which the machine's clock may differ from what it was to be set to."""
FAR_S = 86_400.0
"""Seconds from the newest time that is known from which a time could be a slip of the hand: one too late cannot be taken back
by setting it again, and has what is old destroyed."""


class ClockQuery(Command, frozen=True):
    """What the time is, and whether it is trusted. Answered by `ClockState`."""


class ClockSet(Command, frozen=True):
    """Write down that the clock is about to be set to a time. Answered by `ClockState`, as before it is set."""

    to: Annotated[float, msgspec.Meta(ge=1_577_836_800, lt=4_102_444_800)]
    """POSIX seconds, of 2020 to 2099."""
    sure: bool = False
    """It may be far from the newest time that is known: no slip of the hand."""
    behind: bool = False
    """It may be before that time, which was wrong."""


class ClockConfirm(Command, frozen=True):
    """The clock shows the time that was written down. Answered by `ClockState`; it is trusted for this boot from now on."""


class ClockGiveUp(Command, frozen=True):
    """The clock could not be set to the time that was written down: write that down too. Answered by `ClockState`."""


class ClockState(Reply, frozen=True):
    """The wall clock."""

    now: str
    trusted: bool
    set_by: str
    """`rtc`, `ntp` or `operator`; empty: nobody has set it in this boot."""
    floor: str | None
    """The newest time that is known to have been: a clock behind it is wrong."""


ClockCommand = ClockQuery | ClockSet | ClockConfirm | ClockGiveUp


class ClockDesk:
    """Carries out the commands.

    Args:
        rows: where acts of operators are written.
        clock: the machine's.
        operator: who is written down as having done it.
        folder: where an operator's word is kept for this boot.
    """

    def __init__(self, rows: FactorStore, clock: SystemClock, operator: str, folder: Path) -> None:
        self._rows = rows
        self._folder = folder
        self._clock = clock
        self._operator = operator
        self._awaited: float | None = None
        """Wall time minus boot time as it is to be."""
        self._behind = False
        """Whether the floor is to be lowered to it."""

    async def carry_out(self, command: ClockCommand) -> ClockState:
        """The reply to one command. `OperationRefused`: nothing was changed."""
        match command:
            case ClockQuery():
                pass
            case ClockSet():
                await self._announce(command)
            case ClockConfirm():
                await self._confirm()
            case ClockGiveUp():
                await self._gave_up()
            case _:
                assert_never(command)
        return self._state()

    async def _announce(self, asked: ClockSet) -> None:
        clock, to = self._clock, asked.to
        known = clock.wall() if clock.floor is None else clock.floor
        if to < known and clock.floor is not None and not asked.behind:
            raise OperationRefused(
                "time_behind",
                f"{rfc3339(to)} is before {rfc3339(known)}, by when this device has already written events; "
                "`--behind` sets it all the same, where that time was wrong",
            )
        if abs(to - known) > FAR_S and not asked.sure:
            days = f"{abs(to - known) / 86_400:.0f} days {'after' if to > known else 'before'}"
            raise OperationRefused("time_far", f"{rfc3339(to)} is {days} {rfc3339(known)}, the newest time that is known")
        self._behind = to < known and asked.behind
        detail = {"from": round(clock.wall()), "to": round(to), "trusted_before": clock.trusted()}
        await self._write("clock_set", detail)
        self._awaited = to - clock.boot()

    def _act(self, act: str, detail: dict[str, Any]) -> OperatorAct:
        clock = self._clock
        return OperatorAct(act, "", asker(self._operator), clock.boot_id, clock.boot(), clock.dated(), detail)

    async def _write(self, act: str, detail: dict[str, Any]) -> None:
        await self._rows.write_act(self._act(act, detail))

    async def _gave_up(self) -> None:
        if self._awaited is not None:
            to, self._awaited = self._awaited + self._clock.boot(), None
            await self._write("clock_set_failed", {"now": round(self._clock.wall()), "to": round(to)})

    async def _confirm(self) -> None:
        clock = self._clock
        if self._awaited is None or abs(clock.wall() - clock.boot() - self._awaited) > CLOSE_S:
            await self._gave_up()
            raise OperationRefused("time_not_set", "the machine's clock does not show the time that was to be set")
        self._awaited = None
        if self._behind:
            await self._lower_floor()
        keep_word(self._folder, clock.boot_id)
        clock.set_by_operator()
        clock.floor = max(clock.floor or 0.0, clock.wall())

    async def _lower_floor(self) -> None:
        """Believe an earlier time than the newest known: what was kept and written until now says nothing any more."""
        clock = self._clock
        detail = {"from": round(clock.floor or 0.0), "to": round(clock.wall())}
        clock.floor, self._behind = None, False
        number = await self._rows.set_back(self._act("clock_floor_lowered", detail), clock.wall() - clock.boot())
        keep_lowered(self._folder, number, clock.wall())

    def _state(self) -> ClockState:
        clock = self._clock
        floor = None if clock.floor is None else rfc3339(clock.floor)
        return ClockState(now=rfc3339(clock.wall()), trusted=clock.trusted(), set_by=clock.set_by, floor=floor)
