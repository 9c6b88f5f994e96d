"""Operators' commands about the device as a service (health, clock, aiming view), in one desk. What each does is its module's."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never

from device.aiming_commands import AimClose, AimCommand, AimDesk, AimOpen, AimReply
from device.clock_commands import ClockCommand, ClockConfirm, ClockDesk, ClockGiveUp, ClockQuery, ClockSet, ClockState
from device.command import OperationRefused
from device.health_report import HealthQuery, HealthReport

ServiceCommand = HealthQuery | ClockCommand | AimCommand
ServiceReply = HealthReport | ClockState | AimReply


@dataclass(frozen=True, slots=True)
class Live:
    """What only a running control has.

    Args:
        report: looks at its health.
        aim: the commands about the aiming view.
    """

    report: Callable[[], Awaitable[HealthReport]]
    aim: AimDesk


@dataclass(frozen=True, slots=True)
class ServiceDesk:
    """Carries out the commands.

    Args:
        clock: those about the clock.
        live: those about a running control; None: none runs.
    """

    clock: ClockDesk
    live: Live | None = None

    async def carry_out(self, command: ServiceCommand) -> ServiceReply:
        """The reply to one command. `OperationRefused`: nothing was changed."""
        match command:
            case ClockQuery() | ClockSet() | ClockConfirm() | ClockGiveUp():
                return await self.clock.carry_out(command)
            case HealthQuery():
                return await self._live().report()
            case AimOpen() | AimClose():
                return await self._live().aim.carry_out(command)
            case _:
                assert_never(command)

    def _live(self) -> Live:
        if self.live is None:
            raise OperationRefused("not_running", "the kiosk is not running; start it first")
        return self.live
