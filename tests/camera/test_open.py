from pathlib import Path

import numpy as np
import pytest

from camera.discover import VideoDevice
from camera.frame import Frame
from camera.open import board_camera, first_that_captures, open_capture, open_source
from camera.settings import CameraSettings
from camera.source import CameraAbsent, CameraBusy, CameraEnded, CameraFailed


@pytest.fixture
def no_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a V4L2 device, also where the tests run on one that has some."""
    monkeypatch.setattr("camera.open.video_devices", list)


class OneFrame:
    name = "one frame"
    live = True

    def __init__(self, error=None):
        self.error = error
        self.closed = False

    def read(self):
        if self.error:
            raise self.error
        return Frame(1, 1.0, np.zeros((2, 2, 3), np.uint8))

    def close(self):
        self.closed = True


def device(name):
    return VideoDevice(Path(name), Path(name), name, virtual=False)


def test_the_first_device_that_really_captures_is_used(caplog):
    silent, good = OneFrame(CameraFailed("silent gave no frame")), OneFrame()
    answers = {"busy": CameraBusy("busy is used by another program"), "silent": silent, "good": good}

    def opener(path, _settings):
        answer = answers[path.name]
        if isinstance(answer, Exception):
            raise answer
        return answer

    caplog.set_level("INFO")
    devices = [device("busy"), device("silent"), device("good")]
    assert first_that_captures(devices, CameraSettings(), opener) is good
    assert silent.closed
    assert not good.closed
    assert [record.message for record in caplog.records] == [
        "not used: busy is used by another program",
        "not used: silent gave no frame",
    ]
    assert first_that_captures(devices[:2], CameraSettings(), opener) is None


@pytest.mark.usefixtures("no_camera")
def test_v4l2_without_a_camera_says_what_to_do():
    with pytest.raises(CameraAbsent, match=r"no V4L2 device is there; plug one in"):
        open_source(CameraSettings(source="v4l2"))
    with pytest.raises(CameraAbsent, match="/dev/video77"):
        open_source(CameraSettings(source="v4l2", device="/dev/video77"))


@pytest.mark.usefixtures("no_camera")
def test_auto_without_a_camera_is_the_demo():
    with open_source(CameraSettings()) as source:
        assert source.name == "demo"
        assert source.live is False


@pytest.mark.usefixtures("no_camera")
def test_camera_without_a_camera_is_absent_and_no_demo():
    with pytest.raises(CameraAbsent, match="no camera gives pictures: no V4L2 device is there"):
        open_source(CameraSettings(source="camera"))


def test_a_boards_camera_that_gives_no_frame_is_passed_over():
    dead, good = OneFrame(CameraFailed("no frame; check the ribbon")), OneFrame()
    boards = [(False, lambda settings: pytest.fail("not on this board")), (True, lambda settings: dead)]
    assert board_camera(CameraSettings(source="camera"), boards) is None
    assert dead.closed
    assert board_camera(CameraSettings(source="camera", device="/dev/video3"), [*boards, (True, lambda settings: good)]) is good


def test_replay_needs_a_path():
    with pytest.raises(CameraAbsent, match="replay needs `path`"):
        open_source(CameraSettings(source="replay"))


def test_a_fast_replay_is_captured_without_loss(photos):
    settings = CameraSettings(source="replay", path=str(photos), pace="fast", fps=5)
    with open_capture(settings) as capture:
        assert [capture.take(5).seq for _ in range(5)] == [1, 2, 3, 4, 5]
        with pytest.raises(CameraEnded):
            capture.take(5)
