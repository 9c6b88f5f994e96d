"""`kioskctl watch --camera`: a vision of its own, with neither device nor configuration."""

import json
from pathlib import Path

import cv2
import pytest

from camera.sources.demo_portraits import hopper_path

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds of Grace Hopper's portrait, and one without her."""
    portrait = cv2.resize(cv2.imread(str(hopper_path())), (512, 600))
    path = tmp_path / "grace.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 15, (512, 600))
    for number in range(45):
        writer.write(portrait if number < 30 else portrait * 0 + 127)
    writer.release()
    return path


def test_a_clip_is_watched_to_its_end_without_a_device(nowhere, clip: Path) -> None:
    nowhere.file.write_text("")
    answer = nowhere.program("watch", "--camera", str(clip), "--json")
    assert (answer.code, answer.err) == (0, "")
    sights = [json.loads(line) for line in answer.out.splitlines()]
    assert {1, 0} == {each["faces"] for each in sights}
    seen = [each for each in sights if each["track"]]
    assert len(seen) >= 10
    assert {each["track"] for each in seen} == {seen[0]["track"]}
    assert any(each["embedded"] for each in seen)
    assert sights[-1]["condition"] == "no_face_detected"
    assert not (nowhere.file.parent / "data").exists()


def test_words_tell_what_changes(nowhere, clip: Path) -> None:
    nowhere.file.write_text("")
    answer = nowhere.program("watch", "--camera", str(clip))
    assert answer.code == 0
    assert "faces 1  usable" in answer.out
    assert "faces 0  no_face_detected" in answer.out


def test_what_cannot_be_watched_is_told(nowhere, tmp_path: Path) -> None:
    nowhere.file.write_text("")
    assert nowhere("watch", "--camera", str(tmp_path / "absent")).code == 2
    (tmp_path / "text.mp4").write_text("no clip")
    answer = nowhere.program("watch", "--camera", str(tmp_path / "text.mp4"), "--json")
    assert answer.code == 1
    assert answer.document["error"]["code"] == "vision_unavailable"
    assert "text.mp4" in answer.document["error"]["message"]
