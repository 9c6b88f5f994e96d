"""Runs the application on given arguments: wrong usage is a JSON document with `--json`. No command lives here."""

import logging
import sys
from typing import Any

import msgspec
import typer

from provisioning.app import app


def run_app(given: list[str]) -> Any:  # noqa: ANN401 - what sys.exit takes
    """Run kioskctl on the arguments; the exit code, where it does not exit by itself."""
    # What goes wrong is told once, in the command's own words; `kioskctl run` becomes another program, which logs.
    logging.basicConfig(handlers=[logging.NullHandler()])
    if "--json" not in given:
        return app(given, prog_name="kioskctl")
    try:
        return app(given, prog_name="kioskctl", standalone_mode=False)
    except typer.TyperException as error:
        document = {"error": {"code": "wrong_usage", "message": error.format_message()}}
        sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
        return error.exit_code
    except typer.Abort:
        return 1
