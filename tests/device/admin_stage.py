"""The admin screen served for tests: a browser that keeps cookies, a made-up person at the camera, and operators who sign in."""

import asyncio
import dataclasses
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from argon2 import PasswordHasher

from api.records import LOCAL, DoorState, Enrollment, Origin, Person
from camera.frame import boot_time
from device.admin_site.guard import CSRF
from device.admin_site.parts import AdminParts
from device.health_report import HealthReport
from device.operator_commands import OperatorAdd, OperatorDesk, OperatorSecrets
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

    @asynccontextmanager
    async def reserve(self) -> AsyncIterator["Stage"]:
        self._n = 0
        yield self

    look = reserve

    def instruct(self, instruction: str) -> None:
        self.instructions.append(instruction)

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
