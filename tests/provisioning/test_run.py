"""The running kiosk, started by `kioskctl run` with the demo, and every command that goes to it."""

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(180)


@dataclass
class Running:
    """A kiosk started by `kioskctl run --first`, and what it has said so far."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def until(self, pattern: str) -> re.Match[str]:
        """The first line that matches; earlier lines are kept."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"the kiosk ended; it said {self.said}")


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory, kioskctl_on):
    """A new device on a free port."""
    kioskctl = kioskctl_on(tmp_path_factory.mktemp("running") / "facekiosk.toml")
    assert kioskctl("init", "--yes").code == 0
    text = kioskctl.file.read_text(encoding="utf-8")
    kioskctl.file.write_text(text.replace("# port = 8080", "port = 0"), encoding="utf-8")
    return kioskctl


@pytest.fixture(scope="module")
def running(device) -> Iterator[Running]:
    """The kiosk on that device, with the demo, past its start."""
    command = [sys.executable, "-m", "provisioning", "run", "--camera", "demo", "--config", str(device.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        kiosk = Running(process)
        try:
            kiosk.until("^ready after")
            yield kiosk
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_the_first_start_enrols_the_demos_person_and_says_what_it_uses(device, running: Running) -> None:
    said = "\n".join(running.said)
    assert "no camera in use: the demo shows rendered people, and the door is simulated" in said
    assert "enrolled grace (Grace Hopper (demo))" in said
    assert "source demo (not live), policy basic, door simulated" in said
    (grace,) = device.json("user", "list")["people"]
    assert (grace["user_id"], grace["display_name"], grace["door"]) == ("grace", "Grace Hopper (demo)", True)


def test_status_is_the_running_kiosks(device, running: Running) -> None:
    status = device.json("status")
    assert status["control"] is True
    assert status["camera"] == {"state": "ready", "source": "demo", "live": False, "message": ""}
    assert (status["policy"], status["door_driver"]) == ("basic", "simulated")
    assert "running for" in device("status").out


def test_a_key_made_now_is_good_now(device, running: Running) -> None:
    address = re.search(r"http://[\d.]+:\d+", "\n".join(running.said))
    assert address is not None
    added = device.json("client", "add", "intranet", "--realm", "staff", "--grant", "enroll")
    body = json.dumps({"api_key": added["api_key"]}).encode()
    request = urllib.request.Request(f"{address[0]}/api/auth/client/", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        assert json.load(response)["client_id"] == added["client_id"]


def test_watching_shows_frames_and_ends_quietly(device, running: Running) -> None:
    command = [sys.executable, "-m", "provisioning", "watch", "--json", "--config", str(device.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        sights = [json.loads(watching.stdout.readline()) for _ in range(5)]
        watching.send_signal(signal.SIGINT)
        _, err = watching.communicate(timeout=20)
    assert (watching.returncode, err) == (130, "")
    assert [each["seq"] for each in sights] == sorted({each["seq"] for each in sights})
    assert set(sights[0]) >= {"faces", "condition", "blinks", "quality_score", "milliseconds"}


def test_a_second_kiosk_is_refused_and_the_first_goes_on(device, running: Running) -> None:
    second = device.program("run", "--camera", "demo")
    assert second.code == 1
    assert f"process {running.process.pid}" in second.err
    assert running.process.poll() is None
    assert device.json("status")["control"] is True


def test_following_tells_the_visits_to_come(device, running: Running) -> None:
    before = len(device.json("log", "-n", "1000")["visits"])
    command = [sys.executable, "-m", "provisioning", "log", "-n", "0", "--follow", "--json", "--config", str(device.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        told = json.loads(following.stdout.readline())
        following.send_signal(signal.SIGINT)
    kept = device.json("log", "-n", "1000")["visits"]
    assert told in kept[before:]
    assert [visit["number"] for visit in kept] == sorted(visit["number"] for visit in kept)


def test_the_demos_person_is_let_in_and_the_visit_is_in_the_log(device, running: Running) -> None:
    line = next((said for said in running.said if said.startswith("granted")), None) or running.until("^granted").string
    assert "user grace" in line
    (first, *_) = [visit for visit in device.json("log", "-n", "1000")["visits"] if visit["outcome"] == "granted"]
    assert (first["user_id"], first["reason"], first["attempts"]) == ("grace", "match", 1)
    assert first["confidence"] >= 0.65
    # It may be without a date: the machine's clock is not always known to be right.
    assert device.json("status")["last_visit_number"] >= first["number"]
    assert re.search(r"last visit  (\d{4}-|number \d+)", device("status").out)


def test_a_person_is_enrolled_at_the_camera(device, running: Running) -> None:
    # The demo's enrolled person and its stranger take turns, and whoever stands there is asked: the first is refused as known.
    for _ in range(4):
        answer = device("enroll", "twin", "--camera", "--name", "At the camera")
        if answer.code == 0:
            break
        assert "This face belongs to another user" in answer.err
    assert answer.code == 0, answer
    assert "with liveness, door confirmed" in answer.out
    shown = device.json("user", "show", "twin")
    assert shown["person"]["display_name"] == "At the camera"
    assert shown["enrollments"][0]["origin"] == "kiosk"
    assert shown["enrollments"][0]["liveness_verified"] is True
    assert device.json("user", "erase", "twin", "--yes")["enrollments"] == 1


def test_a_clip_is_replayed_with_a_simulated_door_and_it_says_so(nowhere, clips: Path) -> None:
    clip = clips / "live_head_turns.mp4"
    command = [sys.executable, "-m", "provisioning", "run", "--first", "--camera", str(clip), "--config", str(nowhere.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        kiosk = Running(process)
        try:
            kiosk.until("not live.*policy basic, door simulated")
        finally:
            process.kill()
    assert any("the door is simulated only and the policy is basic" in line for line in kiosk.said)
    assert nowhere.json("user", "list") == {"people": []}


def test_a_clip_that_is_absent_or_no_clip_is_told(kioskctl, tmp_path: Path) -> None:
    absent = kioskctl.program("run", "--camera", str(tmp_path / "absent.mp4"))
    assert absent.code == 2
    assert "no such file" in absent.err
    (tmp_path / "notes.mp4").write_text("no clip")
    began = time.monotonic()
    broken = kioskctl.program("run", "--camera", str(tmp_path / "notes.mp4"))
    assert broken.code == 1
    assert "notes.mp4" in broken.err
    assert time.monotonic() - began < 40
