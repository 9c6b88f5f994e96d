"""Clients at work over socket and REST: frames of sessions, one after the other. What is made of the counts is not known here."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle, islice
from typing import Protocol

import aiohttp
import cv2

from api.client import ApiClient, SocketClosed
from api.errors import STATUS
from api.schema import SessionCreatedResponse
from bench.api.served import Device
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


@dataclass(frozen=True, slots=True)
class Session:
    """A session made for frames."""

    device: Device
    api: ApiClient
    created: SessionCreatedResponse


@asynccontextmanager
async def over_socket(session: Session) -> AsyncIterator[Way]:
    """Frames over the session's socket, binary, each sent once the one before is answered."""
    async with session.api.stream(session.created) as socket:

        async def send(image: bytes) -> str:
            return str((await socket.send(image)).get("error_code", ""))

        yield send


@asynccontextmanager
async def one_ahead(session: Session) -> AsyncIterator[Way]:
    """The same, the next frame sent before the answer: it waits in the device, and none comes that could take its place."""
    async with session.api.stream(session.created) as socket:
        under_way = False

        async def send(image: bytes) -> str:
            nonlocal under_way
            await socket.offer(image)
            if under_way:
                return str((await socket.receive()).get("error_code", ""))
            under_way = True
            return ""

        yield send


@asynccontextmanager
async def over_rest(session: Session) -> AsyncIterator[Way]:
    """A call a frame, on one connection."""
    address = f"{session.device.address}/api/auth/authentication/process-frame/"
    head = b'{"session_token": "%s", "frame_data": "' % session.created.session_token.encode()
    headers = {"X-API-Key": session.device.api_key, "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as http:

        async def send(image: bytes) -> str:
            async with http.post(address, data=head + text_of(image) + b'"}') as response:
                return str((await response.json()).get("error_code") or "")

        yield send


@cache
def text_of(image: bytes) -> bytes:
    """The frame in base64: made once, because a client's own work is not what is measured."""
    return base64.b64encode(image)


WAYS: dict[str, Callable[[Session], AbstractAsyncContextManager[Way]]] = {
    "socket": over_socket,
    "ahead": one_ahead,
    "rest": over_rest,
}


async def judged_frames(
    device: Device, way: str, sessions: int, images: Sequence[bytes], seconds: float, warm: int
) -> tuple[int, float]:
    """Frames judged for so many sessions, one after another, and the seconds it took; without the first `warm` of each."""
    begin = asyncio.Barrier(sessions)
    loop = asyncio.get_running_loop()
    tally = Tally()
    span = [float("inf"), 0.0]
    for image in images:
        text_of(image)

    async def one(api: ApiClient) -> None:
        created = await api.authenticate()
        async with WAYS[way](Session(device, api, created)) as send:
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

    async with ApiClient(device.address, device.api_key) as api, asyncio.TaskGroup() as group:
        for _ in range(sessions):
            group.create_task(one(api))
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
