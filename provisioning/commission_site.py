"""What the parts of a commissioning share: the running kiosk, the report so far, and how the installer is talked to."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import typer

from device.admin import AdminConnection
from device.commands import AnyCommand
from provisioning.commission_report import Report, save
from provisioning.link import ask

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Site:
    """Where it is done. Between questions no event loop runs, so that Ctrl-C ends a prompt at once."""

    kiosk: AdminConnection
    report: Report
    file: Path
    seconds: float
    """How long a step is measured."""
    wait_s: float
    """Longest wait for a visit."""

    def ask(self, command: AnyCommand, kind: type[R]) -> R:
        """The kiosk's one reply."""
        return asyncio.run(ask(self.kiosk, command, kind))

    def keep(self) -> None:
        """Write the report as it is now. `OSError`: it cannot be written."""
        save(self.file, self.report)


def now() -> str:
    """The wall clock's time, RFC 3339."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def tell(text: str) -> None:
    """A line on standard error, where prompts are too."""
    typer.echo(text, err=True)


def prompt(text: str) -> str:
    """What the installer types."""
    return str(typer.prompt(text, default="", show_default=False, err=True)).strip()


def yes(text: str) -> bool:
    """Whether the installer agrees; Enter does."""
    return bool(typer.confirm(text, default=True, err=True))
