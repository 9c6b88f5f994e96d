"""The main job from end to end, with real processes and no camera: the demo's three visitors, and what may go wrong meanwhile."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import requests

pytestmark = pytest.mark.timeout(150)

Ctl = Callable[..., subprocess.CompletedProcess[str]]
DECISION = r"^(granted|refused) +user (\S+)  confidence (\S+)  (\w+)  (\d+) ms$"


@pytest.fixture(scope="module")
def kiosk(device: Path, start):
    """The kiosk on the demo source, its person enrolled by `kioskctl run`."""
    running = start("provisioning", "run", "--camera", "demo", "--config", str(device))
    running.wait_for(r"^ready after", 60)
    return running


@pytest.fixture(scope="module")
def url(kiosk) -> str:
    return kiosk.wait_for(r"(http://127\.0\.0\.1:\d+)/kiosk/", 5)[1]


def test_it_says_where_its_page_is_and_what_runs(kiosk, url: str) -> None:
    assert kiosk.wait_for(r"^source demo \(not live\), policy basic, door simulated$", 1)
    assert float(kiosk.wait_for(r"^ready after ([\d.]+) s$", 1)[1]) < 15
    assert requests.get(f"{url}/readyz", timeout=5).json()["status"] in ("ready", "degraded")


def test_the_enrolled_person_is_let_in(kiosk) -> None:
    found = kiosk.wait_for(r"^granted .*", 30)
    word, user, confidence, reason, milliseconds = re.search(DECISION, found[0]).groups()
    assert (word, user, reason) == ("granted", "grace", "match")
    assert float(confidence) > 0.65
    assert int(milliseconds) < 8000


def test_the_unknown_person_and_the_flat_photo_are_refused(kiosk) -> None:
    assert re.search(DECISION, kiosk.wait_for(r"^refused .*no_match.*", 30)[0])[2] == "-"
    assert re.search(DECISION, kiosk.wait_for(r"^refused .*liveness_failed.*", 40)[0])[2] == "-"
    assert not any("granted" in line and "grace" not in line for line in kiosk.lines)


def test_kioskctl_reaches_the_running_kiosk(kiosk, device: Path, ctl: Ctl) -> None:
    status = json.loads(ctl("status", "--json", "--config", str(device)).stdout)
    assert status["control"] is True
    assert status["camera"] == {"state": "ready", "source": "demo", "live": False, "message": ""}
    log = ctl("log", "--json", "--config", str(device))
    assert log.returncode == 0
    assert '"granted"' in log.stdout


def test_a_second_instance_on_the_same_data_is_refused(kiosk, device: Path, start) -> None:
    second = start("device.app", "--config", str(device), "--camera", "demo")
    assert second.wait(20) == 1
    assert "facekiosk: " in second.errors.read_text()
    assert "process" in second.errors.read_text()
    assert kiosk.process.poll() is None


def vision_of(kiosk) -> psutil.Process:
    return next(
        child for child in psutil.Process(kiosk.process.pid).children() if "inference.vision" in " ".join(child.cmdline())
    )


def test_a_killed_vision_comes_back(kiosk, device: Path, ctl: Ctl) -> None:
    first = vision_of(kiosk)
    first.kill()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        status = json.loads(ctl("status", "--json", "--config", str(device)).stdout)
        if status["camera"]["state"] == "ready" and vision_of(kiosk).pid != first.pid:
            break
    assert status["camera"]["state"] == "ready"
    assert kiosk.process.poll() is None


def test_it_stops_cleanly_and_leaves_nobody_behind(kiosk, device: Path) -> None:
    vision = vision_of(kiosk)
    assert kiosk.stop(signal.SIGTERM) == 0
    assert not vision.is_running()
    assert not (device.parent / "run" / "admin.sock").exists()
    assert "Traceback" not in kiosk.errors.read_text()


def test_children_die_with_a_killed_control(device: Path, start) -> None:
    running = start("device.app", "--config", str(device), "--camera", "demo")
    running.wait_for(r"^ready after", 30)
    vision = vision_of(running)
    os.kill(running.process.pid, signal.SIGKILL)
    vision.wait(10)


def test_a_clip_is_replayed_to_its_end(device: Path, start, clips: Path) -> None:
    running = start("device.app", "--config", str(device), "--camera", str(clips / "live_blinks_portrait.mp4"))
    running.wait_for(r"^source replay:live_blinks_portrait\.mp4 \(not live\), policy basic, door simulated$", 30)
    running.wait_for(r"^refused .*", 30)
    assert running.wait(30) == 0


def test_a_file_that_is_no_clip_is_refused(device: Path, start, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no clip")
    running = start("device.app", "--config", str(device), "--camera", str(tmp_path / "clip.mp4"))
    assert running.wait(30) == 1
    assert "clip.mp4" in running.errors.read_text()


def test_a_mistake_in_the_configuration_is_told_with_its_line(tmp_path: Path, start) -> None:
    (tmp_path / "facekiosk.toml").write_text("[kiosk]\nvisit_timeout_s = 'long'\n")
    running = start("device.app", "--config", str(tmp_path / "facekiosk.toml"))
    assert running.wait(20) == 1
    assert f"{tmp_path}/facekiosk.toml:2: kiosk.visit_timeout_s: 'long' is not allowed" in running.errors.read_text()
