"""`vision@remote` as a process: clients' images judged over a real socket, streams apart, its priority below the camera's."""

import asyncio
import os

import cv2
import numpy as np
import pytest

from inference.channel import (
    Forget,
    Heartbeat,
    Hello,
    Judge,
    Judged,
)
from inference.vision import DONE, NICE
from tests.inference.vision_process import MODEL_ID, niceness, status


@pytest.fixture
async def remote(vision):
    """A running vision@remote, and how to ask it."""
    async with vision("remote", {"vision": {"max_streams": 2}}) as (control, process):
        assert (await control.until(Hello)) == [Hello("remote", MODEL_ID, "clients", live=False)]

        async def ask(number, image, stream="s", time=0.0, track=True):
            control.send(Judge(number, stream, time, image, track))
            async with control.changed, asyncio.timeout(20):
                await control.changed.wait_for(lambda: any(one.request == number for one in control.of(Judged)))
            return next(one for one in control.of(Judged) if one.request == number)

        ask.control, ask.process = control, process
        yield ask


async def test_clients_images_are_judged(remote, portrait_file, portrait):
    picture = portrait_file.read_bytes()
    frames = [await remote(number, picture, time=100 + number / 10) for number in range(4)]
    observations = [frame.observation for frame in frames]
    assert {observation.condition for observation in observations} == {""}
    assert len({observation.track for observation in observations}) == 1
    assert [observation.liveness.frames for observation in observations] == [1, 2, 3, 4]
    assert (observations[0].width, observations[0].height) == (512, 600)

    photos = [(await remote(10 + number, picture, track=False)).observation for number in range(2)]
    assert photos[0].track != photos[1].track
    assert float(photos[0].vector() @ observations[0].vector()) > 0.99

    assert (await remote(20, b"GIF89a...")).error == "unsupported_image"
    assert (await remote(21, picture[:4000])).error == "invalid_frame"
    empty = cv2.imencode(".png", np.zeros((300, 300, 3), np.uint8))[1].tobytes()
    assert (await remote(22, empty)).observation.condition == "no_face_detected"

    beats = await remote.control.until(Heartbeat, 1)
    assert beats[0].captured <= 9
    assert min(niceness(remote.process.pid)) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICE)  # the camera goes first
    remote.control.writer.close()
    assert await status(remote.process) == (DONE, "")


async def test_streams_are_kept_apart_bounded_and_forgotten(remote, portrait_file):
    picture, request = portrait_file.read_bytes(), iter(range(1000))

    async def track(stream, frames=2):
        seen = [(await remote(next(request), picture, stream, time=number / 10)).observation for number in range(frames)]
        assert len({one.track for one in seen}) == 1
        return seen[-1].track, seen[-1].liveness.frames

    one, two = await track("one"), await track("two")
    assert one[0] != two[0]
    remote.control.send(Forget("one"))
    again = await track("one")
    assert again[0] != one[0]
    assert again[1] == 2
    await track("three")  # the third of two: `two` was quiet for longest
    assert (await track("two", 1))[1] == 1
