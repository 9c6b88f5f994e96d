"""`kioskctl client`: the programs that may use the API."""

from typing import Annotated

import typer

from device.client_commands import (
    ClientAdd,
    ClientAdded,
    ClientDetail,
    ClientList,
    ClientRevoke,
    ClientRevoked,
    ClientRotate,
    ClientRotated,
    Clients,
    ClientShow,
    ClientView,
)
from provisioning.link import question
from provisioning.options import Common, ConfigOption, JsonOption, OverlapOption, YesOption
from provisioning.output import Output

ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT", help="Name or id of the client.")]

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
    """List the clients, without their keys; keys more than 90 days old are marked."""
    question(Common(config, as_json), ClientList(), Clients, _show_clients)


@app.command("show")
def show(client: ClientArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one client, its grants and the age of its key."""
    question(Common(config, as_json), ClientShow(client=client), ClientDetail, _show_client)


@app.command("rotate")
def rotate(
    client: ClientArgument,
    overlap: OverlapOption = 24.0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a client a new key and show it, this once.

    Example: kioskctl client rotate intranet --overlap 48
    """
    question(Common(config, as_json), ClientRotate(client=client, overlap_hours=overlap), ClientRotated, _show_rotated)


@app.command("revoke")
def revoke(client: ClientArgument, yes: YesOption = False, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Refuse a client from now on: its keys, the tokens issued to it, its sessions and sockets.

    Example: kioskctl client revoke intranet --yes
    """
    if not yes:
        typer.confirm(f"Revoke client {client} for good?", abort=True, err=True)
    question(Common(config, as_json), ClientRevoke(client=client), ClientRevoked, _show_revoked)


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
            _age(view),
            "revoked" if view.revoked else "active",
        )
        for view in reply.clients
    ]
    out.table(("name", "realm", "grants", "key", "key's age", "state"), rows)
    _warn([view for view in reply.clients if view.key_old], out)


def _show_client(reply: ClientDetail, out: Output) -> None:
    view = reply.client
    out.say(f"client {view.name} ({view.client_id}) of realm {view.realm}, {'revoked' if view.revoked else 'active'}")
    out.say(f"grants: {', '.join(view.grants) or 'none'}, since {view.created_at or 'unknown'}")
    out.say(f"key {view.key_prefix}…, age: {_age(view) or 'unknown'}")
    if view.former_until:
        out.say(f"key before it {view.former_prefix}…, good until {view.former_until}")
    _warn([view] if view.key_old else [], out)


def _show_rotated(reply: ClientRotated, out: Output) -> None:
    until = f"the key before stays good until {reply.former_until}" if reply.former_until else "the key before is good no more"
    out.say(f"client {reply.name} ({reply.client_id}): {until}")
    out.say("API key, shown this once and kept nowhere:")
    out.say(reply.api_key, style="bold")


def _show_revoked(reply: ClientRevoked, out: Output) -> None:
    out.say(f"client {reply.name} ({reply.client_id}) is revoked; it gets in no more")


def _age(view: ClientView) -> str:
    return "" if view.key_age_days is None else f"{view.key_age_days} d"


def _warn(old: list[ClientView], out: Output) -> None:
    for view in old:
        out.say(
            f"the key of {view.name} is {_age(view)} old; change it with `kioskctl client rotate {view.name}`", style="yellow"
        )
