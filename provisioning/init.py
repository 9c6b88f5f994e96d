"""`kioskctl init`: a new device."""

import os
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from api.liveness_settings import AUTO
from device.config import ENVIRONMENT_FILE, SEARCH, Config
from device.levels import LEVELS
from device.setup import Frontage, create, hand_over, plan
from provisioning.options import JsonOption, YesOption
from provisioning.output import Output, reporting

_PASSERS_BY = "Does it stand on a public frontage, where passers-by come before the camera? (no: a staff door)"
_AUTO = " (adaptive with a live camera, basic with any other source)"


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
    frontage: Annotated[
        Frontage | None,
        typer.Option("--frontage", help="Whose door it is; else it is asked, and with --yes a staff door."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            metavar="LEVEL",
            help="Liveness demanded at the door: auto, or a level that is shown; else a terminal is asked, and it is auto.",
        ),
    ] = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a new device: configuration file, root key and empty encrypted database. Nothing is ever written over.

    Examples: kioskctl init; sudo kioskctl init --appliance
    """
    file = config_file(config or (SEARCH[-1] if appliance else None))
    with reporting(as_json=as_json) as out:
        planning = partial(plan, file, data, key, appliance=appliance)
        text, planned = planning(policy or AUTO, frontage=frontage or Frontage.STAFF)
        _announce(out, file, planned)
        level = _asked() if policy is None and not yes and sys.stdin.isatty() else planned.liveness.policy
        asked = frontage is None and not yes and typer.confirm(_PASSERS_BY, default=False, err=True)
        text, planned = planning(level, frontage=Frontage.PUBLIC if asked else frontage or Frontage.STAFF)
        if not yes:
            typer.confirm("Make them?", abort=True, err=True)
        made = create(file, text)
        if appliance:
            hand_over(made)
        _report(out, file, made)


def _asked() -> str:
    """The level that whoever sits at the terminal wants."""
    return str(typer.prompt("Which level at the door?", default=AUTO, value_proc=_level, err=True))


def _level(said: str) -> str:
    names = [AUTO, *(each.level for each in LEVELS)]
    if said not in names:
        raise typer.BadParameter(f"one of {', '.join(names)}")
    return said


def config_file(named: Path | None) -> Path:
    """Where a new configuration file goes."""
    return (named or Path(os.environ.get(ENVIRONMENT_FILE) or SEARCH[0])).absolute()


def _announce(out: Output, file: Path, config: Config) -> None:
    out.say(f"configuration  {file}")
    out.say(f"root key       {config.paths.key_file}")
    out.say(f"data           {config.paths.data_dir}")
    out.say(f"policy         {config.liveness.policy}{_AUTO * (config.liveness.policy == AUTO)}; the levels of liveness:")
    rows = [(each.level, each.asks, each.seconds, "; ".join(each.leaves_open)) for each in LEVELS]
    out.table(("level", "asks for", "seconds, p50 / p95", "leaves open, beside what the next ones do"), rows)


def _report(out: Output, file: Path, config: Config) -> None:
    out.document(
        {
            "config": str(file),
            "key_file": str(config.paths.key_file),
            "data_dir": str(config.paths.data_dir),
            "policy": config.liveness.policy,
            "policies": [asdict(each) for each in LEVELS],
            "frontage": config.kiosk.frontage,
        }
    )
    out.say("made. Keep a copy of the root key in a safe place: without it nothing that is stored can be read again.")
    where = (
        "a staff door" if config.kiosk.frontage == "staff" else "public: faces are compared after a touch, a card, or on the mark"
    )
    out.say(f"frontage       {where}")
    out.say("next           kioskctl enroll USER PHOTO…, then kioskctl run")
