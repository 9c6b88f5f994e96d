import json
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera import report
from camera.discover import VideoDevice
from camera.frame import Frame
from camera.sources.v4l2_probe import ENUM_FMT, QUERYCAP, pixel_formats

NULL = Path("/dev/null")


def kernel(formats):
    def ioctl(_handle, request, answer):
        if request == QUERYCAP:
            struct.pack_into("=II", answer, 84, 1, 0)
        elif request == ENUM_FMT:
            number = struct.unpack_from("=I", answer)[0]
            if number >= len(formats):
                raise OSError(22, "Invalid argument")
            answer[44:48] = formats[number].encode()

    return ioctl


def test_pixel_formats_are_those_the_kernel_tells():
    assert pixel_formats(NULL, kernel(["MJPG", "YUYV"])) == (["MJPG", "YUYV"], "")
    assert pixel_formats(NULL) == ([], "")
    formats, problem = pixel_formats(Path("/dev/video.none"))
    assert formats == []
    assert "there is no camera at /dev/video.none" in problem


def test_what_is_found_is_told_with_what_to_configure(monkeypatch):
    devices = [
        VideoDevice(Path("/dev/video0"), Path("/dev/v4l/by-id/usb-cam"), "Cam", virtual=False),
        VideoDevice(Path("/dev/video1"), Path("/dev/video1"), "metadata", virtual=False),
        VideoDevice(Path("/dev/video9"), Path("/dev/video9"), "Loopback", virtual=True),
    ]
    answers = {"video0": (["MJPG"], ""), "video1": ([], ""), "video9": (["YUYV"], "")}
    monkeypatch.setattr(report, "video_devices", lambda: devices)
    monkeypatch.setattr(report, "pixel_formats", lambda node: answers[node.name])
    told = {(each["source"], each["device"]): each["live"] for each in report.found()}
    assert told[("v4l2", "/dev/v4l/by-id/usb-cam")] is True
    assert told[("v4l2", "/dev/video9")] is False
    assert ("v4l2", "/dev/video1") not in told
    assert told[("demo", "")] is False


def test_light_is_measured():
    half = np.zeros((10, 10, 3), np.uint8)
    half[:5] = 255
    assert report.light(Frame(1, 0.0, half)) == {"grey": 127.5, "black": 0.5, "white": 0.5}


def test_a_clip_is_read_to_its_end(make_clip, capsys):
    settings = {"source": "replay", "path": str(make_clip(frames=30)), "pace": "fast"}
    assert report.main(["test", "--settings", json.dumps(settings), "--seconds", "60"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["width"], told["height"], told["frames"], told["lost"]) == (64, 48, 25, 0)
    assert told["fps"] == pytest.approx(24, abs=0.1)
    assert told["live"] is False


def test_a_photo_and_a_clip_that_ends_while_a_camera_would_warm_up_are_told_by_what_they_have(make_clip, tmp_path, capsys):
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.full((48, 64, 3), 200, np.uint8))
    for path, frames in ((photo, 1), (make_clip(frames=3), 3)):
        settings = json.dumps({"source": "replay", "path": str(path), "pace": "fast"})
        assert report.main(["test", "--settings", settings]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["frames"], told["lost"], told["fps"] is None) == (frames, 0, frames == 1)
        taken = tmp_path / f"{frames}.jpg"
        assert report.main(["snapshot", "--settings", settings, "--file", str(taken)]) == 0
        assert cv2.imread(str(taken)).shape == (48, 64, 3)
        capsys.readouterr()


def test_a_picture_is_for_its_owner_alone_and_overwrites_nothing(make_clip, tmp_path, capsys):
    settings = json.dumps({"source": "replay", "path": str(make_clip()), "pace": "fast"})
    file = tmp_path / "aim.png"
    assert report.main(["snapshot", "--settings", settings, "--file", str(file)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert cv2.imread(str(file)).shape == (48, 64, 3)
    assert report.main(["snapshot", "--settings", settings, "--file", str(file)]) == 1
    assert "exists" in capsys.readouterr().err
    assert report.main(["snapshot", "--settings", settings, "--file", str(tmp_path / "aim.txt")]) == 1
    assert ".jpg or .png" in capsys.readouterr().err
