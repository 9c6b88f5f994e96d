"""What every FrameSource keeps, whichever it is: one suite for replay, demo, and cameras: real where there are any, else
around doubles of their drivers, or on GStreamer's own pictures.
"""

import gc
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from camera.controls import Area
from camera.discover import video_devices
from camera.frame import boot_time
from camera.open import open_source
from camera.settings import CameraSettings
from camera.source import CameraError, FrameSource
from camera.sources.argus import ArgusSource
from camera.sources.picamera import PicameraSource
from camera.sources.v4l2 import V4L2Source
from tests.camera.fake_picamera2 import FakeLibrary

NOISE = np.random.default_rng(1).integers(0, 255, (20, 120, 160, 3), np.uint8)
SOURCES = [
    "replay-video",
    "replay-photos",
    "demo",
    "picamera2-double",
    "v4l2-double",
    pytest.param("argus-test-pictures", marks=pytest.mark.system),
    pytest.param("argus-file", marks=pytest.mark.system),
    *(["v4l2"] if video_devices() else []),
]


class EndlessDriver:
    """What cv2.VideoCapture does with a camera of 50 frames a second."""

    def __init__(self) -> None:
        self.frames = itertools.cycle(NOISE)
        self.asked: dict[int, float] = {}

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def set(self, prop: int, value: float) -> bool:
        self.asked[prop] = value
        return True

    def get(self, prop: int) -> float:
        return self.asked.get(prop, time.monotonic() * 1000)

    def grab(self) -> bool:
        time.sleep(0.02)
        return True

    def retrieve(self) -> tuple[bool, Any]:
        return True, next(self.frames).copy()

    def release(self) -> None:
        pass


def clip(path: Path, frames: int = 20) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 24.0, (160, 120))
    for number in range(frames):
        writer.write(NOISE[number % len(NOISE)])
    writer.release()
    return path


@pytest.fixture(params=SOURCES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opener(kind: str, tmp_path: Path) -> Callable[[], FrameSource]:
    """Opens a new source of the kind."""
    small = CameraSettings(width=160, height=120)
    match kind:
        case "replay-video":
            path = clip(tmp_path / "clip.avi")
            return lambda: open_source(CameraSettings(source="replay", path=str(path)))
        case "replay-photos":
            for number, image in enumerate(NOISE):
                cv2.imwrite(str(tmp_path / f"{number:02}.png"), image)
            return lambda: open_source(CameraSettings(source="replay", path=str(tmp_path)))
        case "picamera2-double":
            return lambda: PicameraSource(small, FakeLibrary())
        case "v4l2-double":
            return lambda: V4L2Source(Path("/dev/video.none"), small, lambda _: EndlessDriver())
        case "argus-test-pictures":
            head = "videotestsrc is-live=true ! video/x-raw,width=162,height=120,framerate=30/1"
            return lambda: ArgusSource(small, head)
        case "argus-file":
            path = clip(tmp_path / "clip.avi", 480)
            return lambda: ArgusSource(small, f"filesrc location={path} ! avidemux ! jpegdec ! identity sync=true")
        case _:
            return lambda: open_source(CameraSettings(source=kind))


def test_frames_are_numbered_timed_and_bgr(opener):
    started = boot_time()
    with opener() as source:
        frames = [source.read() for _ in range(8)]
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.ndim == 3
        assert frame.image.shape[2] == 3
        assert frame.image.shape == frames[0].image.shape
    assert frames[0].seq >= 1
    for earlier, later in itertools.pairwise(frames):
        assert later.seq > earlier.seq
        assert later.time > earlier.time
    assert started - 1 < frames[0].time
    assert frames[-1].time <= boot_time()


def test_a_frame_is_not_written_to_after_it_was_handed_out(opener):
    with opener() as source:
        frame = source.read()
        before = frame.image.copy()
        for _ in range(3):
            source.read()
    assert np.array_equal(frame.image, before)


def test_closing_twice_is_harmless_and_ends_reading(opener):
    source = opener()
    source.read()
    source.close()
    source.close()
    with pytest.raises(CameraError):
        source.read()


def test_closing_from_another_thread_ends_a_read(opener):
    source = opener()
    threading.Timer(0.1, source.close).start()
    with pytest.raises(CameraError):  # noqa: PT012  # which of the reads is cut short is not known
        while True:
            source.read()


def test_the_context_closes(opener):
    with opener() as source:
        assert source.read().seq >= 1
    with pytest.raises(CameraError):
        source.read()


def test_it_says_what_it_is(kind, opener):
    with opener() as source:
        assert source.name.split(":")[0] == kind.split("-")[0]
        assert source.name.isprintable()
        # A device nothing is known of, files, and made-up pictures are not live.
        assert source.live is (kind == "picamera2-double") or kind == "v4l2"


def test_any_instruction_may_be_given(opener):
    with opener() as source:
        for instruction in ("blink", "turn_left", "more_light", "no such instruction"):
            source.instruct(instruction)
        assert source.read().seq >= 1


def test_controls_are_wishes_that_may_come_from_another_thread(opener):
    with opener() as source:
        source.read()
        wishes = [
            lambda: source.controls.meter(Area(0.4, 0.3, 0.2, 0.3), 60.0),
            lambda: source.controls.meter(None, None),
            lambda: source.controls.rate(10.0),
            lambda: source.controls.watch(on=True),
            lambda: source.controls.exposure(),
        ]
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda wish: wish(), wishes))
        frame = source.read()
        assert frame.view is None or frame.view.shape == frame.image.shape


def test_nothing_stays_open(opener):
    def held() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def used() -> None:
        with opener() as source:
            source.read()

    used()
    before = held()
    for _ in range(3):
        used()
    gc.collect()
    assert held() <= before
