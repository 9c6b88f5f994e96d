"""Which ends of a vision count as early: its loop with a duty that hangs, ends or goes on, and a real control socket."""

import asyncio
import os
import signal
import threading

import pytest

from camera.source import CameraEnded
from inference import restraint
from inference.channel import Ended, Hello, Waiting, read_from_control
from inference.restraint import Restraint
from inference.vision import DONE, serve
from tests.inference.vision_process import Control


class Duty:
    """Work that goes as told."""

    captured = dropped = 0
    idle = True
    at_work = None

    def __init__(self, manner):
        self.manner = manner
        self.stopped = threading.Event()

    def open(self):
        if self.manner == "hangs in its start":
            self.stopped.wait()
        return Hello("camera", "model", "demo", live=False)

    async def work(self, outlet, worker):
        if self.manner == "is over":
            raise CameraEnded("the clip is over")
        while await read_from_control(outlet.reader) is not None:
            pass

    def stop(self):
        self.stopped.set()

    def close(self):
        pass


@pytest.fixture
async def life(tmp_path):
    """A vision after five early ends: `life(manner, until, then)` does `then` when control has heard `until`; the count after."""
    control, path = Control(), tmp_path / "s"
    server = await asyncio.start_unix_server(control.serve, path)
    (tmp_path / "crashes").write_text("5")

    async def live(manner, until, then=lambda control: None):
        running = asyncio.ensure_future(serve(Duty(manner), path, Restraint(tmp_path / "crashes", first_s=0.001)))
        await control.until(until)
        then(control)
        assert await asyncio.wait_for(running, 10) == DONE
        return Restraint(tmp_path / "crashes").begin()

    yield live
    server.close()


def told_to_stop(control):
    os.kill(os.getpid(), signal.SIGTERM)


def hung_up_on(control):
    control.writer.transport.abort()


@pytest.mark.parametrize(
    ("manner", "until", "then", "counted"),
    [
        ("works", Hello, hung_up_on, 6),
        ("works", Hello, told_to_stop, 0),
        ("is over", Ended, lambda control: None, 0),
    ],
)
async def test_an_end_is_early_unless_it_was_in_order(life, manner, until, then, counted):
    assert await life(manner, until, then) == counted


async def test_a_life_is_steady_by_the_time_since_it_was_ready(life, monkeypatch):
    monkeypatch.setattr(restraint, "STEADY_S", 0.05)

    def once_steady(control):
        asyncio.get_running_loop().call_later(0.2, hung_up_on, control)

    assert await life("works", Hello, once_steady) == 0


async def test_a_start_that_takes_too_long_is_early_and_never_steady(life, monkeypatch):
    monkeypatch.setattr(restraint, "STEADY_S", 0.05)

    def after_long(control):
        asyncio.get_running_loop().call_later(0.2, told_to_stop, control)

    assert await life("hangs in its start", Waiting, after_long) == 6
