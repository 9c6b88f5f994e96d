"""`kioskctl init`: a new device."""

import os
from pathlib import Path
from typing import Annotated

import typer

from device.config import ENVIRONMENT_FILE, SEARCH, Config
from device.setup import POLICIES, create, hand_over, plan
from provisioning.options import JsonOption, YesOption
from provisioning.output import Output, reporting


def init(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="Configuration file to write; else $FACEKIOSK_CONFIG or var/facekiosk.toml."
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Folder of the encrypted database; else `data` beside the file.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="File of the root key; else `keys/root.key` beside the file.")
    ] = None,
    appliance: Annotated[
        bool,
        typer.Option("--appliance", help="For the systemd units of `make install`: below /etc, /var/lib and /run; needs root."),
    ] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a new device: configuration file, root key and empty encrypted database. Nothing is ever written over.

    Examples: kioskctl init; sudo kioskctl init --appliance
    """
    file = config_file(config or (SEARCH[-1] if appliance else None))
    with reporting(as_json=as_json) as out:
        text, planned = plan(file, data, key, appliance=appliance)
        _announce(out, file, planned)
        if not yes:
            typer.confirm("Make them?", abort=True, err=True)
        made = create(file, text)
        if appliance:
            hand_over(made)
        _report(out, file, made)


def config_file(named: Path | None) -> Path:
    """Where a new configuration file goes."""
    return (named or Path(os.environ.get(ENVIRONMENT_FILE) or SEARCH[0])).absolute()


def _announce(out: Output, file: Path, config: Config) -> None:
    out.say(f"configuration  {file}")
    out.say(f"root key       {config.paths.key_file}")
    out.say(f"data           {config.paths.data_dir}")


def _report(out: Output, file: Path, config: Config) -> None:
    out.document(
        {
            "config": str(file),
            "key_file": str(config.paths.key_file),
            "data_dir": str(config.paths.data_dir),
            "policy": config.kiosk.policy,
            "policies": POLICIES,
        }
    )
    out.say("made. Keep a copy of the root key in a safe place: without it nothing that is stored can be read again.")
    out.say(f"policy         {config.kiosk.policy} (blinks and motion); levels that exist: {', '.join(POLICIES)}, no other yet")
    out.say("next           kioskctl enroll USER PHOTO…, then kioskctl run")
