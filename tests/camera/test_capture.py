import threading
import time

import numpy as np
import pytest

from camera.capture import Capture
from camera.frame import Frame
from camera.source import CameraEnded, CameraError, CameraFailed


class Scripted:
    """A source that hands out what a test puts in: frames, errors, or a wait until it is closed."""

    name = "scripted"
    live = False

    def __init__(self, *steps):
        self.steps = list(steps)
        self.closed = threading.Event()
        self.told = []

    def read(self):
        if not self.steps:
            self.closed.wait(10)
            raise CameraError("scripted is closed")
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, np.ndarray):
            return Frame(99, 99.0, step)
        return Frame(step, float(step), np.zeros((16, 16, 3), np.uint8))

    def instruct(self, instruction):
        self.told.append(instruction)

    def close(self):
        self.closed.set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def wait_for(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_the_newest_frame_is_handed_out_and_the_rest_counted():
    with Capture(Scripted(1, 2, 3)) as capture:
        wait_for(lambda: capture.last_seq == 3 and capture.dropped == 2)
        assert capture.take(1).seq == 3
        with pytest.raises(TimeoutError):
            capture.take(0.01)


def test_lossless_hands_out_every_frame_and_then_the_end():
    with Capture(Scripted(1, 2, 3, CameraEnded("over")), lossless=True) as capture:
        assert [capture.take(1).seq for _ in range(3)] == [1, 2, 3]
        with pytest.raises(CameraEnded):
            capture.take(1)
        assert capture.dropped == 0


def test_the_last_frame_comes_before_the_error():
    with Capture(Scripted(1, CameraFailed("unplugged"))) as capture:
        assert capture.take(1).seq == 1
        for _ in range(2):
            with pytest.raises(CameraFailed, match="unplugged"):
                capture.take(1)


def test_any_other_error_of_a_source_reaches_the_reader():
    with Capture(Scripted(ZeroDivisionError("a bug"))) as capture, pytest.raises(CameraFailed, match="a bug"):
        capture.take(1)


def test_closing_stops_the_thread_and_the_source():
    source = Scripted()
    capture = Capture(source)
    assert capture.source is source
    capture.close()
    capture.close()
    assert source.closed.is_set()
    assert not any(thread.name == "capture" for thread in threading.enumerate())
    with pytest.raises(CameraError):
        capture.take(1)


@pytest.mark.parametrize(
    "garbage",
    [
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((16, 16), np.uint8),
        np.zeros((16, 16, 4), np.uint8),
        np.zeros((16, 16, 3), np.float32),
    ],
    ids=lambda picture: f"{picture.dtype}-{picture.shape}",
)
def test_what_is_no_picture_is_left_out_and_is_no_progress(garbage):
    with Capture(Scripted(garbage, 1, garbage)) as capture:
        assert capture.take(5).seq == 1
        with pytest.raises(TimeoutError):
            capture.take(0.05)
        assert capture.last_seq == 1
