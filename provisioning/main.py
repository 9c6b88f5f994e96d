"""kioskctl: the commands put together, and what an interrupt or wrong usage comes to."""

import sys
from typing import Any

import msgspec
import typer

from provisioning import check, clients, users
from provisioning.enroll import enroll
from provisioning.init import init
from provisioning.output import INTERRUPTED
from provisioning.run import run
from provisioning.status import status
from provisioning.visits import log
from provisioning.watch import watch

app = typer.Typer(
    name="kioskctl",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Set up and administer a face-authentication kiosk.\n\n"
    "While the kiosk runs, commands go to it; while it does not, kioskctl works on its data itself.\n\n"
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 interrupted.",
)
for command in (init, run, enroll, log, watch, status):
    app.command()(command)
app.add_typer(clients.app, name="client")
app.add_typer(users.app, name="user")
app.add_typer(check.app, name="config")


def main(arguments: list[str] | None = None) -> None:
    """Run kioskctl and exit."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        sys.exit(_json_main(given) if "--json" in given else app(given, prog_name="kioskctl"))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _json_main(given: list[str]) -> Any:  # noqa: ANN401 - what sys.exit takes
    """As `app`, with wrong usage as a JSON document too."""
    try:
        return app(given, prog_name="kioskctl", standalone_mode=False)
    except typer.TyperException as error:
        document = {"error": {"code": "wrong_usage", "message": error.format_message()}}
        sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
        return error.exit_code
    except typer.Abort:
        return 1
