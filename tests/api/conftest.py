"""What the tests of sessions and API share: made-up people, scripted observations, a clock moved by hand, a real store."""

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import numpy as np
import pytest

from api.auth import Credentials, new_api_key
from api.frames import FrameDesk
from api.ports import ImageRefused, VisionUnavailable
from api.recognition import GalleryRecognition
from api.records import Client, DoorState, Enrollment, Origin, Person
from api.server import build_app, serve
from api.services import Look, Services
from api.sessions import SessionService
from api.settings import ApiSettings, SessionSettings
from device.clock import ManualClock, SystemClock
from device.keys import Keys
from device.store.store import SqlCipherStore, open_store
from inference.calibration import Calibration
from inference.gallery import Gallery
from inference.observation import LivenessEvidence, Measure, Observation, Pose, Quality

DIMENSION = 128


def vector(person: int, sample: int = 0) -> np.ndarray:
    """A unit vector of a made-up person; samples of one person are near each other, people are nearly orthogonal."""
    mean = np.random.default_rng(person).standard_normal(DIMENSION)
    noise = np.random.default_rng(100_000 + person * 1000 + sample).standard_normal(DIMENSION)
    mixed = mean / np.linalg.norm(mean) + 0.35 * noise / np.linalg.norm(noise)
    return (mixed / np.linalg.norm(mixed)).astype(np.float32)


