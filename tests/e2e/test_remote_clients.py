"""The reference's client programs against the device as a user starts it, on video of real people, in lock-step to their end."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import requests

pytestmark = pytest.mark.timeout(180)

PROGRAMS = Path(__file__).parent.parent / "api" / "reference_client.py"
STEP = 2
"""Every second frame of 24 a second: the rate of a client with a webcam."""
PAUSE_S = 0.06


def extract(clip: Path, folder: Path, first: int, count: int) -> Path:
    """Frames of a clip as JPEGs in a folder, as a client has them."""
    folder.mkdir()
    video = cv2.VideoCapture(str(clip))
    for n in range(first + count * STEP):
        read, image = video.read()
        if not read:
            break
        if n >= first and (n - first) % STEP == 0:
            cv2.imwrite(str(folder / f"{n:05}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    video.release()
    return folder


@dataclass(frozen=True)
class Integrator:
    """Somebody with a key, and the device's address."""

    url: str
    key: str

    def run(self, program: str, frames: Path) -> list[str]:
        """One of the reference's programs: what it printed. It ended without an exception."""
        words = (program, self.url, self.key, str(frames), "user123", str(PAUSE_S))
        done = subprocess.run([sys.executable, str(PROGRAMS), *words], capture_output=True, text=True, timeout=90, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    def asks(self, path: str) -> dict[str, Any]:
        """What the device answers."""
        answer = requests.get(self.url + path, headers={"X-API-Key": self.key}, timeout=10)
        assert answer.status_code == 200
        said: dict[str, Any] = answer.json()
        return said

    def enrolled(self) -> dict[str, Any]:
        """The one enrolment that there is."""
        (enrollment,) = self.asks("/api/auth/users/user123/")["enrollments"]
        return enrollment


@pytest.fixture(scope="module")
def integrators(device: Path, start, ctl) -> Iterator[Callable[[str], Integrator]]:
    """Makes clients of a running device, each of a realm of its own. Nobody stands before the device itself."""
    nobody = device.parent / "nobody.png"
    cv2.imwrite(str(nobody), np.full((240, 320, 3), 128, np.uint8))
    text = device.read_text().replace("# loop = false", "loop = true").replace("# fps = 24.0", "fps = 2.0")
    device.write_text(text)
    kiosk = start("provisioning", "run", "--config", str(device), "--camera", str(nobody))
    url = kiosk.wait_for(r"(http://127\.0\.0\.1:\d+)/kiosk/", 60)[1]
    kiosk.wait_for(r"^ready after", 60)

    def make(realm: str) -> Integrator:
        grants = [word for grant in ("enroll", "authenticate", "read_events") for word in ("--grant", grant)]
        added = ctl("client", "add", realm, "--realm", realm, *grants, "--json", "--config", str(device))
        return Integrator(url, json.loads(added.stdout)["api_key"])

    yield make
    assert kiosk.stop() == 0
    assert not re.search(r"^(WARNING|ERROR|Traceback)", kiosk.errors.read_text(), re.MULTILINE)


def test_somebody_enrols_over_rest_and_is_recognised_and_another_is_not(integrators, clips, tmp_path):
    office, person = integrators("office"), clips / "live_blinks_portrait.mp4"
    lines = office.run("enroll-rest", extract(person, tmp_path / "enrol", 0, 100))
    enrollment = office.enrolled()
    assert lines == [f"Enrollment completed: {enrollment['enrollment_id']}"]
    assert (enrollment["samples"], enrollment["liveness_verified"], enrollment["door"]) == (5, True, "pending")
    lines = office.run("authenticate", extract(person, tmp_path / "again", 150, 100))
    assert lines[0] == "Authentication successful: user123"
    assert 0.85 < float(lines[1].removeprefix("Confidence: ")) <= 0.99
    lines = office.run("authenticate", extract(clips / "live_eyes_open_closed.mp4", tmp_path / "other", 0, 150))
    assert lines == ["Authentication failed: no_match"]
    attempts = office.asks("/api/auth/attempts/")["attempts"]
    assert [attempt["success"] for attempt in attempts[:1]] == [True]
    assert all(attempt["liveness_passed"] for attempt in attempts)
    assert not any(attempt["success"] for attempt in attempts[1:])


def test_somebody_enrols_over_the_socket(integrators, clips, tmp_path):
    lobby = integrators("lobby")
    lines = lobby.run("enroll-socket", extract(clips / "live_blinks_portrait.mp4", tmp_path / "enrol", 0, 100))
    enrollment = lobby.enrolled()
    assert lines[0] == "Progress: 1/5"
    assert lines[-1] == f"Enrollment completed: {enrollment['enrollment_id']}"
    assert enrollment["liveness_verified"]
