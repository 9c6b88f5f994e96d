"""The reference's client programs against the whole remote path: served API, real vision, real store, video of real people."""

import asyncio
import sys
import uuid
from pathlib import Path

import cv2
import pytest

from api.auth import Credentials, new_api_key
from api.frames import FrameDesk
from api.recognition import GalleryRecognition
from api.records import Client
from api.server import build_app, serve
from api.services import Services
from api.sessions import SessionService
from api.settings import ApiSettings, SessionSettings
from device.clock import SystemClock
from device.config import Config
from device.keys import Keys
from device.models import configured
from device.own_vision import OwnVision
from device.remote_vision import VisionRemote
from device.store.store import open_store
from inference.gallery import Gallery
from inference.manifest import load_manifest

PROGRAMS = Path(__file__).parent.parent / "api" / "reference_client.py"
STEP = 2
"""Every second frame of 24 a second: the rate of a client with a webcam."""


def extract(clip: Path, folder: Path, first: int, count: int) -> Path:
    """Frames of a clip as JPEGs in a folder, as a client has them."""
    folder.mkdir()
    video = cv2.VideoCapture(str(clip))
    for n in range(first + count * STEP):
        read, image = video.read()
        if not read:
            break
        if n >= first and (n - first) % STEP == 0:
            cv2.imwrite(str(folder / f"{n:05}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    video.release()
    return folder


@pytest.fixture
async def device(tmp_path):
    """Address, API key and store of a served API whose vision is the real one."""
    model = load_manifest().embedding
    keys, clock, settings = Keys.from_root(bytes(range(32))), SystemClock(), SessionSettings()
    async with (
        open_store(tmp_path / "store.db", keys, create=True) as store,
        OwnVision("remote", Config(), configured(Config().vision)) as vision,
    ):
        with Gallery(model.id, model.dimension) as gallery:
            recognition = GalleryRecognition(gallery, model.calibration, threshold=0.65, tries=2)
            sessions = SessionService(store, recognition, settings, clock)
            key = new_api_key()
            client = Client(
                str(uuid.uuid4()), "e2e", "office", ("enroll", "authenticate"), key.prefix, keys.hash_api_key(key.text)
            )
            await store.put_client(client)

            async def readiness() -> dict[str, str]:
                return {}

            services = Services(
                store=store,
                sessions=sessions,
                desk=FrameDesk(VisionRemote(vision.link, vision.need, 20.0), sessions, clock),
                credentials=Credentials(store, keys.hash_api_key, keys.jwt, clock),
                recognition=recognition,
                clock=clock,
                settings=ApiSettings(),
                readiness=readiness,
            )
            await vision.need()
            async with serve(build_app(services), "127.0.0.1", 0) as port:
                yield f"http://127.0.0.1:{port}", key.text, store


async def run(address: str, key: str, program: str, frames: Path, pause: float = 0.06) -> list[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(PROGRAMS), program, address, key, str(frames), "user123", str(pause)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (process.returncode, err.decode()) == (0, "")
    return out.decode().splitlines()


@pytest.mark.timeout(180)
async def test_somebody_enrols_over_rest_and_is_recognised_and_another_is_not(device, clips, tmp_path):
    address, key, store = device
    person = clips / "live_blinks_portrait.mp4"
    lines = await run(address, key, "enroll-rest", extract(person, tmp_path / "enrol", 0, 100))
    (enrollment,) = await store.enrollments("office", "user123")
    assert lines == [f"Enrollment completed: {enrollment.enrollment_id}"]
    assert (enrollment.samples, enrollment.liveness_verified) == (5, True)
    lines = await run(address, key, "authenticate", extract(person, tmp_path / "again", 150, 100))
    assert lines[0] == "Authentication successful: user123"
    lines = await run(address, key, "authenticate", extract(clips / "live_eyes_open_closed.mp4", tmp_path / "other", 0, 150))
    assert lines == ["Authentication failed: no_match"]
    attempts = [attempt for _, attempt in await store.attempts("office")]
    assert all(attempt.liveness_passed for attempt in attempts)
    assert attempts[0].success
    assert not any(attempt.success for attempt in attempts[1:])


@pytest.mark.timeout(120)
async def test_somebody_enrols_over_the_socket(device, clips, tmp_path):
    address, key, store = device
    lines = await run(address, key, "enroll-socket", extract(clips / "live_blinks_portrait.mp4", tmp_path / "enrol", 0, 100))
    (enrollment,) = await store.enrollments("office", "user123")
    assert lines[0] == "Progress: 1/5"
    assert lines[-1] == f"Enrollment completed: {enrollment.enrollment_id}"
    assert enrollment.liveness_verified