def observe(
    n: int,
    *,
    time: float = 0.0,
    track: int = 1,
    person: int | None = 1,
    blinks: int = 0,
    long_closures: int = 0,
    motion: float = 1.0,
    quality: float = 0.9,
    condition: str = "",
    frames: int | None = None,
) -> Observation:
    """Frame `n` (from 1) of a track. `person` None: a frame without an embedding."""
    seen = track != 0
    return Observation(
        seq=n,
        time=time,
        width=640,
        height=480,
        track=track,
        condition=condition,
        quality=Quality(quality, (Measure("sharpness", 1.0, quality, "" if quality >= 0.6 else "poor_image_quality"),))
        if seen
        else None,
        pose=Pose(n * 3.0 % 20, 0.0, 0.0) if seen else None,
        liveness=LivenessEvidence(n if frames is None else frames, blinks, long_closures, False, motion) if seen else None,
        embedding=None if person is None or not seen else vector(person, n).astype("<f4").tobytes(),
        timings_ms={"whole": 10.0},
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def seen() -> Callable[..., Observation]:
    """`observe`, for tests to call."""
    return observe


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys.from_root(bytes(range(32)))


@pytest.fixture
async def store(tmp_path, keys: Keys) -> AsyncIterator[SqlCipherStore]:
    """A real, encrypted, empty store."""
    async with open_store(tmp_path / "store.db", keys, create=True) as opened:
        yield opened


class ScriptedVision:
    """`RemoteVision` whose images say what it sees in them: JPEG magic, then JSON of `observe`'s arguments.

    As with the real one, a stream's frames are counted in its track, and blinks only rise.
    """

    def __init__(self) -> None:
        self.frames: dict[str, int] = {}
        self.forgotten: list[str] = []
        self.gate = asyncio.Event()
        """While clear, judging waits: for tests of what happens meanwhile."""
        self.gate.set()
        self.begun = asyncio.Event()
        """Set once something is being judged."""

    async def judge(self, stream: str, image: bytes, time: float, *, track: bool = True) -> Observation:
        script = json.loads(image[3:])
        if refusal := script.pop("refuse", None):
            raise ImageRefused(refusal)
        if script.pop("unavailable", False):
            raise VisionUnavailable("not there")
        self.begun.set()
        await self.gate.wait()
        self.frames[stream] = self.frames.get(stream, 0) + 1
        return observe(self.frames[stream], time=time, **script)

    async def forget(self, stream: str) -> None:
        self.frames.pop(stream, None)
        self.forgotten.append(stream)


def scripted_image(**script: object) -> bytes:
    """An image for `ScriptedVision`."""
    return b"\xff\xd8\xff" + json.dumps(script).encode()


@pytest.fixture(scope="session")
def image() -> Callable[..., bytes]:
    return scripted_image


@pytest.fixture(scope="session")
def frame() -> Callable[..., str]:
    """A frame as clients send it: a data URL."""
    return lambda **script: "data:image/jpeg;base64," + base64.b64encode(scripted_image(**script)).decode()


@pytest.fixture
def vision() -> ScriptedVision:
    return ScriptedVision()


@pytest.fixture(scope="session")
def calibration() -> Calibration:
    return Calibration("made up", "vectors of `vector`", (0.2, 0.5, 0.7), (-1.0, -3.0, -5.0), 6.0)


@pytest.fixture
def recognition(calibration: Calibration) -> Iterator[GalleryRecognition]:
    with Gallery("made-up-1", DIMENSION) as gallery:
        yield GalleryRecognition(gallery, calibration, threshold=0.65, tries=2)


QUICK = SessionSettings(sample_spacing_s=0.0, match_wait_s=0.2)
"""Sessions for tests that have no second to spare between samples."""


@pytest.fixture
def enrol(store: SqlCipherStore, recognition: GalleryRecognition) -> Callable[..., Awaitable[Enrollment]]:
    """Enrols a made-up person, in store and gallery."""

    async def enrol(user_id: str, person: int, realm: str = "office") -> Enrollment:
        made = Enrollment(
            enrollment_id=str(uuid.uuid4()),
            realm=realm,
            user_id=user_id,
            model_id=recognition.model_id,
            template=vector(person, 999),
            quality_score=0.9,
            samples=5,
            liveness_verified=True,
            origin=Origin.PHOTOS,
            door=DoorState.CONFIRMED,
        )
        await store.put_person(Person(realm, user_id))
        await store.add_enrollment(made)
        recognition.add(made)
        return made

    return enrol


@dataclass
class Device:
    """A served API with what a test looks into."""

    url: str
    store: SqlCipherStore
    vision: ScriptedVision
    recognition: GalleryRecognition
    services: Services
    http: aiohttp.ClientSession
    keys: Keys
    ready: dict[str, str]

    async def new_client(self, *grants: str, realm: str = "office") -> tuple[Client, str]:
        """A client of the API and its key."""
        key = new_api_key()
        client = Client(str(uuid.uuid4()), "test", realm, grants, key.prefix, self.keys.hash_api_key(key.text))
        await self.store.put_client(client)
        return client, key.text

    async def post(self, path: str, body: object, key: str) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a call with an API key."""
        async with self.http.post(self.url + path, json=body, headers={"X-API-Key": key}) as response:
            return response.status, await response.json()

    async def call(self, method: str, path: str, key: str) -> tuple[int, dict[str, Any]]:
        async with self.http.request(method, self.url + path, headers={"X-API-Key": key}) as response:
            return response.status, await response.json()

    @asynccontextmanager
    async def socket(self, created: dict[str, Any], **named: Any) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        async with self.http.ws_connect(created["websocket_url"], **named) as socket:
            yield socket


@pytest.fixture
async def device(
    store: SqlCipherStore, keys: Keys, vision: ScriptedVision, recognition: GalleryRecognition
) -> AsyncIterator[Device]:
    """The API, served on loopback, over a real store and gallery and a scripted vision."""
    clock = SystemClock()
    sessions = SessionService(store, recognition, QUICK, clock)
    ready = {"camera": "", "vision": "", "store": "", "models": ""}

    async def look() -> Look:
        return Look(ready, 23.9, 0.04)

    services = Services(
        store=store,
        sessions=sessions,
        desk=FrameDesk(vision, sessions, clock),
        credentials=Credentials(store, keys.hash_api_key, keys.jwt, clock),
        recognition=recognition,
        clock=clock,
        settings=ApiSettings(max_frame_bytes=200_000, max_body_bytes=2_000_000, socket_idle_s=20.0),
        look=look,
    )
    async with serve(build_app(services), "127.0.0.1", 0) as port, aiohttp.ClientSession() as http:
        yield Device(f"http://127.0.0.1:{port}", store, vision, recognition, services, http, keys, ready)
