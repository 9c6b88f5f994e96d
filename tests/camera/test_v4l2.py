import errno
import os
import struct
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.controls import Area
from camera.frame import boot_time
from camera.settings import CameraSettings
from camera.source import CameraAbsent, CameraBusy, CameraError, CameraFailed
from camera.sources import v4l2_controls
from camera.sources.v4l2 import V4L2Source, capture_time, to_bgr
from camera.sources.v4l2_controls import V4L2Controls
from camera.sources.v4l2_probe import BUF_TYPE_VIDEO_CAPTURE, CAP_DEVICE_CAPS, QUERYCAP, REQBUFS, check_device

NULL = Path("/dev/null")
"""A character device that is there and is no camera: what the kernel really answers about it is part of the test."""

SETTINGS = CameraSettings(capture_timeout_s=0.3)


class FakeDriver:
    """What cv2.VideoCapture does, by a script: pictures, None for a torn frame, and what then happens at the end."""

    def __init__(self, *pictures, at_end="ends", opened=True, takes=None):
        self.takes = takes
        self.pictures = list(pictures)
        self.at_end = at_end
        self.opened = opened
        self.asked = {}
        self.released = threading.Event()
        self.unblock = threading.Event()
        self.read_more = threading.Event()

    def isOpened(self):  # noqa: N802
        return self.opened

    def set(self, prop, value):
        self.asked[prop] = value
        return True

    def get(self, prop):
        if prop == cv2.CAP_PROP_FOURCC:
            return self.asked[prop] if self.takes is None else cv2.VideoWriter.fourcc(*self.takes)
        assert prop == cv2.CAP_PROP_POS_MSEC
        return (time.monotonic() - 0.05) * 1000

    def grab(self):
        if self.pictures:
            return True
        if self.at_end == "blocks":
            self.unblock.wait(10)
        if self.at_end == "breaks":
            raise cv2.error("VIDIOC_DQBUF: No such device")
        return False

    def retrieve(self):
        picture = self.pictures.pop(0)
        return picture is not None, picture

    def release(self):
        self.released.set()


def opened(driver, settings=SETTINGS):
    return V4L2Source(Path("/dev/video99"), settings, opener=lambda _: driver)


def kernel(capabilities=1, device_capabilities=None, busy=False):
    """An ioctl as the kernel answers it for one device."""

    def ioctl(_handle, request, argument):
        if request == QUERYCAP:
            whole = capabilities | (0 if device_capabilities is None else CAP_DEVICE_CAPS)
            struct.pack_into("=II", argument, 84, whole, device_capabilities or 0)
        elif request == REQBUFS:
            assert struct.unpack_from("=5I", argument)[1] == BUF_TYPE_VIDEO_CAPTURE
            if busy:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    return ioctl


def test_no_such_device_is_absent():
    with pytest.raises(CameraAbsent, match=r"no camera at /dev/video\.none"):
        V4L2Source(Path("/dev/video.none"), SETTINGS)


def test_a_plain_file_is_no_device(tmp_path):
    (tmp_path / "clip.mp4").write_text("x")
    with pytest.raises(CameraAbsent, match=r"is no device.*source = replay"):
        V4L2Source(tmp_path / "clip.mp4", SETTINGS)


def test_a_device_that_is_no_camera_is_absent():
    with pytest.raises(CameraAbsent, match="no V4L2 camera that captures"):
        V4L2Source(NULL, SETTINGS)


def test_the_kernels_answers_are_told_apart():
    check_device(NULL, kernel())
    check_device(NULL, kernel(capabilities=1, device_capabilities=1))
    with pytest.raises(CameraAbsent, match="captures"):
        check_device(NULL, kernel(capabilities=1, device_capabilities=0x00800000))
    with pytest.raises(CameraBusy, match="another program uses the camera /dev/null"):
        check_device(NULL, kernel(busy=True))


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.EACCES, CameraFailed, "group `video`"),
        (errno.ENODEV, CameraAbsent, "there is no camera at"),
        (errno.EIO, CameraFailed, "Input/output error"),
    ],
)
def test_errors_of_the_device_are_explained(number, kind, words):
    def ioctl(*_):
        raise OSError(number, os.strerror(number))

    with pytest.raises(kind, match=words):
        check_device(NULL, ioctl)


def test_a_driver_that_does_not_map_memory_is_left_to_opencv():
    def ioctl(handle, request, argument):
        if request == REQBUFS:
            raise OSError(errno.EINVAL, "")
        kernel()(handle, request, argument)

    check_device(NULL, ioctl)


def test_size_format_and_rate_are_asked_for():
    driver = FakeDriver(at_end="ends")
    with opened(driver, CameraSettings(width=1280, height=720, fps=30, rotate=90)):
        pass
    assert driver.asked[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"MJPG")
    assert (driver.asked[cv2.CAP_PROP_FRAME_WIDTH], driver.asked[cv2.CAP_PROP_FRAME_HEIGHT]) == (720, 1280)
    assert driver.asked[cv2.CAP_PROP_FPS] == 30
    assert driver.released.is_set()


