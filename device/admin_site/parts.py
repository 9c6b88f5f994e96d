"""What the admin screen is made of, handed to its routes through one typed key. Nothing is constructed here."""

from dataclasses import dataclass

from aiohttp import web

from api.sessions import SessionService
from device.admin_site.history import History
from device.commands import AnyCommand, AnyReply
from device.config import Config
from device.door.base import Door
from device.enroll_queue import EnrollQueue
from device.health import DeviceHealth
from device.operations import Operations
from device.operators.sessions import OperatorSessions
from device.operators.sign_in import OperatorParts, SignIn
from device.store.store import SqlCipherStore


@dataclass(frozen=True, slots=True)
class AdminParts:
    """Everything that the admin screen's routes use."""

    store: SqlCipherStore
    operations: Operations
    operators: OperatorParts
    sign_in: SignIn
    signed_in: OperatorSessions
    queue: EnrollQueue
    sessions: SessionService
    door: Door
    history: History
    health: DeviceHealth
    config: Config

    async def ask(self, command: AnyCommand) -> AnyReply:
        """The one reply to a command. `OperationRefused`: the device did not do it."""
        replies = [reply async for reply in self.operations.perform(command)]
        if not replies:
            raise TypeError(f"{type(command).__name__} was not answered")
        return replies[0]


PARTS = web.AppKey("admin", AdminParts)
