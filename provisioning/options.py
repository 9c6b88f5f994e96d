"""The options that commands share, as annotated types, and what they come to. No command lives here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from api.records import LOCAL
from device.config import Config, find_config, load_config

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration file; else $FACEKIOSK_CONFIG, var/facekiosk.toml or /etc/facekiosk/facekiosk.toml.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help='Answer with JSON on standard output; errors are {"error": {"code", "message"}}.')
]
RealmOption = Annotated[
    str, typer.Option("--realm", metavar="REALM", help=f"The people that belong together; `{LOCAL}` is the device itself.")
]
UserArgument = Annotated[str, typer.Argument(metavar="USER", help="Id of the person, unique in the realm, 1 to 255 characters.")]
OverlapOption = Annotated[
    float,
    typer.Option("--overlap", metavar="HOURS", min=0, max=744, help="Hours that the one before stays good too; 0: none."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@dataclass(frozen=True, slots=True)
class Common:
    """What every command is told."""

    config: Path | None
    as_json: bool

    def load(self) -> Config:
        """The checked configuration.

        Raises:
            ConfigError: there is none, or it has a mistake.
        """
        return load_config(self.find())

    def find(self) -> Path:
        """The configuration file. `ConfigError`: there is none."""
        return find_config(self.config)
