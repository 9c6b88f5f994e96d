"""A device of its own for each test, and kioskctl on it: in this process, or as the program that it is."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from provisioning.app import app


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Kioskctl:
    """kioskctl on the device whose configuration is `file`."""

    file: Path

    def __call__(self, *arguments: str, answer: str | None = None) -> Answer:
        result = CliRunner().invoke(app, list(arguments), input=answer, env={"FACEKIOSK_CONFIG": str(self.file)})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    def json(self, *arguments: str) -> Any:
        """The document of a command that is done."""
        answer = self(*arguments, "--json")
        assert answer.code == 0, answer
        return answer.document

    def refused(self, *arguments: str) -> str:
        """The code of a command that is refused, which says so in words as well."""
        answer = self(*arguments, "--json")
        assert answer.code == 1, answer
        assert answer.document["error"]["message"]
        return str(answer.document["error"]["code"])

    def program(self, *arguments: str, timeout: float = 60) -> Answer:
        """The same as a process of its own."""
        environment = os.environ | {"FACEKIOSK_CONFIG": str(self.file), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "provisioning", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout, check=False)
        return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def kioskctl_on() -> type[Kioskctl]:
    """Makes a kioskctl for a configuration file."""
    return Kioskctl


@pytest.fixture
def nowhere(tmp_path: Path) -> Kioskctl:
    """kioskctl where there is no device yet."""
    return Kioskctl(tmp_path / "facekiosk.toml")


@pytest.fixture
def kioskctl(nowhere: Kioskctl) -> Kioskctl:
    """kioskctl on a new device, whose kiosk does not run."""
    assert nowhere("init", "--yes").code == 0
    return nowhere


@pytest.fixture
def configure(kioskctl: Kioskctl) -> Callable[[str], None]:
    """Appends lines to the device's configuration file."""

    def append(text: str) -> None:
        with kioskctl.file.open("a", encoding="utf-8") as file:
            file.write(text)

    return append


SERVE = """
import asyncio, contextlib, dataclasses, sys
from pathlib import Path
from device.admin import AdminServer
from device.config import load_config
from device.offline import offline
from device.peer import private_folder

async def main():
    config = load_config(Path(sys.argv[1]))
    async with offline(config) as operations:
        health = operations.health
        running = dataclasses.replace(operations, health=lambda: dataclasses.replace(health(), control=True))
        private_folder(config.socket_dir)
        async with AdminServer(running, config.admin_socket):
            print("ready", flush=True)
            await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def served(kioskctl: Kioskctl) -> Iterator[Kioskctl]:
    """kioskctl on a device whose operations another process has and serves, as the running kiosk does."""
    command = [sys.executable, "-c", SERVE, str(kioskctl.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield kioskctl
        server.terminate()
