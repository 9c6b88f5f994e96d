"""Changing the model of a device that has somebody enrolled, with the real kiosk, a real clip and two real networks.

Where only one embedding network is shipped, a second folder has it once more, under another id and calibrated more strictly.
"""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

from device.config import parse_config
from inference import catalogue
from inference.manifest import default_manifest
from inference.settings import VisionSettings

pytestmark = pytest.mark.timeout(240)

CLIP = "live_blinks_portrait.mp4"
GRANTED = r"^granted +user ann "
USER = "ann"


def second_folder(folder: Path) -> Path:
    """A folder of models with the shipped network under another id."""
    (model,) = (model for _, model in catalogue.embeddings(VisionSettings()).values())
    other = folder / "other"
    other.mkdir(parents=True)
    (other / model.file).symlink_to(model.path)
    text = default_manifest().read_text(encoding="utf-8").replace(f'"{model.id}"', '"another-model"', 1)
    exponent = f"tail_exponent = {model.calibration.tail_exponent}"
    assert exponent in text
    text = text.replace(exponent, f"tail_exponent = {model.calibration.tail_exponent * 0.9}")
    (other / "manifest.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def models(device: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The former model of the device and the one it moves to."""
    if len(catalogue.embeddings(VisionSettings())) < 2:
        folder = second_folder(tmp_path_factory.mktemp("models"))
        text = device.read_text(encoding="utf-8")
        device.write_text(text.replace("\n[vision]\n", f'\n[vision]\nmodels = "{folder}"\n', 1), encoding="utf-8")
    known = list(catalogue.embeddings(parse_config(device.read_text(encoding="utf-8"), device).vision))
    return known[1], known[0]


@pytest.fixture
def photos(clips: Path, tmp_path: Path) -> list[str]:
    """Frames of the clip's second half: whom it shows, but not the frames by which the visit is judged."""
    video, files = cv2.VideoCapture(str(clips / CLIP)), []
    for n in range(int(video.get(cv2.CAP_PROP_FRAME_COUNT))):
        read, image = video.read()
        if read and n >= 240 and n % 60 == 0:
            files.append(str(tmp_path / f"{n:05}.png"))
            cv2.imwrite(files[-1], image)
    video.release()
    return files[:5]


@pytest.fixture
def ask(device: Path, ctl: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[..., Any]:
    def ask(*arguments: str) -> Any:
        done = ctl(*arguments, "--json", "--config", str(device))
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return ask


def test_somebody_enrolled_with_the_one_model_moves_to_the_other_in_a_visit(
    device: Path, start, clips: Path, models, photos, ask
) -> None:
    old, new = models
    if ask("status")["model_id"] != old:
        ask("model", "use", old)
    ask("enroll", USER, *photos)
    chosen = ask("model", "use", new, "--transition", "30d")
    assert (chosen["former_id"], chosen["enroll_again"]) == (old, [USER])
    status = ask("status")
    assert (status["enroll_again"], status["other_models"]) == ([USER], 0)
    assert 29.9 < status["transition_days_left"] <= 30
    assert [person["enroll_again"] for person in ask("user", "list")["people"]] == [True]

    visit = start("device.app", "--config", str(device), "--camera", str(clips / CLIP))
    visit.wait_for(GRANTED, 90)
    deadline = time.monotonic() + 20
    while len(enrollments := ask("user", "show", USER)["enrollments"]) < 2:
        assert time.monotonic() < deadline
    assert {each["model_id"] for each in enrollments} == {old, new}
    assert visit.stop() == 0

    moved = [each for each in enrollments if each["model_id"] == new]
    assert {(each["origin"], each["door"], each["liveness_verified"]) for each in moved} == {("transition", "confirmed", True)}
    assert ask("status")["enroll_again"] == []

    assert ask("model", "use", new)["enroll_again"] == []
    assert ask("status")["former_model_id"] == ""
    after = start("device.app", "--config", str(device), "--camera", str(clips / CLIP))
    after.wait_for(GRANTED, 90)
    assert after.stop() == 0


def test_without_a_transition_nobody_is_compared_with_the_other_models_templates(
    device: Path, start, clips: Path, models, photos, ask
) -> None:
    old, new = models
    for person in ask("user", "list")["people"]:
        ask("user", "erase", person["user_id"], "--yes")
    if ask("status")["model_id"] != old:
        ask("model", "use", old)
    ask("enroll", USER, *photos)
    assert ask("model", "use", new)["enroll_again"] == [USER]
    assert ask("user", "list")["people"][0]["door"] is False
    visit = start("device.app", "--config", str(device), "--camera", str(clips / CLIP))
    visit.wait_for(r"^refused .*no_match", 90)
    assert visit.stop() == 0
    assert not any(line.startswith("granted") for line in visit.lines)
