"""The running demo as an installer and an updater meet it: health, clock, commissioning, and systemd's notify socket."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import ROOT, Running, environment
from tests.notify_socket import NotifySocket, listening

pytest.importorskip("systemd.daemon")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotifySocket]:
    with listening(tmp_path_factory.mktemp("notify") / "socket") as systemd:
        yield systemd


@pytest.fixture(scope="module")
def kiosk(start: Callable[..., Running], device: Path, told: NotifySocket) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NOTIFY_SOCKET", str(told.path))
        patch.setenv("WATCHDOG_USEC", "3000000")
        running = start("provisioning", "run", "--first", "--config", str(device), "--camera", "demo")
        running.wait_for(r"^ready after", 60)
        yield running
    running.stop()


def test_control_is_ready_and_alive_and_its_children_say_nothing_to_systemd(kiosk: Running, told: NotifySocket) -> None:
    deadline = time.monotonic() + 20
    while told.count() < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert told.count() >= 2
    (ready,) = (each for each in told.told if "READY=1" in each)
    assert re.fullmatch(r"READY=1\nSTATUS=policy \w+, door simulated", ready)


def test_the_gate_opens_once_the_device_is_well_for_long_enough(kiosk: Running, device: Path, ctl: Callable[..., Any]) -> None:
    deadline = time.monotonic() + 30
    while (said := ctl("health", "--gate", "--steady", "1", "--json", "--config", str(device))).returncode:
        assert time.monotonic() < deadline, said.stdout
        time.sleep(0.5)
    report = json.loads(said.stdout)
    assert report["status"] in ("ready", "degraded")
    assert all(not trouble for trouble in report["models"].values())
    assert report["camera_fps"] > 1
    assert report["vision_age_s"] < 2
    refused = ctl("health", "--gate", "--steady", "9999", "--config", str(device))
    assert refused.returncode == 1
    assert "not for 9999 s" in refused.stderr
    assert ctl("health", "--config", str(device)).returncode == 0


def test_the_clock_is_shown_and_confirmed(kiosk: Running, device: Path, ctl: Callable[..., Any]) -> None:
    # Never with a time: as root that would set this machine's clock.
    state = json.loads(ctl("clock", "set", "now", "--json", "--config", str(device)).stdout)
    assert (state["trusted"], state["set_by"]) == (True, "operator")
    shown = json.loads(ctl("clock", "show", "--json", "--config", str(device)).stdout)
    assert (shown["set_by"], shown["floor"] is not None) == ("operator", True)
    assert ctl("clock", "set", "tomorrow", "--config", str(device)).returncode == 2


@pytest.mark.long
def test_a_commissioning_is_done_and_gone_on_with(kiosk: Running, device: Path, tmp_path: Path, ctl: Callable[..., Any]) -> None:
    file = tmp_path / "hall.json"

    def commission(answers: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "provisioning", "commission", "--json", "--seconds", "1", "--wait", "40"]
        command += ["--report", str(file), "--config", str(device), *arguments]
        return subprocess.run(
            command, cwd=ROOT, input=answers, capture_output=True, text=True, timeout=110, check=False, env=environment()
        )

    aim = commission("", "--part", "aim")
    assert json.loads(aim.stdout)["error"]["code"] == "lan_off"
    done = commission("y\n\nn\n" + "s\n" * 5, "--part", "day")
    assert done.returncode in (0, 1), done.stderr
    (step,) = json.loads(done.stdout)["steps"]
    assert step["step"] == "day 0.5 m"
    assert step["measured"]["frames"] > 3
    walked = commission("y\ne nobody\nn\n\nq\n", "--part", "walk")
    assert walked.returncode == 1, "one of ten"
    assert "'nobody'" in walked.stderr
    (walk,) = json.loads(walked.stdout)["walks"]
    assert walk["outcome"] in ("granted", "refused", "abandoned")
    kept = json.loads(file.read_text())
    assert len(kept["steps"]) == len(kept["walks"]) == 1
    assert "Walk test:" in file.with_suffix(".txt").read_text()


def test_nothing_is_said_where_no_kiosk_runs(tmp_path: Path, ctl: Callable[..., Any]) -> None:
    config = tmp_path / "facekiosk.toml"
    assert ctl("init", "--yes", "--config", str(config)).returncode == 0
    for command in (("health",), ("health", "--gate"), ("commission",)):
        answer = ctl(*command, "--json", "--config", str(config))
        assert answer.returncode == 1
        assert json.loads(answer.stdout)["error"]["code"] == "not_running"
