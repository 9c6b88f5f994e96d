"""What every FrameSource keeps, whichever it is: one suite for replay, demo and, where there is one, a real camera."""

import itertools
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.discover import video_devices
from camera.frame import boot_time
from camera.open import open_source
from camera.settings import CameraSettings
from camera.source import CameraError

SOURCES = ["replay-video", "replay-photos", "demo", *(["v4l2"] if video_devices() else [])]


@pytest.fixture(params=SOURCES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> CameraSettings:
    noise = np.random.default_rng(1).integers(0, 255, (20, 120, 160, 3), np.uint8)
    match request.param:
        case "replay-video":
            path = tmp_path / "clip.avi"
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 24.0, (160, 120))
            for image in noise:
                writer.write(image)
            writer.release()
            return CameraSettings(source="replay", path=str(path))
        case "replay-photos":
            for number, image in enumerate(noise):
                cv2.imwrite(str(tmp_path / f"{number:02}.png"), image)
            return CameraSettings(source="replay", path=str(tmp_path))
        case "demo":
            return CameraSettings(source="demo")
        case _:
            return CameraSettings(source="v4l2")


def test_frames_are_numbered_timed_and_bgr(settings):
    started = boot_time()
    with open_source(settings) as source:
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


def test_a_frame_is_not_written_to_after_it_was_handed_out(settings):
    with open_source(settings) as source:
        frame = source.read()
        before = frame.image.copy()
        for _ in range(3):
            source.read()
    assert np.array_equal(frame.image, before)


def test_closing_twice_is_harmless_and_ends_reading(settings):
    source = open_source(settings)
    source.read()
    source.close()
    source.close()
    with pytest.raises(CameraError):
        source.read()


def test_closing_from_another_thread_ends_a_read(settings):
    source = open_source(settings)
    threading.Timer(0.1, source.close).start()
    with pytest.raises(CameraError):  # noqa: PT012  # which of the reads is cut short is not known
        while True:
            source.read()


def test_the_context_closes(settings):
    with open_source(settings) as source:
        assert source.read().seq >= 1
    with pytest.raises(CameraError):
        source.read()


def test_it_says_what_it_is(settings):
    with open_source(settings) as source:
        assert source.name.split(":")[0] == settings.source
        assert source.live in ((True, False) if settings.source == "v4l2" else (False,))


def test_any_instruction_may_be_given(settings):
    with open_source(settings) as source:
        for instruction in ("blink", "turn_left", "more_light", "no such instruction"):
            source.instruct(instruction)
        assert source.read().seq >= 1