@pytest.mark.parametrize(("takes", "agreed"), [(None, "MJPG"), ("YUYV", "YUYV"), ("GREY", "GREY"), ("BGR3", "BGR3")])
def test_the_pixel_format_is_the_first_that_the_camera_takes(takes, agreed):
    driver = FakeDriver(takes=takes)
    with opened(driver) as source:
        assert source.pixel_format == agreed


def test_the_newest_frame_upright_then_the_failure():
    picture = np.zeros((40, 60), np.uint8)
    driver = FakeDriver(None, picture, at_end="ends")
    with opened(driver, CameraSettings(rotate=270)) as source:
        frame = source.read()
        assert (frame.seq, frame.image.shape) == (2, (60, 40, 3))
        assert frame.time < boot_time() - 0.04
        with pytest.raises(CameraFailed, match="unplugged"):
            source.read()


def test_a_driver_that_blocks_ends_in_the_time_out():
    driver = FakeDriver(np.zeros((40, 60), np.uint8), at_end="blocks")
    source = opened(driver)
    source.read()
    started = time.monotonic()
    with pytest.raises(CameraFailed, match=r"no frame for 0\.3 s"):
        source.read()
    assert 0.25 < time.monotonic() - started < 5
    driver.unblock.set()
    source.close()
    source.close()
    assert driver.released.wait(5)
    with pytest.raises(CameraError):
        source.read()


def test_a_driver_that_breaks_says_so():
    with opened(FakeDriver(at_end="breaks")) as source, pytest.raises(CameraError):
        source.read()


def test_a_driver_that_does_not_open_is_released():
    driver = FakeDriver(opened=False)
    with pytest.raises(CameraFailed, match="cannot be opened"):
        opened(driver)
    assert driver.released.is_set()


def test_a_device_nothing_is_known_of_is_not_live():
    with opened(FakeDriver()) as source:
        assert source.live is False


def test_a_time_stamp_of_another_clock_is_not_believed():
    class Elsewhere(FakeDriver):
        def get(self, _):
            return time.time() * 1000

    assert capture_time(Elsewhere()) == pytest.approx(boot_time(), abs=0.05)


def test_colour_is_left_as_it_is():
    picture = np.random.default_rng(1).integers(0, 255, (4, 4, 3), np.uint8)
    assert to_bgr(picture) is picture


class FakeControls:
    """The kernel's answers about the controls of one camera."""

    def __init__(self, ranges):
        self.ranges = ranges
        self.values = {control: limits[2] for control, limits in self.ranges.items()}

    def __call__(self, _handle, request, content):
        control = struct.unpack_from("=I", content)[0]
        if control not in self.ranges:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        match request:
            case v4l2_controls.QUERYCTRL:
                assert len(content) == 68
                lowest, highest, usual = self.ranges[control]
                struct.pack_into("=iiiiI", content, 40, lowest, highest, 1, usual, 0)
            case v4l2_controls.G_CTRL:
                struct.pack_into("=i", content, 4, self.values[control])
            case v4l2_controls.S_CTRL:
                self.values[control] = struct.unpack_from("=i", content, 4)[0]


def test_exposure_follows_the_face_by_the_first_control_there_is():
    now = [10.0]
    bias, brightness = v4l2_controls.EXPOSURE_BIAS, v4l2_controls.BRIGHTNESS
    kernel = FakeControls({bias: (0, 8, 4), brightness: (-64, 64, 0), v4l2_controls.EXPOSURE_TIME: (1, 500, 83)})
    controls = V4L2Controls(NULL, 24.0, kernel, lambda: now[0])
    controls.meter(Area(0, 0, 1, 1), 30.0)
    assert kernel.values[bias] == 5
    now[0] += 1
    controls.meter(Area(0, 0, 1, 1), 250.0)
    now[0] += 1
    controls.meter(Area(0, 0, 1, 1), 250.0)
    assert kernel.values[bias] == 3
    assert kernel.values[brightness] == 0
    assert controls.exposure().time_us == 8300
    assert controls.exposure().gain is None
    controls.close()
    assert kernel.values[bias] == 4


def test_a_camera_without_controls_is_left_as_it_is():
    controls = V4L2Controls(NULL, 24.0, FakeControls({}))
    controls.meter(Area(0, 0, 1, 1), 10.0)
    controls.rate(5)
    assert controls.exposure().time_us is None
    controls.close()
    controls.close()


def test_at_a_lower_rate_less_is_decoded():
    class Steady(FakeDriver):
        decoded = 0

        def grab(self):
            time.sleep(0.01)
            return True

        def retrieve(self):
            self.decoded += 1
            return True, np.zeros((4, 4, 3), np.uint8)

    driver = Steady()
    with opened(driver) as source:
        source.controls.rate(10)
        source.read()
        before = driver.decoded
        numbers = [source.read().seq for _ in range(3)]
        assert driver.decoded - before <= 4
        assert numbers[-1] - numbers[0] >= 8
        source.controls.rate(24)
        assert source.controls.apart == 0
