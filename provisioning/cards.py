"""`kioskctl user card`: cards and codes for the kiosk's reader. What a card says is only ever asked for at a prompt."""

from typing import Annotated

import typer

from device.factor_commands import UserCardAdd, UserCardAdded, UserCardRemove, UserCardRemoved
from provisioning.link import question
from provisioning.options import Common, ConfigOption, JsonOption, UserArgument
from provisioning.output import Output

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Cards and codes for the kiosk's reader.")


@app.command("add")
def add(user: UserArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Bind a card to a person: hold it to a reader at this computer when asked, or type what it says.

    Example: kioskctl user card add grace
    """
    text = typer.prompt("Card", hide_input=True, err=True)
    question(Common(config, as_json), UserCardAdd(user_id=user, text=text), UserCardAdded, _show_added)


@app.command("remove")
def remove(
    user: UserArgument,
    card: Annotated[str, typer.Argument(metavar="CARD", help="Name of the card, as `kioskctl user show` has it.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a card away from its person.

    Example: kioskctl user card remove grace k7m2xq
    """
    question(Common(config, as_json), UserCardRemove(user_id=user, card=card), UserCardRemoved, _show_removed)


def _show_added(reply: UserCardAdded, out: Output) -> None:
    out.say(f"the card is {reply.user_id}'s now; its name is {reply.card}")


def _show_removed(reply: UserCardRemoved, out: Output) -> None:
    out.say(f"the card {reply.card} is nobody's now")
