"""/metrics on real parts: counts what happens, and says nothing about anybody."""

import re
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from api.recognition import GalleryRecognition
from api.records import LOCAL, Attempt, Client, DoorEvent, SessionKind, Visit, Webhook
from api.sessions import SessionService
from api.settings import SessionSettings
from api.terms import NewSession
from device.clock import SystemClock
from device.door.drivers import make_door
from device.grants import CameraGrant
from device.health import Watched
from device.metrics import Metrics, Sources
from device.settings import DoorSettings, WatchSettings
from device.store.store import SqlCipherStore
from device.supervisor import Condition, Life, Supervisor
from device.vision_link import Instance, VisionLink
from inference.calibration import Calibration
from inference.channel import Hello, Work
from inference.gallery import Gallery
from inference.thermal import Heat


def watched(instance: Instance, folder: Path) -> Watched:
    link = VisionLink(instance, folder / f"{instance}.sock", "model", lambda: None)
    return Watched(link, Supervisor(link, ["true"], WatchSettings()))


class Scraper:
    def __init__(self, sources: Sources, url: str, http: aiohttp.ClientSession) -> None:
        self.sources = sources
        self.url = url
        self.http = http
        self.text = ""

    async def read(self) -> dict[str, float]:
        """Sample by name and labels, in Prometheus' own notation."""
        async with self.http.get(self.url) as response:
            assert response.status == 200
            assert response.content_type == "text/plain"
            self.text = await response.text()
        samples = [sample for family in text_string_to_metric_families(self.text) for sample in family.samples]
        return {
            sample.name + "{" + ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items())) + "}": sample.value
            for sample in samples
        }


@pytest.fixture
async def scraper(real_store: SqlCipherStore, tmp_path: Path) -> AsyncIterator[Scraper]:
    clock = SystemClock()
    calibration = Calibration("made up", "nobody", (0.2, 0.5, 0.7), (-1.0, -3.0, -5.0), 6.0)
    with Gallery("made-up", 128) as gallery:
        async with make_door(DoorSettings(), real_store, clock) as door, aiohttp.ClientSession() as http:
            recognition = GalleryRecognition(gallery, calibration, threshold=0.65, tries=2)
            sessions = SessionService(real_store, recognition, SessionSettings(), clock)
            vision = (watched("camera", tmp_path), watched("remote", tmp_path))
            sources = Sources(real_store, sessions, door, vision, clock)
            app = web.Application()
            Metrics(sources).mount(app)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield Scraper(sources, f"http://127.0.0.1:{runner.addresses[0][1]}/metrics", http)
            await runner.cleanup()


def attempt(success: bool, realm: str = LOCAL) -> Attempt:
    reason = "" if success else "no_match"
    return Attempt(
        str(uuid.uuid4()), "token-4711", realm, SessionKind.AUTHENTICATION, success, "anna-the-secret", 0.8137, None, True, 1,
        reason, "boot", 1.0, 1.8e9,
    )  # fmt: skip


async def test_decisions_visits_and_the_door_are_counted(scraper: Scraper) -> None:
    store = scraper.sources.store
    for success in (True, False, False):
        await store.add_attempt(attempt(success))
    await store.add_attempt(attempt(False, realm="office"))
    await store.add_visit(Visit("v", "refused", "no_match", "anna-the-secret", 0.8137, 1400, (), "boot", 1.0))
    await store.add_door_event(DoorEvent("d", "fault", "", None, None, "boot", 1.0))
    said = await scraper.read()
    decision = "facekiosk_decisions_total{{kind=authentication,outcome={},reason={},where={}}}"
    assert said[decision.format("success", "", "device")] == 1
    assert said[decision.format("failure", "no_match", "device")] == 2
    assert said[decision.format("failure", "no_match", "remote")] == 1
    assert said["facekiosk_visits_total{outcome=refused,reason=no_match}"] == 1
    assert said["facekiosk_door_events_total{event=fault,grant=}"] == 1
    assert said["facekiosk_log_newest{}"] == 6


