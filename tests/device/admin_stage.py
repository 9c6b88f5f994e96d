"""The admin screen served for tests: a browser that keeps cookies, a made-up person at the camera, and operators who sign in."""

import asyncio
import dataclasses
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from argon2 import PasswordHasher

from api.feedback import Feedback
from api.records import LOCAL, DoorState, Enrollment, Origin, Person
from api.services import Services
from api.settings import ApiSettings
from camera.frame import boot_time
from device.admin_site.guard import CSRF
from device.admin_site.history import History
from device.admin_site.parts import AdminParts
from device.admin_site.site import AdminSite
from device.certificates import init
from device.door.simulated import SimulatedDoor
from device.enroll_queue import EnrollQueue
from device.health_report import HealthReport
from device.keys import load_keys
from device.lan import serve_lan
from device.offline import offline
from device.operator_commands import OperatorAdd, OperatorDesk, OperatorSecrets
from device.operators.sessions import OperatorSessions
from device.operators.sign_in import OperatorParts, SignIn
from device.pins import PinHashes
from device.setup import create, plan
from inference.observation import Box, LivenessEvidence, Measure, Observation, Pose, Quality
from tests.device.stand_in import face_of

PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
ROSTER = "user_id,name\nada,Ada Lovelace\nbob,Bob\n,Nobody\n"


class Stage:
    """A `LocalCamera` with a made-up person in front."""

    live = False
    passive: float | None = None

    def __init__(self) -> None:
        self.person = 1
        self.instructions: list[str] = []
        self.concluded: list[bool] = []

    @asynccontextmanager
    async def reserve(self) -> AsyncIterator["Stage"]:
        self._n = 0
        yield self

    look = reserve

    def tell(self, feedback: Feedback) -> None:
        self.instructions.append(feedback.instruction)

    def release(self) -> None:
        self.instructions.append("")

    def conclude(self, *, enrolled: bool) -> None:
        self.concluded.append(enrolled)

    async def within(self, seconds: float) -> Observation | None:
        await asyncio.sleep(0.02)
        self._n += 1
        return Observation(
            seq=self._n,
            time=boot_time(),
            width=640,
            height=480,
            track=1,
            faces=(Box(200, 100, 200, 250),),
            eye_distance=80,
            pose=Pose(self._n * 3.0 % 20, 0, 0),
            quality=Quality(0.9, (Measure("sharpness", 1.0, 0.9),)),
            liveness=LivenessEvidence(self._n, int(self._n > 10), 0, False, 1.0, passive=self.passive),
            embedding=face_of(self.person, self._n).astype("<f4").tobytes(),
        )


@dataclasses.dataclass
class Healthy:
    """A device that is well."""

    async def report(self) -> HealthReport:
        checks = {"camera": "", "clock": "the time is not known"}
        return HealthReport(status="degraded", steady_s=1, checks=checks, disk_free_mb=1e4, time_trusted=False)


class Browser:
    """An operator's browser, as far as requests go."""

    def __init__(self, url: str, http: aiohttp.ClientSession, tls: ssl.SSLContext) -> None:
        self.url, self.http, self.tls = url, http, tls
        self.csrf = ""

    async def ask(self, method: str, path: str, json: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        body = {} if method == "GET" else {"json": json or {}}
        headers = {CSRF: self.csrf, "Origin": self.url} | headers
        async with self.http.request(method, f"{self.url}/admin/api/{path}", headers=headers, ssl=self.tls, **body) as answer:
            return answer.status, await answer.json()

    async def sign_in(self, name: str, code: str, password: str = PASSWORD) -> tuple[int, dict[str, Any]]:
        status, said = await self.ask("POST", "session/", {"name": name, "password": password, "code": code})
        self.csrf = said.get("csrf", "")
        return status, said


@dataclasses.dataclass
class Site:
    url: str
    parts: AdminParts
    desk: OperatorDesk
    stage: Stage
    tls: ssl.SSLContext

    async def account(self, role: str) -> OperatorSecrets:
        made = await self.desk.carry_out(OperatorAdd(name=f"the-{role}", role=role, password=PASSWORD))  # type: ignore[arg-type]
        assert isinstance(made, OperatorSecrets)
        return made

    @asynccontextmanager
    async def browser(self, role: str = "") -> AsyncIterator[Browser]:
        async with aiohttp.ClientSession() as http:
            browser = Browser(self.url, http, self.tls)
            if role:
                made = await self.account(role)
                assert (await browser.sign_in(f"the-{role}", made.recovery_codes[0]))[0] == 200
            yield browser

    async def enrol(self, user_id: str, **other: Any) -> None:
        made = Enrollment(
            f"{user_id}-1",
            LOCAL,
            user_id,
            self.parts.operations.recognition.model_id,
            face_of(len(user_id) + 50),
            **{"quality_score": 0.8, "samples": 5, "liveness_verified": True, "origin": Origin.LINK, "door": DoorState.PENDING}
            | other,
        )
        await self.parts.store.put_person(Person(LOCAL, user_id, user_id.title()))
        await self.parts.store.add_enrollment(made)


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Site]:
    """The admin screen of a new device, on its real store, over TLS."""
    file = folder / "facekiosk.toml"
    config = create(file, plan(file)[0])
    lan = config.lan.model_copy(update={"host": "127.0.0.1", "port": 0})
    config = config.model_copy(update={"lan": lan})
    init(lan, ("localhost", "127.0.0.1"))
    key_hash = load_keys(config.paths.key_file).hash_api_key
    async with offline(config) as operations:
        store, clock, stage = operations.store, operations.enrolling.clock, Stage()
        rows = OperatorParts(
            store.operators, store.factors, PinHashes(key_hash, CHEAP, "password"), key_hash, clock, config.operators
        )
        signed_in = OperatorSessions(config.operators, clock.boot)
        enrolling = dataclasses.replace(operations.enrolling, camera=stage)
        queue = EnrollQueue(enrolling, rows)
        history = History({"camera_fps": lambda: 24.0}, clock.boot)
        history.look()
        parts = AdminParts(
            store,
            operations,
            rows,
            SignIn(rows),
            signed_in,
            queue,
            enrolling.sessions,
            SimulatedDoor(store, clock, ()),
            history,
            Healthy(),
            config,
        )
        nothing = dict.fromkeys(("store", "sessions", "desk", "credentials", "recognition", "clock", "look"))
        said: list[str] = []
        async with serve_lan(lan, Services(settings=ApiSettings(), **nothing), said.append, AdminSite(parts).mount):
            url = said[0].rpartition(" ")[2].rstrip("/")
            tls = ssl.create_default_context(cafile=lan.authority)
            yield Site(url, parts, OperatorDesk(rows, "root", signed_in.end_of), stage, tls)
        await queue.stop()
