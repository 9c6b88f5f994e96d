"""The documentation is held to account: every route, error code, grant, close code and configuration key is in it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import BaseModel

from api import event_socket, live, socket
from api.auth import GRANTS
from api.errors import CONDITIONS, MESSAGE, STATUS
from api.openapi import document
from api.routes import enroll, health
from api.server import API
from device.config import ENVIRONMENT, Config
from device.levels import LEVELS
from scripts import config_docs

ADDS = re.compile(r"""\badd(?:_get|_route)?\((?:app, )?(?:"([A-Z]+)", )?"(/[^"]*)\"""")
"""How routes are added: `add(app, "POST", "/…/", …)`, `add_route("GET", "/…", …)`, `add_get("/…", …)`."""


def bare(path: str) -> str:
    return path.rstrip("/") or "/"


def routes_in_the_code(root: Path) -> Iterator[tuple[str, str]]:
    for folder in ("api", "device"):
        for file in (root / folder).rglob("*.py"):
            for method, path in ADDS.findall(file.read_text(encoding="utf-8")):
                yield method or "GET", bare(path)


@pytest.fixture(scope="module")
def api_text(root: Path) -> str:
    return (root / "docs/api.md").read_text(encoding="utf-8")


def named(text: str) -> set[tuple[str, str]]:
    """Routes of the tables of routes."""
    tables = text.partition("## Every route")[2]
    return {(method, bare(path)) for method, path in re.findall(r"`([A-Z]+) (/[^`]*)`", tables)}


def test_every_route_is_documented_and_no_other(root: Path, api_text: str) -> None:
    assert named(api_text) == set(routes_in_the_code(root))


def test_the_contract_is_documented(api_text: str) -> None:
    app = web.Application()
    for mount in (*API, health.mount, enroll.mount_operations):
        mount(app)
    paths = document(app)["paths"]
    assert {(method.upper(), bare(path)) for path, methods in paths.items() for method in methods} <= named(api_text)


def test_every_code_and_grant_is_documented(api_text: str) -> None:
    assert [word for word in (*STATUS, *MESSAGE, *CONDITIONS, *GRANTS) if f"`{word}`" not in api_text] == []
    for status, code in re.findall(r"^\| (\d{3}) \| (.*) \|$", api_text, re.MULTILINE):
        for each in re.findall(r"`(\w+)`", code):
            assert STATUS[each] == int(status) or (each, status) in (("invalid_request", "408"), ("invalid_request", "422"))


def test_every_close_code_is_documented(api_text: str) -> None:
    used = {
        value
        for module in (socket, live, event_socket)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, int) and 4000 <= value < 5000
    }
    assert used == {int(code) for code in re.findall(r"^\| (4\d{3}) \|", api_text, re.MULTILINE)}


def keys(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, str, str]]:
    """Table, key and sentence of every key."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, f"{path}.{name}".lstrip("."))
        else:
            yield path, name, field.description or ""


def test_every_configuration_key_is_documented_with_its_sentence(root: Path) -> None:
    text = (root / "docs/configuration.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `\[([^\]]+)\]`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    for table, key, sentence in keys(Config):
        assert sentence
        assert f"| `{key}` | {sentence.replace('|', chr(92) + '|')} |" in sections[table], "python -m scripts.config_docs"
    assert set(sections) == {table for table, *_ in keys(Config)}
    assert [name for name in ENVIRONMENT if f"`{name}`" not in text] == []


def test_the_configuration_reference_is_as_it_is_generated(root: Path) -> None:
    text = (root / "docs/configuration.md").read_text(encoding="utf-8")
    assert text.partition(config_docs.BEGIN)[2].strip() == config_docs.generated().strip(), "python -m scripts.config_docs"


def test_links_between_documents_lead_somewhere(root: Path) -> None:
    for file in (root / "docs").glob("*.md"):
        for place in re.findall(r"\]\((?!https?:)([^)#]+)", file.read_text(encoding="utf-8")):
            assert (file.parent / place).exists(), f"{file.name}: {place}"


def test_the_times_of_the_levels_that_init_shows_are_those_of_the_docs(root: Path) -> None:
    table = (root / "docs/policies.md").read_text(encoding="utf-8").split("## How long it takes")[1].split("\n## ")[0]
    for view in LEVELS:
        rows = re.findall(rf"^\| `{view.level}`.*?\| ([\d.]+) s \| ([\d.]+) s \|", table, flags=re.MULTILINE)
        assert rows, view.level
        assert re.findall(r"([\d.]+) / ([\d.]+)", view.seconds) == rows
