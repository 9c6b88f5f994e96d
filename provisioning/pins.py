"""`kioskctl user pin`: PINs for the kiosk's pad. A PIN is only ever asked for at a prompt."""

from typing import Annotated

import typer

from device.factor_commands import UserPinClear, UserPinCleared, UserPinIsSet, UserPinSet
from provisioning.link import question
from provisioning.options import Common, ConfigOption, JsonOption, UserArgument
from provisioning.output import Output

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="PINs for the kiosk's pad.")


@app.command("set")
def set_pin(
    user: UserArgument,
    number: Annotated[
        str | None,
        typer.Option("--number", metavar="NUMBER", help="User number, 1 to 8 digits; else the one there is, or a new one."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a person a PIN, asked for twice, and a user number to go with it. What was tried wrongly before is forgotten.

    Example: kioskctl user pin set grace
    """
    pin = typer.prompt("PIN", hide_input=True, confirmation_prompt="The PIN again", err=True)
    question(Common(config, as_json), UserPinSet(user_id=user, pin=pin, number=number), UserPinIsSet, _show_set)


@app.command("clear")
def clear(user: UserArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Take a person's PIN and user number away.

    Example: kioskctl user pin clear grace
    """
    question(Common(config, as_json), UserPinClear(user_id=user), UserPinCleared, _show_cleared)


def _show_set(reply: UserPinIsSet, out: Output) -> None:
    out.say(f"{reply.user_id} has a PIN now; the user number is {reply.number}")


def _show_cleared(reply: UserPinCleared, out: Output) -> None:
    out.say(f"{reply.user_id} has no PIN any more")
