import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from camera.controls import Area
from camera.frame import boot_time
from camera.settings import CameraSettings
from camera.source import CameraAbsent, CameraBusy, CameraError, CameraFailed
from camera.sources.picamera import PicameraSource
from camera.system_packages import system_module
from scripts import picamera2_api
from tests.camera.fake_picamera2 import FakeLibrary, pattern

SETTINGS = CameraSettings(source="picamera2", width=320, height=240, capture_timeout_s=0.4)


def opened(**changes):
    library = FakeLibrary()
    return library, PicameraSource(SETTINGS.model_copy(update=changes), library)


def test_the_double_has_the_signatures_of_the_record():
    source = Path(__file__).with_name("fake_picamera2.py").read_text()
    record = json.loads(picamera2_api.RECORD.read_text())
    for name, (_, methods) in picamera2_api.USED.items():
        assert picamera2_api.signatures(source, name, methods) == record[name]


@pytest.mark.system
def test_the_record_is_what_the_real_package_says(tmp_path):
    assert picamera2_api.downloaded(tmp_path) == json.loads(picamera2_api.RECORD.read_text())


def test_a_method_that_went_or_changed_is_seen():
    with pytest.raises(LookupError, match="has no wait"):
        picamera2_api.signatures("class Picamera2:\n def stop(self): pass", "Picamera2", ("stop", "wait"))
    assert picamera2_api.signatures("class A:\n def f(self, x=2): pass", "A", ("f",)) == {"f": "(self, x=2)"}


def test_streams_limits_and_buffers_are_asked_for():
    library, source = opened(fps=25)
    with source:
        config = library.camera.config
        assert config["lores"] == {"format": "YUV420", "size": (320, 240)}
        assert config["main"] == {"format": "RGB888", "size": (320, 240)}
        assert config["controls"]["FrameDurationLimits"] == (40_000, 100_000)
        assert library.camera.set == [{"AfMode": 2}]
        source.controls.rate(5)
        assert library.camera.set[-1] == {"FrameDurationLimits": (200_000, 200_000)}
        source.controls.rate(8, resting=True)
        assert library.camera.set[-1] == {"FrameDurationLimits": (200_000, 200_000)}
        source.controls.rate(60)
        assert library.camera.set[-1] == {"FrameDurationLimits": (40_000, 100_000)}
    assert library.camera.closed == 1


def test_at_rest_the_camera_goes_on_and_frames_between_are_given_back_uncopied():
    library, source = opened()
    with source:
        usual = [source.read().seq for _ in range(3)]
        source.controls.rate(8, resting=True)
        resting = [source.read() for _ in range(3)]
        assert np.diff(usual).tolist() == [1, 1]
        assert min(np.diff([frame.seq for frame in resting])) > 1
        assert min(np.diff([frame.time for frame in resting])) >= 0.9 / 8
        assert library.camera.set == [{"AfMode": 2}]
        assert library.camera.out == 0
        source.controls.rate(25)
        assert source.read().seq == resting[-1].seq + 1


def test_the_picture_is_lores_in_opencvs_order_without_padding():
    _, source = opened()
    with source:
        frame = source.read()
        assert frame.image.shape == (240, 320, 3)
        assert np.abs(frame.image.astype(int) - pattern(320, 240, 1)).mean() < 6
        assert frame.image[100, 50, 0] > 150 > 60 > frame.image[100, 50, 2]
        assert frame.view is None
        source.controls.watch(on=True)
        view = source.read().view
        assert np.array_equal(view, pattern(320, 240, 2))


@pytest.mark.parametrize(
    ("rotate", "mirror", "place"),
    [(90, False, (20, 120)), (180, True, (120, 20)), (180, False, (120, 300)), (270, True, (300, 120)), (0, True, (120, 300))],
)
def test_it_is_turned_upright(rotate, mirror, place):
    _, source = opened(rotate=rotate, mirror=mirror, width=240 if rotate % 180 else 320, height=320 if rotate % 180 else 240)
    with source:
        image = source.read().image
    assert image.shape == ((320, 240, 3) if rotate % 180 else (240, 320, 3))
    blue = image[place]
    assert blue[0] > 150 > blue[2]


def test_buffers_go_back_and_times_are_the_sensors():
    library, source = opened()
    with source:
        for _ in range(10):
            frame = source.read()
            assert 0.015 < boot_time() - frame.time < 0.5
        assert library.camera.out == 0
        library.camera.clock_error = -(10**12)
        assert source.read().time == pytest.approx(boot_time(), abs=0.1)


def test_a_camera_that_is_silent_ends_in_the_time_out_which_is_longer_for_the_first_frame():
    library, source = opened(capture_timeout_s=0.1)
    library.camera.silent.set()
    began = time.monotonic()
    with source, pytest.raises(CameraFailed, match=r"no frame for 0\.4 s; check its ribbon cable"):
        source.read()
    assert time.monotonic() - began < 2


def test_closing_ends_a_read_that_waits():
    library, source = opened(capture_timeout_s=30)
    library.camera.silent.set()
    threading.Timer(0.1, source.close).start()
    with pytest.raises(CameraError, match="is closed"):
        source.read()


def test_exposure_and_focus_follow_the_face():
    library, source = opened(mirror=True)
    with source:
        source.read()
        source.controls.meter(Area(0.5, 0.4, 0.2, 0.2), 40.0)
        asked = library.camera.set[1:]
        assert {"ExposureValue": 0.5} in asked
        assert {"AeMeteringMode": 1} in asked
        # Mirrored back, the face is on the sensor's other side.
        assert {"AfMetering": 1, "AfWindows": [(1382, 1037, 922, 518)]} in asked
        count = len(library.camera.set)
        source.controls.meter(Area(0.52, 0.4, 0.2, 0.2), 115.0)
        assert len(library.camera.set) == count
        source.controls.meter(None, None)
        assert library.camera.set[count:] == [{"AeMeteringMode": 0}, {"AfMetering": 0}]
        told = source.controls.exposure()
        assert (told.time_us, told.gain, told.compensation) == (8333, 2.0, 0.5)


@pytest.mark.parametrize(
    ("device", "found", "words"),
    [
        ("", [], "there is no Pi camera 0; there is none"),
        ("2", None, r"no Pi camera 2; there is 0 \(imx708\)"),
        ("usb", None, "by its number"),
    ],
)
def test_a_camera_that_is_not_there_is_absent(device, found, words):
    with pytest.raises(CameraAbsent, match=words):
        PicameraSource(SETTINGS.model_copy(update={"device": device}), FakeLibrary(found=found))


def test_a_camera_in_use_is_busy():
    failure = RuntimeError("Camera __init__ sequence did not complete.")
    failure.__cause__ = RuntimeError("Failed to acquire camera: Device or resource busy")
    with pytest.raises(CameraBusy, match="another program uses the camera picamera2:imx708"):
        PicameraSource(SETTINGS, FakeLibrary(failure))
    with pytest.raises(CameraFailed, match="sensor is broken"):
        PicameraSource(SETTINGS, FakeLibrary(RuntimeError("sensor is broken")))


def test_a_package_the_system_lacks_is_named():
    with pytest.raises(CameraAbsent, match="install the package python3-nowhere"):
        system_module("no_such_module_anywhere", "python3-nowhere")
