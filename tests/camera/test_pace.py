import threading

import pytest

from camera.pace import Due, Pace


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_fast_shows_every_frame_with_the_time_it_would_have_had():
    clock = Clock()
    pace = Pace(fast=True, period=0.1, clock=clock)
    assert pace.wait(0.0) == (Due.SHOW, 100.0)
    assert pace.wait(7.5) == (Due.SHOW, 107.5)


def test_late_frames_are_skipped_until_one_is_in_time():
    clock = Clock()
    pace = Pace(fast=False, period=0.1, clock=clock)
    assert pace.wait(0.0) == (Due.SHOW, 100.0)
    clock.now = 100.5
    assert pace.wait(0.1)[0] is Due.SKIP
    assert pace.wait(0.3)[0] is Due.SKIP
    assert pace.wait(0.5) == (Due.SHOW, 100.5)


def test_a_reader_that_paused_finds_the_next_frame_not_a_gap():
    clock = Clock()
    pace = Pace(fast=False, period=0.1, clock=clock)
    pace.wait(0.0)
    clock.now = 160.0
    assert pace.wait(0.1) == (Due.SHOW, 160.0)
    clock.now = 160.1
    due, moment = pace.wait(0.2)
    assert due is Due.SHOW
    assert moment == pytest.approx(160.1)


def test_closing_ends_the_wait():
    pace = Pace(fast=False, period=0.1)
    pace.wait(0.0)
    threading.Timer(0.05, pace.close).start()
    assert pace.wait(30.0)[0] is Due.CLOSED
    assert pace.wait(0.0)[0] is Due.CLOSED
    assert pace.closed
