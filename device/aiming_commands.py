"""Operators' commands about the aiming view, the replies, and how they are carried out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, assert_never

import msgspec

from api.clock import Clock
from device.aiming import Aiming
from device.asker import asker
from device.certificates import TlsRefused
from device.command import Command, OperationRefused, Reply
from device.factor_records import OperatorAct
from device.lan import url
from device.settings import LanSettings
from device.store.factor_store import FactorStore


class AimOpen(Command, frozen=True):
    """Open the aiming view for some minutes. Answered by `AimOpened`; a view that was open before is closed."""

    minutes: Annotated[float, msgspec.Meta(gt=0, le=120)] = 20.0


class AimClose(Command, frozen=True):
    """Close the aiming view. Answered by `AimClosed`."""


class AimOpened(Reply, frozen=True):
    """The view is open; `url` is shown this once, opens it once, and is kept nowhere."""

    url: str
    minutes: float


class AimClosed(Reply, frozen=True):
    """Nobody looks on."""


AimCommand = AimOpen | AimClose
AimReply = AimOpened | AimClosed


@dataclass(frozen=True, slots=True)
class AimDesk:
    """Carries out the commands.

    Args:
        aiming: the view.
        lan: where it is served.
        rows: where acts of operators are written.
        clock: dates them.
        operator: who is written down as having done it.
    """

    aiming: Aiming
    lan: LanSettings
    rows: FactorStore
    clock: Clock
    operator: str
    reach: Callable[[LanSettings], str] = url

    async def carry_out(self, command: AimCommand) -> AimReply:
        """The reply to one command. `OperationRefused`: nothing is served with TLS on the network."""
        match command:
            case AimClose():
                self.aiming.close()
                return AimClosed()
            case AimOpen():
                return await self._open(command)
            case _:
                assert_never(command)

    async def _open(self, command: AimOpen) -> AimOpened:
        if not self.lan.host or self.lan.plain_http_on_the_network_without_tls:
            raise OperationRefused(
                "lan_off", "the aiming view is served with TLS only: do `kioskctl tls init`, then set [lan] host, and restart"
            )
        try:
            page = f"{self.reach(self.lan)}/aim/"
        except TlsRefused as error:
            raise OperationRefused("tls_refused", str(error)) from error
        clock = self.clock
        detail = {"minutes": command.minutes}
        act = OperatorAct("aiming_view_opened", "", asker(self.operator), clock.boot_id, clock.boot(), clock.dated(), detail)
        await self.rows.write_act(act)
        return AimOpened(url=f"{page}#{self.aiming.open(command.minutes * 60)}", minutes=command.minutes)
