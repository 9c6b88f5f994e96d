"""`kioskctl model`: the models that recognise faces, which of them is in use, and changing to another."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from device.admin import AdminConnection, Console, running
from device.command import OperationRefused
from device.commands import AnyCommand, AnyReply
from device.config import Config
from device.enroll_commands import Photo
from device.model_commands import (
    ModelChosen,
    ModelDesk,
    ModelList,
    ModelsVerified,
    ModelUse,
    ModelVerify,
    ModelViews,
)
from device.offline import offline_models
from device.operations import checked
from provisioning.link import question
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import FAILED, Output, listed

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The models that recognise faces.")

ModelArgument = Annotated[str, typer.Argument(metavar="MODEL", help="Id of the model, as `kioskctl model list` shows it.")]
_HOURS = {"d": 24.0, "h": 1.0}


def days(text: str) -> float:
    """`30d` or `12h` in days.

    Raises:
        BadParameter: it is neither.
    """
    parts = re.fullmatch(r"(\d+(?:\.\d+)?)([dh])", text)
    if parts is None:
        raise typer.BadParameter(f"{text!r} is no length of time; say 30d or 12h", param_hint="--transition")
    return float(parts[1]) * _HOURS[parts[2]] / 24.0


@app.command("list")
def list_models(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the models that are there, which is in use, and how many people are enrolled with each."""
    question(Common(config, as_json), ModelList(), ModelViews, _show_models, _connected)


@app.command("verify")
def verify(
    model: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="Only this one; else all that are there.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check manifest, hash, shapes and calibration of models, and try each on drawn pictures. Exit code 1: one failed.

    Example: kioskctl model verify
    """
    question(Common(config, as_json), ModelVerify(model_id=model), ModelsVerified, _show_verified, _connected, _failed)


@app.command("use")
def use(
    model: ModelArgument,
    transition: Annotated[
        str | None,
        typer.Option(
            "--transition",
            metavar="TIME",
            help="For so long (30d, 12h) the model in use now is compared beside it, and people move over as they come.",
        ),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recognise faces by another model, and say who must enrol again. Templates of one are never compared with the other's.

    A running kiosk does so from its next start on. The templates that are there are kept: the same command leads back.

    Example: kioskctl model use dlib-resnet-1-int8 --transition 30d
    """
    length = 0.0 if transition is None else days(transition)
    question(Common(config, as_json), ModelUse(model_id=model, transition_days=length), ModelChosen, _show_chosen, _connected)


@dataclass(frozen=True, slots=True)
class _Alone:
    """The desk of models as a console, where no kiosk runs."""

    desk: ModelDesk

    async def perform(self, command: AnyCommand, photos: AsyncIterator[Photo] | None = None) -> AsyncGenerator[AnyReply, None]:
        """Carry out a command about models."""
        command = checked(command)
        if not isinstance(command, ModelList | ModelVerify | ModelUse):
            raise OperationRefused("invalid_request", "this is no command about models")
        yield await self.desk.carry_out(command)


@asynccontextmanager
async def _connected(config: Config) -> AsyncIterator[Console]:
    """The running kiosk, else the data alone: which models are there is told even where the one in use is gone."""
    if running(config.admin_socket):
        yield AdminConnection(config.admin_socket)
        return
    async with offline_models(config) as desk:
        yield _Alone(desk)


def _show_models(reply: ModelViews, out: Output) -> None:
    rows = [
        (
            each.model_id or each.manifest,
            each.kind,
            "ok" if each.hash_ok else "unusable",
            "yes" if each.default else "",
            _USES.get(each.use, each.use),
            str(each.people) if each.kind == "embedding" else "",
        )
        for each in reply.models
    ]
    out.table(("model", "kind", "file", "default", "use", "people"), rows)
    for each in reply.models:
        if each.problem:
            out.say(each.problem, style="yellow")
    for change in reply.changes[:1]:
        until = f", with {change.former_id} beside it until {change.until}" if change.until else ""
        out.say(f"{change.model_id} was chosen {change.at or 'at an unknown time'} by {change.operator or 'somebody'}{until}")


_USES = {"in_use": "in use", "former": "beside it", "next": "from the next start on"}


def _show_verified(reply: ModelsVerified, out: Output) -> None:
    rows = [
        (each.model_id or each.manifest, "ok" if each.ok else "FAILED", each.runtime, _milliseconds(each.milliseconds))
        for each in reply.models
    ]
    out.table(("model", "", "runtime", "a face"), rows)
    for each in reply.models:
        if not each.ok:
            out.say(each.message, style="red")


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} ms"


def _failed(reply: ModelsVerified) -> int:
    return 0 if all(each.ok for each in reply.models) else FAILED


def _show_chosen(reply: ModelChosen, out: Output) -> None:
    out.say(f"faces are recognised by {reply.model_id} from the next start of the kiosk on (restart it if it is running)")
    if reply.until:
        out.say(
            f"until {reply.until} {reply.former_id} is compared beside it; whoever it recognises is enrolled anew in that visit"
        )
    count = len(reply.enroll_again) + reply.enroll_again_elsewhere
    if count == 0:
        out.say("nobody has to enrol again")
        return
    must = "have to come by until then, or enrol again" if reply.until else "must enrol again before they are recognised"
    names = listed(reply.enroll_again, reply.enroll_again_elsewhere)
    out.say(f"{count} of the people enrolled {must}: {names}", style="yellow")
