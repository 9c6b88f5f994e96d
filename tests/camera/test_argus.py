"""The Jetson's source. What needs GStreamer is a system test, on its own test pictures and files; the rest needs nothing."""

import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from camera.controls import Area
from camera.frame import boot_time
from camera.settings import CameraSettings
from camera.source import CameraAbsent, CameraFailed
from camera.sources.argus import ArgusControls, ArgusSource, argus_head

SETTINGS = CameraSettings(source="argus", width=320, height=240, fps=29.97, capture_timeout_s=0.6)
LIVE = "videotestsrc is-live=true pattern={pattern} ! video/x-raw,width={width},height=240,framerate=30/1"


def test_the_head_is_the_jetsons_camera():
    head = argus_head(SETTINGS.model_copy(update={"device": "1", "rotate": 90}))
    assert head == (
        "nvarguscamerasrc name=source sensor-id=1 ! "
        "video/x-raw(memory:NVMM),width=240,height=320,framerate=29970/1000 ! nvvidconv ! video/x-raw,format=BGRx"
    ).replace("29970/1000", "2997/100")
    with pytest.raises(CameraAbsent, match="by its number"):
        argus_head(SETTINGS.model_copy(update={"device": "/dev/video0"}))


def test_the_exposure_follows_the_face():
    asked = {}
    element = SimpleNamespace(find_property=lambda name: name == "exposurecompensation", set_property=asked.__setitem__)
    now = [10.0]
    controls = ArgusControls(element, lambda: now[0])
    controls.meter(Area(0, 0, 1, 1), 40.0)
    assert asked == {"exposurecompensation": 0.5}
    assert controls.exposure().compensation == 0.5
    ArgusControls(None, lambda: 0.0).meter(Area(0, 0, 1, 1), 40.0)


@pytest.mark.system
def test_a_machine_that_is_no_jetson_says_so():
    with pytest.raises(CameraAbsent, match=r"nvarguscamerasrc.*is this a Jetson"):
        ArgusSource(SETTINGS)


@pytest.mark.system
@pytest.mark.parametrize("width", [320, 322])
def test_colours_are_in_opencvs_order_whatever_the_rows_are_padded_to(width):
    with ArgusSource(SETTINGS, LIVE.format(pattern="red", width=width)) as source:
        frame = source.read()
    assert frame.image.shape == (240, width, 3)
    assert frame.image[120, 100].tolist() == pytest.approx([0, 0, 255], abs=6)
    assert frame.image[239, width - 1].tolist() == pytest.approx([0, 0, 255], abs=6)


CONFINED = """
import ctypes, mmap
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1  # linux/prctl.h: what MemoryDenyWriteExecute= asks for
if ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0):
    print("no kernel for it")
    raise SystemExit
try:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
except PermissionError:
    print("confined")
from camera.settings import CameraSettings
from camera.sources.argus import ArgusSource
from camera.system_packages import system_module
head = "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240"
with ArgusSource(CameraSettings(source="argus", width=320, height=240), head) as source:
    print(source.read().image.shape)
glib, called = system_module("gi.repository.GLib", "python3-gi"), []
glib.idle_add(called.append, "called back")
glib.MainContext.default().iteration(True)
print(*called)
"""


@pytest.mark.system
def test_it_works_where_no_memory_may_be_written_and_executed(root):
    done = subprocess.run([sys.executable, "-c", CONFINED], cwd=root, capture_output=True, text=True, timeout=30)
    if done.stdout == "no kernel for it\n":
        pytest.skip("needs Linux 6.3")
    assert (done.stdout.splitlines(), done.returncode) == (["confined", "(240, 320, 3)", "called back"], 0), done.stderr


@pytest.mark.system
def test_it_is_turned_and_mirrored():
    settings = SETTINGS.model_copy(update={"rotate": 90, "mirror": True})
    with (
        ArgusSource(SETTINGS, LIVE.format(pattern="smpte", width=320)) as plain,
        ArgusSource(settings, LIVE.format(pattern="smpte", width=320)) as turned,
    ):
        assert np.array_equal(np.rot90(plain.read().image, -1)[100, ::-1], turned.read().image[100])


@pytest.mark.system
def test_times_are_of_the_capture_and_in_step():
    with ArgusSource(SETTINGS, LIVE.format(pattern="black", width=320)) as source:
        times = [source.read().time for _ in range(20)]
        assert 0 <= boot_time() - times[-1] < 0.2
    assert np.diff(times).mean() == pytest.approx(1 / 30, abs=0.01)


@pytest.mark.system
def test_a_camera_that_is_silent_ends_in_the_time_out():
    began = time.monotonic()
    head = "appsrc is-live=true format=time caps=video/x-raw,format=BGR,width=320,height=240,framerate=30/1"
    with ArgusSource(SETTINGS, head) as source, pytest.raises(CameraFailed, match=r"no frame for 2\.4 s"):
        source.read()
    assert time.monotonic() - began < 4


@pytest.mark.system
def test_an_end_and_an_error_are_failures_that_say_why(tmp_path):
    short = "videotestsrc num-buffers=2 ! video/x-raw,width=320,height=240"
    with ArgusSource(SETTINGS, short) as source, pytest.raises(CameraFailed, match="stopped delivering"):  # noqa: PT012
        for _ in range(4):  # which of them ends is not known
            source.read()
    (tmp_path / "broken.avi").write_bytes(b"no film")
    with pytest.raises(CameraFailed, match="argus:0: "):
        ArgusSource(SETTINGS, f"filesrc location={tmp_path}/broken.avi ! avidemux ! jpegdec").read()


@pytest.mark.system
def test_what_is_locked_is_not_replaced_by_the_systems():
    script = (
        "from camera.sources.argus import gstreamer; import numpy, sys; gstreamer(); import PIL;"
        "assert 'dist-packages' not in numpy.__file__ + PIL.__file__; import gi; assert 'dist-packages' in gi.__file__"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
