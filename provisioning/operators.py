"""`kioskctl operator`: accounts for the admin screen. A password is only ever asked for at a prompt."""

import sys
from enum import StrEnum
from typing import Annotated

import segno
import typer

from device.operator_commands import (
    OperatorAccounts,
    OperatorAdd,
    OperatorChanged,
    OperatorList,
    OperatorRemove,
    OperatorReset,
    OperatorRole,
    OperatorSecrets,
)
from provisioning.link import question
from provisioning.options import Common, ConfigOption, JsonOption, YesOption
from provisioning.output import Output

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Accounts for the admin screen.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the operator: small letters, digits, . _ or -")]


class RoleChoice(StrEnum):
    """What an operator may do."""

    operator = "operator"
    viewer = "viewer"
    auditor = "auditor"


RoleOption = Annotated[
    RoleChoice,
    typer.Option("--role", help="operator: everything but the audit log; viewer: look on; auditor: visits and audit log."),
]


def _password() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt="The password again", err=True))


@app.command("add")
def add(
    name: NameArgument, role: RoleOption = RoleChoice.operator, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Make an account for the admin screen. The password is asked for; second factor and recovery codes are shown, this once.

    Example: kioskctl operator add ada
    """
    command = OperatorAdd(name=name, role=role.value, password=_password())
    question(Common(config, as_json), command, OperatorSecrets, _show_secrets)


@app.command("list")
def list_operators(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the accounts."""
    question(Common(config, as_json), OperatorList(), OperatorAccounts, _show_accounts)


@app.command("role")
def change_role(
    name: NameArgument,
    role: Annotated[RoleChoice, typer.Argument(metavar="ROLE", help="operator, viewer or auditor.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give an operator another role. Running sessions end.

    Example: kioskctl operator role ada auditor
    """
    question(Common(config, as_json), OperatorRole(name=name, role=role.value), OperatorChanged, _show_role)


@app.command("reset")
def reset(
    name: NameArgument,
    password: Annotated[bool, typer.Option("--password", help="Set a new password too; it is asked for.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give an operator a new second factor and new recovery codes, shown this once. Running sessions and waits end.

    Example: kioskctl operator reset ada
    """
    command = OperatorReset(name=name, password=_password() if password else None)
    question(Common(config, as_json), command, OperatorSecrets, _show_secrets)


@app.command("remove")
def remove(name: NameArgument, yes: YesOption = False, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Delete an account. What its operator did stays in the log.

    Example: kioskctl operator remove ada --yes
    """
    if not yes:
        typer.confirm(f"Remove the operator {name}?", abort=True, err=True)
    question(Common(config, as_json), OperatorRemove(name=name), OperatorChanged, _show_role)


def _show_secrets(reply: OperatorSecrets, out: Output) -> None:
    out.say(f"{reply.name} may sign in as {reply.role}. Read this with an authenticator app; it is shown this once:")
    out.say(reply.uri, style="bold")
    if sys.stdout.isatty():
        segno.make(reply.uri).terminal(compact=True)
    out.say("Recovery codes, each good once in place of a code of the app; keep them on paper:")
    for code in reply.recovery_codes:
        out.say(f"  {code}", style="bold")


def _show_accounts(reply: OperatorAccounts, out: Output) -> None:
    if not reply.operators:
        out.say("none; make one with `kioskctl operator add NAME`")
        return
    rows = [
        (each.name, each.role, str(each.recovery_codes), _wait(each.wait_s), each.created_at or "") for each in reply.operators
    ]
    out.table(("name", "role", "recovery codes", "sign-in", "created"), rows)


def _wait(seconds: float | None) -> str:
    if seconds is None:
        return "refused until `kioskctl operator reset`"
    return f"waits {seconds:.0f} s more" if seconds else "may sign in"


def _show_role(reply: OperatorChanged, out: Output) -> None:
    out.say(f"{reply.name} is {reply.role} now" if reply.role else f"{reply.name} is removed")
