"""`kioskctl enroll-link`: a link by which somebody enrols from a phone or laptop."""

import sys
from typing import Annotated

import segno
import typer

from device.enroll_commands import EnrollLinkMade, EnrollLinkMake
from provisioning.link import question
from provisioning.options import Common, ConfigOption, JsonOption, UserArgument
from provisioning.output import Output


def enroll_link(
    user: UserArgument,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name shown on the page and, later, on the screen.")] = "",
    hours: Annotated[
        float | None,
        typer.Option("--hours", metavar="HOURS", help="For how long the link is good; else as configured."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a link by which a person enrols from a phone or laptop, once. The door knows the person after an operator's word.

    Example: kioskctl enroll-link ada --name "Ada Lovelace"
    """
    command = EnrollLinkMake(user_id=user, display_name=name, hours=hours)
    question(Common(config, as_json), command, EnrollLinkMade, _show)


def _show(reply: EnrollLinkMade, out: Output) -> None:
    out.say(f"link for {reply.user_id}, good once and until {reply.expires_at}; give it to nobody else:")
    out.say(reply.url, style="bold")
    if sys.stdout.isatty():
        segno.make(reply.url).terminal(compact=True)
