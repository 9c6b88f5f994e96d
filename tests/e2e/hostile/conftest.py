"""A served API over a real store and real `vision@remote`, in a thread of its own, for tests that treat it badly."""

import asyncio
import base64
import io
import logging
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import cv2
import pytest
from PIL import Image as Pillow

from api.auth import GRANTS, Credentials, new_api_key
from api.enroll_settings import EnrollSettings
from api.frames import FrameDesk
from api.limits import Limits, LimitSettings
from api.links import EnrollLinks, make_link, text_version
from api.recognition import GalleryRecognition
from api.records import Client
from api.routes.enroll import EnrollPage
from api.server import build_app, serve
from api.services import Look, Services
from api.sessions import SessionService
from api.settings import ApiSettings, SessionSettings
from device.clock import SystemClock
from device.config import Config
from device.keys import Keys
from device.models import configured
from device.own_vision import OwnVision
from device.remote_vision import VisionRemote
from device.store.store import SqlCipherStore, open_store
from inference.gallery import Gallery
from inference.manifest import load_manifest

T = TypeVar("T")
REALM = "office"
SETTINGS = ApiSettings(max_frame_bytes=600_000, max_body_bytes=2_000_000)
LINKS = EnrollSettings()
PATIENT = LimitSettings(**{name: key.metadata[-1].le for name, key in LimitSettings.model_fields.items()})
"""The highest limits that can be set: how fast somebody may be bad is tested elsewhere."""


class Complaints(logging.Handler):
    """What the server logs as an error: it must stay empty."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


@dataclass
class Served:
    """The served API, and what a test asks it and looks into."""

    url: str
    key: str
    store: SqlCipherStore
    services: Services
    loop: asyncio.AbstractEventLoop
    vision: OwnVision
    keys: Keys
    complaints: Complaints = field(default_factory=Complaints)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run in the server's own loop: its store is there."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    async def records(self) -> dict[str, object]:
        """All that clients can have changed for good."""
        people = await self.store.people(REALM)
        return {
            "people": [person.user_id for person in people],
            "enrollments": [each.enrollment_id for each in await self.store.enrollments(REALM)],
            "attempts": [number for number, _ in await self.store.attempts(REALM)],
            "clients": [each.client_id for each in await self.store.clients()],
        }

    def call(self, method: str, path: str, **what: Any) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one call with the API key."""

        async def go() -> tuple[int, dict[str, Any]]:
            headers = {"X-API-Key": self.key, **what.pop("headers", {})}
            async with (
                aiohttp.ClientSession() as http,
                http.request(method, self.url + path, headers=headers, **what) as response,
            ):
                return response.status, await response.json()

        return asyncio.run(go())

    def session(self, kind: str = "authentication", **body: object) -> dict[str, Any]:
        """A new session's answer."""
        status, made = self.call("POST", f"/api/auth/{kind}/", json=body)
        assert status == 201, made
        return made

    @property
    def text_version(self) -> str:
        """Version of the text that links show."""
        return text_version(LINKS)

    def link(self) -> str:
        """A new link's token."""
        made = make_link(self.store, self.keys.hash_api_key, self.services.clock, "linked", "", 3600)
        return self.run(made)[0]

    def link_session(self) -> str:
        """The session of a new link."""
        body = {"token": self.link(), "text_version": self.text_version}
        return self.call("POST", "/enroll/session/", json=body)[1]["session_token"]

    def stands(self, token: str) -> dict[str, Any]:
        """Where a session stands."""
        return self.call("GET", f"/api/auth/session/{token}/")[1]


async def _serve(folder: Path, ready: Callable[[Served], None], over: asyncio.Event) -> None:
    model = load_manifest().embedding
    keys, clock = Keys.from_root(bytes(range(32))), SystemClock()
    async with (
        open_store(folder / "store.db", keys, create=True) as store,
        OwnVision("remote", Config(), configured(Config().vision)) as vision,
    ):
        with Gallery(model.id, model.dimension) as gallery:
            recognition = GalleryRecognition(gallery, model.calibration, threshold=0.65, tries=2)
            sessions = SessionService(store, recognition, SessionSettings(client_sessions=10_000), clock)
            key = new_api_key()
            client = Client(str(uuid.uuid4()), "hostile", REALM, GRANTS, key.prefix, keys.hash_api_key(key.text))
            await store.put_client(client)

            async def look() -> Look:
                return Look({"camera": "", "vision": ""})

            services = Services(
                store=store,
                sessions=sessions,
                desk=FrameDesk(VisionRemote(vision.link, vision.need, 20.0), sessions, clock),
                credentials=Credentials(store, keys.hash_api_key, keys.jwt, clock),
                recognition=recognition,
                clock=clock,
                settings=SETTINGS,
                look=look,
                limits=Limits(PATIENT),
            )
            await vision.need()
            page = EnrollPage(EnrollLinks(store, sessions, keys.hash_api_key, clock, LINKS))
            async with serve(build_app(services, page.mount), "127.0.0.1", 0) as port:
                ready(Served(f"http://127.0.0.1:{port}", key.text, store, services, asyncio.get_running_loop(), vision, keys))
                await over.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server, in a thread, so that blocking clients may call it."""
    came: list[Served] = []
    started = threading.Event()

    def ready(served: Served) -> None:
        came.append(served)
        started.set()

    async def main() -> None:
        over = asyncio.Event()
        overs.append((asyncio.get_running_loop(), over))
        try:
            await _serve(tmp_path_factory.mktemp("hostile"), ready, over)
        finally:
            started.set()

    overs: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    thread = threading.Thread(target=asyncio.run, args=(main(),), name="served")
    thread.start()
    assert started.wait(50)
    assert came, "the server did not start"
    yield came[0]
    loop, over = overs[0]
    loop.call_soon_threadsafe(over.set)
    thread.join(20)


@pytest.fixture
def served(server: Served) -> Iterator[Served]:
    """The server, which must not have complained of anything when the test is over."""
    server.complaints = Complaints()
    logging.getLogger("api").addHandler(server.complaints)
    logging.getLogger("device").addHandler(server.complaints)
    logging.getLogger("aiohttp").addHandler(server.complaints)
    yield server
    for name in ("api", "device", "aiohttp"):
        logging.getLogger(name).removeHandler(server.complaints)
    assert server.complaints.said == []


@pytest.fixture
def unchanged(served: Served) -> Iterator[None]:
    """Whatever the test does, no record comes or goes."""
    before = served.run(served.records())
    yield
    assert served.run(served.records()) == before


@pytest.fixture(scope="session")
def face(clips: Path) -> Pillow.Image:
    """A frame of a person in front of the camera, RGB."""
    video = cv2.VideoCapture(str(clips / "live_blinks_portrait.mp4"))
    read, image = video.read()
    video.release()
    assert read
    return Pillow.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))


def encoded(picture: Pillow.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """A picture's file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def text_of(image: bytes) -> str:
    """A frame as clients send it."""
    return base64.b64encode(image).decode()


@asynccontextmanager
async def socket_of(made: dict[str, Any], **named: Any) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with aiohttp.ClientSession() as http, http.ws_connect(made["websocket_url"], **named) as socket:
        yield socket


@pytest.fixture(scope="session")
def as_file() -> Callable[..., bytes]:
    return encoded


@pytest.fixture(scope="session")
def as_text() -> Callable[[bytes], str]:
    return text_of


@pytest.fixture(scope="session")
def open_socket() -> Callable[..., Any]:
    return socket_of
