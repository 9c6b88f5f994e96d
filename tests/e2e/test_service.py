"""The running demo as an installer and an updater meet it: health, clock, commissioning, and systemd's notify socket."""

import asyncio
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from device.aiming import OVER, REFUSED
from device.config import load_config
from tests.e2e.conftest import ROOT, Running, environment
from tests.notify_socket import NotifySocket, listening

pytest.importorskip("systemd.daemon")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotifySocket]:
    with listening(tmp_path_factory.mktemp("notify") / "socket") as systemd:
        yield systemd


@pytest.fixture(scope="module")
def kiosk(start: Callable[..., Running], device: Path, told: NotifySocket, ctl: Callable[..., Any]) -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    device.write_text(device.read_text().replace('# host = ""', 'host = "127.0.0.1"').replace("# port = 8443", f"port = {port}"))
    assert ctl("tls", "init", "--name", "localhost", "--config", str(device)).returncode == 0
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


def commissioning(device: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "provisioning", "commission", "--config", str(device), *arguments]


async def looks_on(url: str, trust: ssl.SSLContext, leave: Callable[[], None]) -> tuple[list[str], int | None, int | None]:
    """What a phone gets by the link before the installer leaves; how the view is closed then, and to who comes back."""
    page, _, token = url.partition("#")
    shown: list[str] = []
    connector, origin = aiohttp.TCPConnector(ssl=trust), {"Origin": page.removesuffix("/aim/")}
    async with aiohttp.ClientSession(connector=connector, headers=origin) as http:
        assert (await http.get(page)).status == 200
        async with asyncio.timeout(30), http.ws_connect(f"{page}live") as socket:
            await socket.send_json({"type": "credential", "token": token})
            key = (await socket.receive_json())["key"]
            async for message in socket:
                shown.append(message.type.name if message.type is aiohttp.WSMsgType.BINARY else message.json()["type"])
                if {"BINARY", "view"} <= set(shown):
                    break
            leave()
            async for _message in socket:
                pass
            over = socket.close_code
        async with asyncio.timeout(10), http.ws_connect(f"{page}live") as socket:
            await socket.send_json({"type": "credential", "key": key})
            await socket.receive()
            return shown, over, socket.close_code


def test_the_aiming_view_comes_over_tls_and_is_closed_when_the_installer_leaves(
    kiosk: Running, device: Path, tmp_path: Path
) -> None:
    trust = ssl.create_default_context(cafile=str(load_config(device).lan.authority))
    command = commissioning(device, "--part", "aim", "--report", str(tmp_path / "hall.json"))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=environment(), text=True, **pipes) as installer:  # type: ignore[call-overload]
        url = next(line.strip() for line in installer.stderr if line.startswith("https://"))
        shown, over, later = asyncio.run(looks_on(url, trust, lambda: installer.send_signal(signal.SIGINT)))
        assert installer.wait(20) != 0
    assert (set(shown), over, later) == ({"view", "BINARY"}, OVER, REFUSED)


def test_a_commissioning_is_done_and_gone_on_with(kiosk: Running, device: Path, tmp_path: Path) -> None:
    file = tmp_path / "hall.json"

    def commission(answers: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = commissioning(device, "--json", "--seconds", "1", "--wait", "40", "--report", str(file), *arguments)
        return subprocess.run(
            command, cwd=ROOT, input=answers, capture_output=True, text=True, timeout=55, check=False, env=environment()
        )

    done = commission("y\n\nn\n" + "s\n" * 5, "--part", "day")
    assert done.returncode == 1, "one step of six"
    (step,) = json.loads(done.stdout)["steps"]
    assert step["step"] == "day 0.5 m"
    assert step["measured"]["frames"] > 3
    walked = commission("y\ne nobody\ne grace\n\n", "--part", "walk", "--people", "1")
    assert "'nobody'" in walked.stderr
    (walk,) = json.loads(walked.stdout)["walks"]
    assert (walk["expected"], walk["outcome"] != "") == ("granted", True)
    assert walked.returncode == (0 if walk["outcome"] == "granted" else 1)
    kept = json.loads(file.read_text())
    assert (kept["people"], len(kept["steps"]), len(kept["walks"])) == (1, 1, 1)
    assert kept["verdict"] == ("incomplete" if walk["outcome"] == "granted" and not step["problems"] else "faulty")
    assert "of 1 as expected" in file.with_suffix(".txt").read_text()


def test_nothing_is_said_where_no_kiosk_runs(tmp_path: Path, ctl: Callable[..., Any]) -> None:
    config = tmp_path / "facekiosk.toml"
    assert ctl("init", "--yes", "--config", str(config)).returncode == 0
    for command in (("health",), ("health", "--gate"), ("commission",)):
        answer = ctl(*command, "--json", "--config", str(config))
        assert answer.returncode == 1
        assert json.loads(answer.stdout)["error"]["code"] == "not_running"