async def test_the_moving_parts_are_told_as_they_are(scraper: Scraper) -> None:
    camera, remote = scraper.sources.vision
    camera.link.progress.note(312)
    camera.supervisor.condition = Condition(Life.READY)
    camera.link.hello = Hello("camera", "model", "demo", live=False)
    camera.link.progress.resident_mb = 250.5
    camera.link.progress.work = Work(idle=True, fps=8.0, heat=Heat(61.5, ("throttled",)))
    remote.supervisor.condition = Condition(Life.FAILED, "hung", 2)
    remote.supervisor.recycled = 3
    remote.link.progress.resident_mb = 900.0
    await scraper.sources.sessions.create(NewSession(kind=SessionKind.ENROLLMENT, realm=LOCAL, user_id="anna-the-secret"))
    said = await scraper.read()
    assert said["facekiosk_frames_total{instance=camera}"] == 312
    assert said["facekiosk_vision_idle{}"] == 1
    assert said["facekiosk_vision_frames_per_second_limit{}"] == 8
    assert said["facekiosk_temperature_celsius{}"] == 61.5
    assert said["facekiosk_throttled{why=throttled}"] == 1
    assert said["facekiosk_throttled{why=under_voltage}"] == 0
    assert said["facekiosk_vision_state{instance=camera,state=ready}"] == 1
    assert said["facekiosk_vision_state{instance=camera,state=failed}"] == 0
    assert said["facekiosk_vision_state{instance=remote,state=failed}"] == 1
    assert said["facekiosk_vision_restarts_total{instance=remote}"] == 2
    assert said["facekiosk_vision_recycled_total{instance=remote}"] == 3
    assert said["facekiosk_vision_resident_bytes{instance=camera}"] == 250.5e6
    assert said["facekiosk_vision_resident_bytes{instance=remote}"] == 0  # it is gone
    assert said["facekiosk_sessions{kind=enrollment}"] == 1
    assert said["facekiosk_sessions{kind=authentication}"] == 0
    assert said["facekiosk_door_unlocked{}"] == 0
    await scraper.sources.door.unlock(CameraGrant("anna-the-secret", "attempt"), 5)
    said = await scraper.read()
    assert said["facekiosk_door_unlocked{}"] == 1
    assert said["facekiosk_door_events_total{event=unlocked,grant=camera}"] == 1


async def test_the_stores_work_is_timed(scraper: Scraper) -> None:
    before = await scraper.read()
    await scraper.sources.store.add_attempt(attempt(True))
    said = await scraper.read()
    assert said["facekiosk_store_seconds_count{work=write}"] == before.get("facekiosk_store_seconds_count{work=write}", 0) + 1
    assert said["facekiosk_store_seconds_count{work=read}"] > before.get("facekiosk_store_seconds_count{work=read}", 0)
    assert 0 < said["facekiosk_store_seconds_sum{work=write}"] < 60


async def test_keys_age_until_they_are_revoked_and_webhooks_fall_behind(scraper: Scraper) -> None:
    store, now = scraper.sources.store, time.time()
    old = Client("id", "intranet", "office", (), "aaaaaaaa", b"hash", created_at=now - 91.5 * 86_400)
    await store.put_client(old)
    await store.add_webhook(Webhook("w", "gate", "https://example.org/hook?geheim", LOCAL, b"whsec", cursor=1))
    await store.webhook_failed("w", "HTTP 500")
    for _ in range(3):
        await store.add_attempt(attempt(True))
    said = await scraper.read()
    assert said["facekiosk_api_key_age_days{client=intranet}"] == pytest.approx(91.5, abs=0.01)
    assert said["facekiosk_webhook_behind{webhook=gate}"] == 2
    assert said["facekiosk_webhook_failures{webhook=gate}"] == 1
    await store.put_client(replace(old, revoked_at=now))
    await store.remove_webhook("w")
    said = await scraper.read()
    assert not [name for name in said if "intranet" in name or "gate" in name]


async def test_nothing_is_told_about_anybody(scraper: Scraper) -> None:
    store = scraper.sources.store
    await store.put_client(Client("id-of-client", "intranet", "office", (), "keyprefx", b"hash", created_at=1.7e9))
    await store.add_webhook(Webhook("w", "gate", "https://example.org/hook?geheim", LOCAL, b"whsec"))
    await store.add_attempt(attempt(True, realm="office"))
    await scraper.sources.sessions.create(NewSession(kind=SessionKind.ENROLLMENT, realm=LOCAL, user_id="anna-the-secret"))
    await scraper.read()
    for secret in ("anna", "token-4711", "0.8137", "keyprefx", "id-of-client", "office", "example.org", "geheim", "hash"):
        assert secret not in scraper.text


async def test_every_metric_is_documented_and_no_other(scraper: Scraper, root: Path) -> None:
    """Names as they are told; those of a histogram by the histogram's own."""
    await scraper.read()
    told = set(re.findall(r"^# TYPE (facekiosk_\w+) (?:counter|gauge|histogram)$", scraper.text, re.MULTILINE))
    told = {name for name in told if not name.endswith("_created")}
    text = (root / "docs/events.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(facekiosk_\w+)", text, re.MULTILINE)) == told
