"""Links for enrolment over a served API and a real store: good once, tried again by their owner alone, recorded, forgotten."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.enroll_settings import EnrollSettings
from api.errors import ApiError
from api.limits import Limits, LimitSettings
from api.links import EnrollLinks, make_link, text_version
from api.records import DoorState, Origin
from api.routes.enroll import EnrollPage
from api.server import build_app, serve

SETTINGS = EnrollSettings(basis="law", text="By § 1 of the law.", text_version="7", link_tries=3)


@dataclass
class Site:
    """A served page, and what is behind it."""

    device: Any
    links: EnrollLinks
    url: str

    async def new(self, seconds: float = 3600) -> str:
        services = self.device.services
        token, _ = await make_link(self.device.store, self.device.keys.hash_api_key, services.clock, "ada", "Ada", seconds)
        return token

    async def post(self, path: str, body: object) -> tuple[int, dict[str, Any]]:
        async with self.device.http.post(f"{self.url}/enroll/{path}/", json=body) as answer:
            return answer.status, await answer.json()

    async def begin(self, token: str) -> tuple[int, dict[str, Any]]:
        return await self.post("session", {"token": token, "text_version": text_version(SETTINGS)})


@pytest.fixture
async def site(device) -> AsyncIterator[Site]:
    services = device.services
    links = EnrollLinks(device.store, services.sessions, device.keys.hash_api_key, services.clock, SETTINGS)
    async with serve(build_app(services, EnrollPage(links).mount), "127.0.0.1", 0) as port:
        yield Site(device, links, f"http://127.0.0.1:{port}")


async def enrol_by_socket(site: Site, begun: dict[str, Any], image) -> list[dict[str, Any]]:
    said = []
    async with site.device.http.ws_connect(begun["websocket_url"], protocols=("facekiosk.v1",)) as socket:
        said.append(await socket.receive_json())
        for n in range(1, 30):
            await socket.send_bytes(image(blinks=n // 3))
            said.append(await socket.receive_json())
            if said[-1]["type"] == "enrollment_complete":
                return said
    raise AssertionError(said)


async def test_a_link_enrols_a_person_who_waits_for_the_door(site: Site, image) -> None:
    token = await site.new()
    status, told = await site.post("link", {"token": token})
    assert (status, told["name"], told["basis"], told["text"]) == (200, "Ada", "law", SETTINGS.text)
    status, begun = await site.begin(token)
    assert status == 201
    said = await enrol_by_socket(site, begun, image)
    assert said[0]["type"] == "session_state"
    (enrollment,) = await site.device.store.enrollments("local", "ada")
    assert (enrollment.origin, enrollment.door, enrollment.liveness_verified) == (Origin.LINK, DoorState.PENDING, True)
    person = await site.device.store.person("local", "ada")
    assert (person.display_name, person.basis.kind, person.basis.text_version) == ("Ada", "law", told["text_version"])
    assert person.basis.recorded_at == pytest.approx(site.device.services.clock.wall(), abs=30)
    for dead in (token, begun["again"]):
        assert (await site.post("link", {"token": dead}))[1]["error_code"] == "link_not_valid"
        assert (await site.begin(dead))[0] == 404


async def test_a_link_is_opened_once_and_tried_again_by_whoever_opened_it(site: Site) -> None:
    token = await site.new()
    _, first = await site.begin(token)
    assert (await site.begin(token))[1]["error_code"] == "link_not_valid"
    status, second = await site.begin(first["again"])
    assert status == 201
    ended = await site.device.services.sessions.status(first["session_token"])
    assert ended.status.value == "cancelled"
    _, third = await site.begin(second["again"])
    assert (await site.begin(third["again"]))[1]["error_code"] == "link_not_valid"


async def test_of_many_who_open_a_link_at_once_one_does(site: Site) -> None:
    token = await site.new()
    answers = await asyncio.gather(*(site.begin(token) for _ in range(8)))
    assert sorted(status for status, _ in answers) == [201] + [404] * 7


async def test_an_expired_link_is_dead(site: Site) -> None:
    token = await site.new(seconds=0)
    assert (await site.begin(token))[1]["error_code"] == "link_not_valid"
    secret = site.device.keys.hash_api_key(token)
    assert await site.device.store.link(secret) is not None
    await site.device.store.remove_links_expired(site.device.services.clock.wall() - 60)
    assert await site.device.store.link(secret) is not None
    await site.device.store.remove_links_expired(site.device.services.clock.wall() + 60)
    assert await site.device.store.link(secret) is None


async def test_an_erased_persons_link_is_dead(site: Site) -> None:
    token = await site.new()
    assert await site.device.store.erase_person("local", "ada")
    assert (await site.begin(token))[1]["error_code"] == "link_not_valid"
    assert await site.device.store.people("local") == []


async def test_another_text_must_be_shown_first_and_uses_nothing_up(site: Site) -> None:
    token = await site.new()
    changed = text_version(SETTINGS.model_copy(update={"text": "Something else."}))
    assert changed != text_version(SETTINGS)
    status, told = await site.post("session", {"token": token, "text_version": changed})
    assert (status, told["error_code"]) == (409, "text_changed")
    assert (await site.device.store.person("local", "ada")) is None
    assert (await site.begin(token))[0] == 201


def test_the_shipped_german_text_stands_beside_the_shipped_english_one_alone() -> None:
    assert "Einwilligung" in EnrollSettings().german()
    assert EnrollSettings(text="Ours.").german() == ""
    own = EnrollSettings(text="Ours.", text_de="Unserer.")
    assert own.german() == "Unserer."
    versions = {text_version(each) for each in (EnrollSettings(), EnrollSettings(text="Ours."), own)}
    assert len(versions) == 3, "another text in any language is another version"


async def test_frames_may_come_by_rest_where_the_socket_is_refused(site: Site, frame) -> None:
    _, begun = await site.begin(await site.new())
    for n in range(1, 30):
        status, told = await site.post(
            "process-frame", {"session_token": begun["session_token"], "frames": [frame(blinks=n // 3)]}
        )
        assert (status, told["success"]) == (200, True)
        if told["session_status"] == "completed":
            break
    assert told["progress"] == 1.0
    assert len(await site.device.store.enrollments("local", "ada")) == 1


async def test_sessions_of_others_take_no_frames_here(site: Site, frame) -> None:
    _, key = await site.device.new_client("enroll")
    _, created = await site.device.post("/api/auth/enrollment/", {"user_id": "bob"}, key)
    for token in (created["session_token"], "nothing"):
        status, told = await site.post("process-frame", {"session_token": token, "frame_data": frame()})
        assert (status, told["error_code"]) == (404, "session_not_found")


async def test_guessing_links_is_limited_by_address(site: Site) -> None:
    services = replace(site.device.services, limits=Limits(LimitSettings(address_rate=0.1, address_burst=3)))
    async with serve(build_app(services, EnrollPage(site.links).mount), "127.0.0.1", 0) as port:
        tight = replace(site, url=f"http://127.0.0.1:{port}")
        assert [(await tight.post("link", {"token": f"guess{n}"}))[0] for n in range(4)] == [404, 404, 404, 429]


async def test_the_page_and_its_modules_are_served_and_name_nothing_elsewhere(site: Site) -> None:
    http: aiohttp.ClientSession = site.device.http
    for name in ("", "enroll.js", "device.js", "words.js", "en.js", "de.js", "enroll.css", "page.css", "tokens.css", "mark.svg"):
        async with http.get(f"{site.url}/enroll/{name}") as answer:
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == "no-store"
            text = await answer.text()
            assert "'none'" in answer.headers["Content-Security-Policy"]
            assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
            assert "https://" not in text
    async with http.get(f"{site.url}/enroll/nothing.js") as answer:
        assert answer.status == 404


async def test_tokens_are_kept_as_hashes_only(site: Site, tmp_path) -> None:
    token = await site.new()
    link = await site.links.look(token)
    assert token.encode() not in link.secret
    assert token not in json.dumps(repr(link))
    assert await site.device.store.link(b"") is None
    moved = replace(link, boot_id="another boot", expires_at=0)
    await site.device.store.put_link(moved)
    assert (await site.links.look(token)).boot_id == link.boot_id


@given(st.text(max_size=120))
async def test_no_other_text_opens_anything(text: str) -> None:
    class Empty:
        async def link(self, secret: bytes) -> None:
            return None

    links = EnrollLinks(Empty(), None, lambda said: said.encode(), None, SETTINGS)
    with pytest.raises(ApiError, match="link_not_valid"):
        await links.look(text)
