"""What kioskctl prints: JSON documents or words, errors and exit codes. What is asked of the device is not known here.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 interrupted.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from api.ports import StoreError, VisionUnavailable
from device.admin import AdminError, store_code
from device.certificates import TlsRefused
from device.command import OperationRefused
from device.config import ConfigError
from device.setup import SetupRefused
from inference.manifest import ModelError

FAILED = 1

CODES: Mapping[type[Exception], str] = {
    ConfigError: "invalid_configuration",
    SetupRefused: "setup_refused",
    AdminError: "kiosk_unreachable",
    ModelError: "model_unusable",
    TlsRefused: "tls_refused",
    VisionUnavailable: "vision_unavailable",
    OSError: "system_error",
}
"""Error → its code in `--json`; the first class that fits counts. Those of the store are named after their class."""


class Output:
    """Prints the answers of one command: documents with `--json`, else words and tables."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.words = Console(highlight=False, soft_wrap=True)
        self.errors = Console(stderr=True, highlight=False, soft_wrap=True)

    def document(self, content: object) -> None:
        """One JSON document on a line of its own; nothing without `--json`."""
        if self.as_json:
            sys.stdout.write(msgspec.json.encode(plain(content)).decode() + "\n")
            sys.stdout.flush()

    def say(self, text: str, style: str = "") -> None:
        """A line of words; nothing with `--json`. Markup in it is not obeyed."""
        if not self.as_json:
            self.words.print(text, style=style or None, markup=False)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table of words; nothing with `--json`."""
        if not self.as_json:
            table = Table(box=None, pad_edge=False, header_style="bold")
            for column in columns:
                table.add_column(column, overflow="fold")
            for row in rows:
                table.add_row(*(escape(cell) for cell in row))
            self.words.print(table)

    def fail(self, code: str, message: str, **more: object) -> NoReturn:
        """Report an error and end the command with exit code 1; `more` stands beside the error in the document."""
        self.error(code, message, **more)
        raise typer.Exit(FAILED)

    def error(self, code: str, message: str, **more: object) -> None:
        """Report an error: a document on standard output with `--json`, else a line on standard error."""
        self.document({"error": {"code": code, "message": message}, **more})
        if not self.as_json:
            self.errors.print(f"kioskctl: {message}", markup=False, style="red")


def plain(content: object) -> Any:  # noqa: ANN401 - what JSON can hold
    """Structs as mappings without their tag; everything else as it is."""
    built = msgspec.to_builtins(content)
    return _untagged(built)


def _untagged(value: Any) -> Any:  # noqa: ANN401 - what JSON can hold
    if isinstance(value, dict):
        return {key: _untagged(item) for key, item in value.items() if key != "type"}
    return [_untagged(item) for item in value] if isinstance(value, list) else value


def listed(names: Sequence[str], more: int = 0, most: int = 10) -> str:
    """Some names in a sentence; those past `most`, and `more` besides, are counted."""
    rest = max(0, len(names) - most) + more
    shown = ", ".join(names[:most])
    return f"{shown}{' and ' if shown and rest else ''}{f'{rest} more' if rest else ''}"


def escape(text: str) -> str:
    """The text as rich prints it literally."""
    return text.replace("[", r"\[")


@contextmanager
def reporting(*, as_json: bool) -> Iterator[Output]:
    """An output for one command, which turns the errors that are expected into a message and exit code 1."""
    out = Output(as_json=as_json)
    try:
        yield out
    except OperationRefused as error:
        out.fail(error.code, str(error))
    except StoreError as error:
        out.fail(store_code(type(error)), str(error))
    except tuple(CODES) as error:
        out.fail(next(code for kind, code in CODES.items() if isinstance(error, kind)), str(error))
