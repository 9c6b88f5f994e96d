"""`kioskctl clock set`: the part that needs root keeps it, and what was not set is written down. No clock is set here."""

import asyncio
import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from device.keys import load_keys
from device.store.store import open_store
from device.supervisor import PACKAGES
from provisioning import clock_setter
from provisioning.clock import Setter
from provisioning.options import Common

ECHO = (sys.executable, "-c", "import os, sys; sys.exit(f'{os.geteuid()} {sys.stdin.readline()}')")
"""A child that says who it is and what it was told, instead of setting a clock."""


def test_the_child_sets_what_it_is_told_and_nothing_unasked() -> None:
    told: list[float] = []
    assert clock_setter.main(io.StringIO(f"{time.time() - time.monotonic() + 60!r}\n"), told.append) == 0
    assert told == [pytest.approx(time.time() + 60, abs=1)]
    assert clock_setter.main(io.StringIO(""), told.append) == 0
    assert len(told) == 1

    def refuse(seconds: float) -> None:
        raise PermissionError

    assert clock_setter.main(io.StringIO("1.0\n"), refuse) == clock_setter.FORBIDDEN


IN_THE_KIOSKS_NAME = f"""
import os, pathlib, sys
from device.offline import become_owner
from provisioning.clock import Setter, SetterFailed
with Setter({ECHO!r}), Setter({ECHO!r}) as setter:
    become_owner(pathlib.Path(sys.argv[1]))
    try:
        setter.set(12.5)
    except SetterFailed as said:
        print(os.geteuid(), said)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give root up")
def test_the_child_is_root_still_where_kioskctl_is_not(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    command = [sys.executable, "-c", IN_THE_KIOSKS_NAME, str(tmp_path)]
    done = subprocess.run(command, cwd=PACKAGES, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "65534 0 12.5\n"


def test_what_cannot_be_set_is_refused_and_written_down(kioskctl, monkeypatch) -> None:
    from provisioning import clock

    forbidden = (sys.executable, "-c", f"import sys; print('use sudo', file=sys.stderr); sys.exit({clock_setter.FORBIDDEN})")
    monkeypatch.setattr(clock, "Setter", lambda: Setter(forbidden))
    far = "2090-01-01T00:00:00Z"
    assert kioskctl.refused("clock", "set", far) == "time_far"
    assert kioskctl("clock", "set", far, answer="n\n").code == 1
    assert "Is it right?" in kioskctl("clock", "set", far, answer="n\n").err
    assert kioskctl.refused("clock", "set", far, "--yes") == "forbidden"
    config = Common(kioskctl.file, as_json=True).load()

    async def acts() -> list[str]:
        async with open_store(config.database, load_keys(config.paths.key_file)) as store:
            return [act.act for act in await store.factors.acts("")]

    assert sorted(asyncio.run(acts())) == ["clock_set", "clock_set_failed"]
