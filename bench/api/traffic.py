"""Clients at work over socket and REST: frames of sessions, one after the other. What is made of the counts is not known here."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Protocol

import cv2

from api.client import ApiClient, SocketClosed
from api.errors import STATUS
from api.schema import SessionCreatedResponse
from bench.frames import speed_frames

QUALITY = 90
LATER = ("superseded", "rate_limited", "vision_unavailable", "internal_error")
"""Codes of answers to frames that were not judged."""
SERVER_ERROR = 500


def jpegs(count: int) -> list[bytes]:
    """Frames of 640x480 of a person, as a client sends them."""
    _, frames = speed_frames(count)
    quality = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    return [cv2.imencode(".jpg", frame.image, quality)[1].tobytes() for frame in frames]


@dataclass(slots=True)
class Tally:
    """What became of one client's frames."""

    judged: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    """How often each error code was answered."""

    def take(self, code: str) -> None:
        """Count an answer; empty: no error."""
        if code:
            self.codes[code] = self.codes.get(code, 0) + 1
        if code not in LATER:
            self.judged += 1

    @property
    def server_errors(self) -> int:
        """Answers that are 5xx."""
        return sum(count for code, count in self.codes.items() if STATUS.get(code, 0) >= SERVER_ERROR)


class Way(Protocol):
    """One session's way of sending a frame and getting its answer."""

    async def __call__(self, image: bytes) -> str:
        """Send a frame; the answer's error code, or nothing."""


@asynccontextmanager
async def over_socket(api: ApiClient, created: SessionCreatedResponse) -> AsyncIterator[Way]:
    """Frames over the session's socket, binary."""
    async with api.stream(created) as socket:

        async def send(image: bytes) -> str:
            return str((await socket.send(image)).get("error_code", ""))

        yield send


@asynccontextmanager
async def over_rest(api: ApiClient, created: SessionCreatedResponse) -> AsyncIterator[Way]:
    """A call a frame."""

    async def send(image: bytes) -> str:
        answer = await api.authentication_frames(created.session_token, [image])
        return str(answer.error_code or "")

    yield send


WAYS = {"socket": over_socket, "rest": over_rest}


async def judged_frames(
    api: ApiClient, way: str, sessions: int, images: Sequence[bytes], seconds: float, warm: int
) -> tuple[int, float]:
    """Frames judged for so many sessions, each in lock-step, and the seconds it took; the first `warm` of each do not count."""
    begin = asyncio.Barrier(sessions)
    loop = asyncio.get_running_loop()
    tally = Tally()
    span = [float("inf"), 0.0]

    async def one() -> None:
        created = await api.authenticate()
        async with WAYS[way](api, created) as send:
            pictures = cycle(images)
            for image in islice(pictures, warm):
                await send(image)
            await begin.wait()
            began = loop.time()
            for image in pictures:
                if loop.time() - began >= seconds:
                    break
                tally.take(await send(image))
            span[0], span[1] = min(span[0], began), max(span[1], loop.time())
        await api.cancel(created.session_token)

    async with asyncio.TaskGroup() as group:
        for _ in range(sessions):
            group.create_task(one())
    return tally.judged, span[1] - span[0]


@dataclass(slots=True)
class Steady:
    """One socket that sends at a rate of its own, whether or not it is answered."""

    tally: Tally = field(default_factory=Tally)
    closed: int | None = None
    """Close code, where the device ended it."""

    async def run(self, api: ApiClient, images: Sequence[bytes], per_s: float, seconds: float) -> None:
        """Send until the time is over, then take the answers that are owed."""
        created = await api.authenticate()
        async with api.stream(created) as socket:
            taking = asyncio.create_task(self._take(socket.receive))
            began = asyncio.get_running_loop().time()
            for number, image in enumerate(islice(cycle(images), round(per_s * seconds))):
                await asyncio.sleep(began + number / per_s - asyncio.get_running_loop().time())
                if taking.done():
                    break
                await socket.offer(image)
            await asyncio.sleep(1 / per_s)
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
        await api.cancel(created.session_token)

    async def _take(self, receive: "Receive") -> None:
        try:
            while True:
                self.tally.take(str((await receive()).get("error_code", "")))
        except SocketClosed as closed:
            self.closed = closed.code


class Receive(Protocol):
    """Waits for the next message."""

    async def __call__(self) -> dict[str, object]:
        """The message."""
