"""Somebody in front of a camera, as vision would tell it: observations of made-up people, over a real vision socket."""

import asyncio
import contextlib
import itertools
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from camera.frame import boot_time
from device.vision_link import VisionLink
from inference.channel import Hello, Seen, ToControl, encode
from inference.observation import Box, Embedding, LivenessEvidence, Measure, Observation, Pose, Quality

DIMENSION = 128
PERIOD_S = 0.02


def face_of(person: int, sample: int = 0) -> Embedding:
    """A unit vector: samples of one made-up person are near each other, people nearly at right angles."""
    mean = np.random.default_rng(person).standard_normal(DIMENSION)
    noise = np.random.default_rng(100_000 + person * 1000 + sample).standard_normal(DIMENSION)
    mixed = mean / np.linalg.norm(mean) + 0.1 * noise / np.linalg.norm(noise)
    return (mixed / np.linalg.norm(mixed)).astype(np.float32)


@dataclass
class StandIn:
    """Vision's side of the camera's socket."""

    link: VisionLink
    live: bool = False
    scale: float = 1.0
    """Length of the embeddings; real ones have 1."""
    _seq: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _tracks: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def connect(self) -> Self:
        """Connect and say hello."""
        self._reader, self._writer = await asyncio.open_unix_connection(self.link.path)
        self.say(Hello("camera", self.link.model_id, "stand-in", live=self.live))
        await self.link.connected.wait()
        return self

    def say(self, message: ToControl) -> None:
        """Send a message."""
        self._writer.write(encode(message))

    async def close(self) -> None:
        """Go away."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def show_nobody(self, seconds: float) -> None:
        """An empty room."""
        for _ in range(round(seconds / PERIOD_S)):
            self.say(
                Seen(Observation(seq=next(self._seq), time=boot_time(), width=640, height=480, condition="no_face_detected"))
            )
            await asyncio.sleep(PERIOD_S)

    async def show(self, person: int, seconds: float, *, blinking: bool = True, age_s: float = 0.0) -> None:
        """Somebody comes and looks at the camera; who is alive blinks after ten frames."""
        track = next(self._tracks)
        for n in range(1, round(seconds / PERIOD_S) + 1):
            blinks = int(blinking and n > 10)
            self.say(Seen(self._look(person, track, n, blinks, 1.0 if blinking else 0.5, boot_time() - age_s)))
            await asyncio.sleep(PERIOD_S)

    def _look(self, person: int, track: int, n: int, blinks: int, motion: float, time: float) -> Observation:
        return Observation(
            seq=next(self._seq),
            time=time,
            width=640,
            height=480,
            track=track,
            faces=(Box(200, 100, 200, 250),),
            eye_distance=80,
            pose=Pose(n * 3.0 % 20, 0, 0),
            quality=Quality(0.9, (Measure("sharpness", 1.0, 0.9),)),
            liveness=LivenessEvidence(n, blinks, 0, False, motion),
            embedding=(face_of(person, n) * np.float32(self.scale)).astype("<f4").tobytes(),
            timings_ms={"whole": 10.0},
        )
