"""`kioskctl client`: the programs that may use the API."""

from typing import Annotated

import typer

from device.commands import ClientAdd, ClientAdded, ClientList, Clients
from provisioning.link import question
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import Output

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The programs that may use the API.")


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the client is called in lists and logs.")],
    realm: Annotated[
        str, typer.Option("--realm", metavar="REALM", help="The people that the client sees; not `local`: that is the door's.")
    ],
    grant: Annotated[
        list[str] | None, typer.Option("--grant", metavar="GRANT", help="What the client may do; repeat for several.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a client and show its key, this once.

    Example: kioskctl client add intranet --realm staff --grant enroll --grant authenticate
    """
    question(Common(config, as_json), ClientAdd(name=name, realm=realm, grants=tuple(grant or ())), ClientAdded, _show_added)


@app.command("list")
def list_clients(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the clients, without their keys."""
    question(Common(config, as_json), ClientList(), Clients, _show_clients)


def _show_added(reply: ClientAdded, out: Output) -> None:
    out.say(f"client {reply.name} ({reply.client_id}) of realm {reply.realm}, grants: {', '.join(reply.grants) or 'none'}")
    out.say("API key, shown this once and kept nowhere:")
    out.say(reply.api_key, style="bold")


def _show_clients(reply: Clients, out: Output) -> None:
    if not reply.clients:
        out.say("no clients; add one with `kioskctl client add NAME --realm REALM`")
        return
    rows = [
        (
            view.name,
            view.realm,
            ", ".join(view.grants),
            f"{view.key_prefix}…",
            view.created_at or "",
            "revoked" if view.revoked else "active",
        )
        for view in reply.clients
    ]
    out.table(("name", "realm", "grants", "key", "created", "state"), rows)
