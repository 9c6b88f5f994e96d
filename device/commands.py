"""All that an operator can ask of the device, and all that it answers, as two unions; each group lives in a module of its own.

Every command is answered by the replies that its docstring names, then by `Done`, or by `Failed`. A reply's fields are also the
keys of `kioskctl --json`.
"""

from device.client_commands import ClientCommand, ClientList, ClientReply, ClientShow
from device.clock_commands import ClockQuery
from device.command import Reply
from device.enroll_commands import EnrollCommand, EnrollReply
from device.factor_commands import FactorCommand, FactorReply
from device.health_report import HealthQuery
from device.model_commands import ModelCommand, ModelList, ModelReply, ModelVerify
from device.operator_commands import OperatorCommand, OperatorList, OperatorReply
from device.person_commands import PersonCommand, PersonReply, UserList, UserShow
from device.service_commands import ServiceCommand, ServiceReply
from device.status_commands import StatusCommand, StatusQuery, StatusReply, VisitLog, WatchCamera
from device.user_commands import UserStateCommand, UserStateReply
from device.webhook_commands import WebhookCommand, WebhookList, WebhookReply

AnyCommand = (
    ClientCommand
    | UserStateCommand
    | PersonCommand
    | EnrollCommand
    | StatusCommand
    | WebhookCommand
    | ModelCommand
    | FactorCommand
    | ServiceCommand
    | OperatorCommand
)

QUERIES = (
    *(ClientList, ClientShow, ClockQuery, HealthQuery, ModelList, ModelVerify, OperatorList),
    *(StatusQuery, UserList, UserShow, VisitLog, WatchCamera, WebhookList),
)
"""The commands that change nothing and bring nothing about."""


class Done(Reply, frozen=True):
    """The last reply of a command that was carried out."""


class Failed(Reply, frozen=True):
    """The last reply of a command that was not."""

    code: str
    message: str


AnyReply = (
    ClientReply
    | UserStateReply
    | PersonReply
    | EnrollReply
    | StatusReply
    | WebhookReply
    | ModelReply
    | FactorReply
    | ServiceReply
    | OperatorReply
    | Done
    | Failed
)
