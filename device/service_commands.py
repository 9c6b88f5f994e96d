"""Operators' commands about the device as a service (health, clock), gathered in one desk. What each does is its own module's."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from device.clock_commands import ClockCommand, ClockDesk, ClockState
from device.command import OperationRefused
from device.health_report import HealthQuery, HealthReport

ServiceCommand = HealthQuery | ClockCommand
ServiceReply = HealthReport | ClockState


@dataclass(frozen=True, slots=True)
class ServiceDesk:
    """Carries out the commands.

    Args:
        clock: those about the clock.
        report: looks at the health of the running control; None: nothing runs.
    """

    clock: ClockDesk
    report: Callable[[], Awaitable[HealthReport]] | None = None

    async def carry_out(self, command: ServiceCommand) -> ServiceReply:
        """The reply to one command. `OperationRefused`: nothing was changed."""
        if isinstance(command, HealthQuery):
            if self.report is None:
                raise OperationRefused("not_running", "the kiosk is not running, so there is no health to tell")
            return await self.report()
        return await self.clock.carry_out(command)
