"""Every command and option of kioskctl is in docs/kioskctl.md, and nothing else is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from api.auth import GRANTS
from api.ports import StoreError
from device.admin import store_code
from provisioning.app import app
from provisioning.output import CODES

COMMON = {"--config", "--json", "--help"}


def commands(command: Any, path: str = "kioskctl") -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from commands(child, f"{path} {name}")


EVERY = dict(commands(typer.main.get_command(app)))


@pytest.fixture(scope="module")
def sections(root: Path) -> dict[str, str]:
    text = (root / "docs/kioskctl.md").read_text(encoding="utf-8")
    parts = re.split(r"^## `(kioskctl [^`]*)`$", text, flags=re.MULTILINE)
    return {" ".join(re.findall(r"\b[a-z][a-z-]*\b", name)): body for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def options(command: Any) -> set[str]:
    return {name for option in command.params for name in (*option.opts, *option.secondary_opts) if name.startswith("-")} - COMMON


def test_every_command_is_documented_and_no_other(sections: dict[str, str]) -> None:
    assert set(sections) == set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_every_option_is_documented_and_no_other(sections: dict[str, str], name: str) -> None:
    documented = {
        word
        for row in re.findall(r"^\| (`-.*?) \|", sections[name], re.MULTILINE)
        for word in re.findall(r"(?<=`)--?[a-z-]+", row)
    }
    assert documented == options(EVERY[name])


@pytest.mark.parametrize("name", EVERY)
def test_every_command_has_help_config_and_json(name: str) -> None:
    assert EVERY[name].help
    assert {"--config", "--json"} <= {opt for option in EVERY[name].params for opt in option.opts}
    assert all(option.help for option in EVERY[name].params if option.name != "help")


def kinds_of(kind: type[StoreError]) -> Iterator[type[StoreError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from kinds_of(child)


def test_codes_and_grants_are_documented(root: Path) -> None:
    text = (root / "docs/kioskctl.md").read_text(encoding="utf-8")
    assert [code for code in (*CODES.values(), *map(store_code, kinds_of(StoreError)), *GRANTS) if f"`{code}`" not in text] == []
