"""README's "Talk to it": commands, program and console lines run as they stand there; only address and camera are changed."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest

pytestmark = pytest.mark.timeout(180)

ADDRESS = "http://127.0.0.1:8080"
CAMERA = "cv2.VideoCapture(0)"


@pytest.fixture(scope="session")
def parts(root: Path) -> dict[str, str]:
    """The section's blocks, by language: one of each."""
    section = (root / "README.md").read_text(encoding="utf-8").partition("## Talk to it\n")[2].partition("\n## ")[0]
    found = re.findall(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert sorted(language for language, _ in found) == ["js", "python", "sh"]
    return dict(found)


def ran(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


@dataclass(frozen=True)
class Talk:
    """A served kiosk, and what the commands of the shell came to."""

    url: str
    key: str
    said: list[dict]
    folder: Path


@pytest.fixture(scope="module")
def talk(device: Path, start, parts, clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    kiosk = start("device.app", "--config", str(device), "--camera", "demo")
    url = kiosk.wait_for(r"(http://127\.0\.0\.1:\d+)/kiosk/", 60)[1]
    kiosk.wait_for(r"^ready after", 60)
    folder = tmp_path_factory.mktemp("talk")
    clip = cv2.VideoCapture(str(clips / "live_blinks_portrait.mp4"))
    cv2.imwrite(str(folder / "photo.jpg"), clip.read()[1])
    clip.release()
    commands = parts["sh"].replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    assert ADDRESS in commands
    # A line break after each answer, so that they can be told apart, and the key, which the reader's shell keeps.
    script = 'curl() { command curl "$@"; echo; }\n' + commands.replace(ADDRESS, url) + 'echo "$KEY" > key\n'
    done = ran(["bash", "-euo", "pipefail", "-c", script], folder, FACEKIOSK_CONFIG=str(device))
    assert (done.returncode, done.stderr) == (0, "")
    said = [json.loads(line) for line in done.stdout.splitlines() if line]
    yield Talk(url, (folder / "key").read_text().strip(), said, folder)
    assert kiosk.stop() == 0


def test_the_commands_of_the_shell(talk: Talk) -> None:
    frame, cancelled, events = talk.said
    assert (frame["success"], frame["session_status"], frame["completed_samples"]) == (True, "in_progress", 1)
    assert (cancelled["session_type"], cancelled["user_id"], cancelled["status"]) == ("enrollment", "ada", "cancelled")
    assert events["events"] == []


@pytest.fixture(scope="module")
def enrolled(talk: Talk, parts, clips: Path) -> list[str]:
    """What the program prints while it enrols somebody."""
    program = parts["python"]
    assert CAMERA in program
    clip = str(clips / "live_blinks_portrait.mp4")
    (talk.folder / "enrol.py").write_text(program.replace(CAMERA, f"cv2.VideoCapture({clip!r})"))
    done = ran([sys.executable, "enrol.py"], talk.folder, DEVICE=talk.url, KEY=talk.key)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_the_program_enrols_somebody(enrolled: list[str]) -> None:
    assert "enrollment_progress" in enrolled[0]
    assert "enrollment_complete" in enrolled[-1]
    assert "'liveness_verified': True" in enrolled[-1]


@pytest.mark.system
def test_the_lines_for_the_browsers_console_recognise_them(talk: Talk, enrolled, parts, launch, as_camera, reports: Path) -> None:
    assert "fk_…" in parts["js"]
    with launch(*as_camera) as browser:
        context = browser.new_context(viewport={"width": 1000, "height": 700}, permissions=["camera"])
        page = context.new_page()
        page.goto(f"{talk.url}/api/docs/")
        page.screenshot(path=reports / "docs.png")
        with page.expect_console_message(lambda message: "authentication_result" in message.text, timeout=90_000) as told:
            page.evaluate(f"async () => {{ {parts['js'].replace('fk_…', talk.key)} }}")
        said = json.loads(told.value.text)
    assert (said["authenticated"], said.get("reason"), said["user_id"]) == (True, None, "ada")
