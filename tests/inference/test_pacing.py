import asyncio

import cv2
import numpy as np
import pytest

from camera.controls import Area, NoControls
from camera.frame import Frame
from inference.channel import Heartbeat, Seen
from inference.observation import Box, Measure, Observation, Quality
from inference.pacing import Pacing, face_light
from inference.settings import ProcessSettings
from inference.thermal import Heat

FPS = 24
EMPTY = np.full((120, 160, 3), 90, np.uint8)


class Controls(NoControls):
    def __init__(self):
        self.rates, self.met = [], []

    def rate(self, fps, *, resting=False):
        self.rates.append(fps)

    def meter(self, area, grey):
        self.met.append((area, grey))


def run(pacing, seconds, *, faces=(), start=0.0):
    """Frames of a camera that cannot be slowed down: how many were looked at, and how many whole."""
    looked = whole = 0
    for number in range(round(seconds * FPS)):
        frame = Frame(number + 1, start + number / FPS, EMPTY)
        if not pacing.due(frame):
            continue
        looked += 1
        if pacing.worth(frame):
            whole += 1
            pacing.saw(Observation(seq=frame.seq, time=frame.time, width=160, height=120, faces=faces))
    return looked, whole


def test_nobody_there_slows_camera_and_work():
    controls = Controls()
    pacing = Pacing(ProcessSettings(), controls, lossless=False, heat=Heat)
    assert run(pacing, 5) == (120, 120)
    looked, whole = run(pacing, 10, start=5.0)
    assert 75 <= looked <= 85
    assert whole <= 22
    assert pacing.work.idle
    assert pacing.work.fps == 8
    assert controls.rates == [8]
    run(pacing, 1, start=15.0, faces=(Box(10, 10, 50, 60),))
    assert controls.rates == [8, 24]
    assert not pacing.work.idle
    assert run(pacing, 1, start=16.0, faces=(Box(10, 10, 50, 60),)) == (24, 24)


def test_heat_slows_it_and_is_told():
    controls, heat = Controls(), [Heat(60.0)]
    pacing = Pacing(ProcessSettings(), controls, lossless=False, heat=lambda: heat[0])
    face = (Box(10, 10, 50, 60),)
    assert run(pacing, 4, faces=face) == (96, 96)
    heat[0] = Heat(85.0, ("throttled",))
    run(pacing, 2, start=4.0, faces=face)
    looked, _ = run(pacing, 4, start=6.0, faces=face)
    assert 30 <= looked <= 48
    assert pacing.work.heat == heat[0]
    assert pacing.work.fps == 10
    assert controls.rates == [10]


def test_of_a_file_that_is_read_fast_every_frame_is_looked_at():
    controls = Controls()
    pacing = Pacing(ProcessSettings(), controls, lossless=True, heat=lambda: Heat(99.0))
    assert run(pacing, 20) == (480, 480)
    assert controls.rates == []


def test_the_camera_is_told_where_the_face_is_and_how_bright():
    quality = Quality(0.5, (Measure("size", 80, 1.0), Measure("exposure", 41.5, 0.5, "too_dark")))
    seen = Observation(seq=1, time=1, width=640, height=480, track=3, faces=(Box(160, 120, 320, 240),), quality=quality)
    assert face_light(seen) == (Area(0.25, 0.25, 0.5, 0.5), 41.5)
    assert face_light(Observation(seq=1, time=1, width=640, height=480)) == (None, None)


@pytest.mark.timeout(120)
async def test_somebody_who_comes_is_seen_within_a_fifth_of_a_second(vision, portrait, tmp_path):
    """A real vision process on a clip in real time: nobody for a while, then a person. Times are those of the frames."""
    path, nobody = tmp_path / "comes.avi", 4.0
    height, width = (side // 2 * 2 for side in portrait.shape[:2])
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (width, height))
    noise = np.random.default_rng(1)
    for number in range(round(8 * FPS)):
        picture = portrait[:height, :width] if number >= nobody * FPS else np.full((height, width, 3), 80, np.uint8)
        writer.write(np.clip(picture + noise.normal(0, 3, picture.shape), 0, 255).astype(np.uint8))
    writer.release()
    settings = {"camera": {"source": "replay", "path": str(path)}, "vision": {"idle_after_s": 1.0}}
    async with vision("camera", settings) as (control, _):
        async with asyncio.timeout(60):
            while not any(each.observation.faces for each in control.of(Seen)):
                await control.until(Seen, len(control.of(Seen)) + 1)
        await control.until(Seen, len(control.of(Seen)) + 24)
    seen = [each.observation for each in control.of(Seen)]
    began = seen[0].time - (seen[0].seq - 1) / FPS
    resting = [each for each in seen if each.idle]
    assert len(resting) / (resting[-1].time - resting[0].time) < 9.5
    first = next(each for each in seen if each.faces)
    assert first.time - (began + nobody) < 0.2
    after = seen[seen.index(first) :]
    assert not any(each.idle for each in after)
    # From then on at the full rate: half of the frames at least, on a machine that is busy with other tests.
    assert (len(after) - 1) / (after[-1].time - after[0].time) > FPS / 2
    assert any(beat.work.idle and beat.work.fps == 8 for beat in control.of(Heartbeat))
