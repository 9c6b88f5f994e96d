"""The admin screen's requests over real TLS sockets, on the real store: who may ask what, and that nobody else's page can."""

import asyncio
import base64
import dataclasses
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from api.records import LOCAL, Person
from api.services import Services
from api.settings import ApiSettings
from device.admin_site.guard import COOKIE, CSRF
from device.admin_site.site import AdminSite
from device.enroll_queue import EnrollQueue
from device.lan import serve_lan
from inference.observation import Observation
from tests.device.admin_stage import ROSTER, Browser, Site, Stage, serving


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with serving(tmp_path) as served:
        yield served


READS = ("people/", "queue/", "health/")
ASKS = ("visits/", "visits/names/", "people/log/", "audit/")
CHANGES = ("people/preview/", "people/import/", "people/erase/", "people/confirm/", "people/card/", "people/links/", "queue/")


async def test_nobody_who_is_not_signed_in_learns_or_does_anything(site: Site) -> None:
    async with site.browser() as browser:
        for method, paths in (("GET", ("session/", *READS)), ("POST", (*CHANGES, *ASKS))):
            for path in paths:
                status, said = await browser.ask(method, path)
                assert (status, said["error_code"]) == (401, "not_signed_in"), path
        for path in ("session/", "queue/"):
            assert (await browser.ask("DELETE", path))[0] == 401


async def test_signing_in_takes_all_three_and_gives_a_cookie_that_only_this_host_gets_over_tls(site: Site) -> None:
    made = await site.account("operator")
    secret = re.search(r"secret=([A-Z2-7]+)", made.uri)
    assert secret
    key = base64.b32decode(secret[1] + "=" * (-len(secret[1]) % 8))
    async with site.browser() as browser:
        status, said = await browser.sign_in("the-operator", made.recovery_codes[0], "wrong password")
        assert (status, said["error_code"]) == (401, "sign_in_failed")
        code = TOTP(key, 6, SHA1(), 30).generate(time.time()).decode()
        trusted = site.parts.operators.clock.dated() is not None
        status, said = await browser.sign_in("the-operator", code if trusted else made.recovery_codes[1])
        assert (status, said["role"]) == (200, "operator")
        (cookie,) = browser.http.cookie_jar
        assert cookie.key == COOKIE
        flags = (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"])
        assert flags[:4] == (True, True, "Strict", "/")
        assert (await browser.ask("GET", "session/"))[1]["csrf"] == browser.csrf
        assert (await browser.ask("DELETE", "session/"))[0] == 200
        assert (await browser.ask("GET", "session/"))[0] == 401


async def test_requests_of_other_sites_change_nothing(site: Site) -> None:
    async with site.browser("operator") as browser:
        await site.enrol("ada")
        body = {"user_id": "ada"}
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {CSRF: ""},
            {CSRF: "x" * 43},
            {"Content-Type": "text/plain"},
        ):
            status, _ = await browser.ask("POST", "people/erase/", body, **headers)
            assert status in (400, 403), headers
        assert await site.parts.store.person(LOCAL, "ada") is not None
        status, _ = await browser.ask("POST", "people/erase/", body)
        assert status == 200
        assert await site.parts.store.person(LOCAL, "ada") is None
    acts = [act for _, act in await site.parts.operators.rows.acts()]
    assert [(act.act, act.operator) for act in acts[:1]] == [("person_erased", "the-operator")]
    assert "ada" not in str(acts)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("operator", {*CHANGES, "people/log/", "visits/", "visits/names/"}),
        ("viewer", {"visits/"}),
        ("auditor", set(ASKS)),
    ],
)
async def test_roles_are_enforced_route_by_route(site: Site, role: str, allowed: set[str]) -> None:
    async with site.browser(role) as browser:
        for path in READS:
            assert (await browser.ask("GET", path))[0] == 200
        for path in (*CHANGES, *ASKS):
            status, said = await browser.ask("POST", path)
            assert (status != 403) == (path in allowed), (path, said)
        assert (await browser.ask("DELETE", "queue/"))[0] == (200 if role == "operator" else 403)


async def test_a_roster_is_looked_at_and_what_was_looked_at_is_imported(site: Site) -> None:
    async with site.browser("operator") as browser:
        _, seen = await browser.ask("POST", "people/preview/", {"csv": ROSTER})
        assert [(row["line"], row["outcome"], row["error"]) for row in seen["rows"]] == [
            (2, "new", ""),
            (3, "new", ""),
            (4, "error", "id_missing"),
        ]
        assert await site.parts.store.people(LOCAL) == []
        other = {"csv": ROSTER + "eve,Eve\n", "digest": seen["digest"]}
        assert (await browser.ask("POST", "people/import/", other))[0] == 409
        status, done = await browser.ask("POST", "people/import/", {"csv": ROSTER, "digest": seen["digest"]})
        assert (status, done["counts"]) == (200, {"new": 2, "changed": 0, "same": 0, "error": 1})
        _, listed = await browser.ask("GET", "people/")
        assert [(each["user_id"], each["state"]) for each in listed["people"]] == [("ada", "pending"), ("bob", "pending")]
        status, said = await browser.ask("POST", "people/preview/", {"csv": "user_id,secret\n"})
        assert (status, said["error_code"], said["details"]) == (422, "roster_column_unknown", {"column": "secret"})


async def test_a_rosters_days_are_those_of_the_place_and_the_preview_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    csv = "user_id,name,valid_from,valid_until\nada,Ada,2027-03-01,28.03.2027\nbob,Bob\n"
    try:
        async with site.browser("operator") as browser:
            _, seen = await browser.ask("POST", "people/preview/", {"csv": csv})
            await browser.ask("POST", "people/import/", {"csv": csv, "digest": seen["digest"]})
            _, again = await browser.ask("POST", "people/preview/", {"csv": csv})
    finally:
        monkeypatch.undo()
        time.tzset()
    assert seen["zone"] in ("CET", "CEST")
    days = [(row["valid_from"], row["valid_until"]) for row in seen["rows"]]
    assert days == [("2027-03-01 00:00+01:00", "2027-03-29 00:00+02:00"), (None, None)], "clocks go forward on the last day"
    ada = await site.parts.store.person(LOCAL, "ada")
    assert ada is not None
    assert (ada.valid_from, ada.valid_until) == (1_803_855_600.0, 1_806_271_200.0)
    assert again["counts"]["same"] == 2


async def turn(browser: Browser) -> dict[str, Any]:
    for _ in range(600):
        _, said = await browser.ask("GET", "queue/")
        if said["turn"]["over"]:
            return dict(said["turn"])
        await asyncio.sleep(0.02)
    raise AssertionError(said)


async def test_the_queue_enrols_tests_and_says_why_not(site: Site) -> None:
    async with site.browser("operator") as browser:
        _, seen = await browser.ask("POST", "people/preview/", {"csv": ROSTER})
        await browser.ask("POST", "people/import/", {"csv": ROSTER, "digest": seen["digest"]})
        begin = {"user_id": "ada", "basis": "consent"}
        assert (await browser.ask("POST", "queue/", begin))[0] == 200
        assert (await browser.ask("POST", "queue/", {"user_id": "bob", "basis": "consent"}))[1]["error_code"] == "queue_busy"
        done = await turn(browser)
        assert (done["phase"], done["tested"], done["reason"]) == ("enrolled", "matched", "")
        assert 0 < done["seconds"] < 20
        person = await site.parts.store.person(LOCAL, "ada")
        assert person is not None
        assert person.basis is not None
        assert (person.basis.kind, person.display_name) == ("consent", "Ada Lovelace")

        for look in ("", "   "):
            status, said = await browser.ask("POST", "queue/", begin | {"look": look})
            assert (status, said["error_code"]) == (422, "look_missing"), "the door knows the ordinary look"
        await browser.ask("POST", "queue/", begin | {"look": " glasses "})
        assert (await turn(browser))["phase"] == "enrolled"
        await browser.ask("POST", "queue/", {"user_id": "bob", "basis": "consent"})
        assert (await turn(browser))["reason"] == "duplicate_person"
        _, listed = await browser.ask("GET", "people/")
        ada, bob = listed["people"]
        assert (ada["state"], [look["label"] for look in ada["enrollments"]]) == ("enrolled", ["", "glasses"])
        assert (ada["needs_look"], bob["needs_look"]) == (True, False)
        assert (bob["state"], bob["reason"], bob["enrollments"]) == ("failed", "duplicate_person", [])
        await browser.ask("POST", "queue/", begin | {"look": "hat"})  # and a turn that ended well is no failure
        assert (await turn(browser))["phase"] == "enrolled"
        again = EnrollQueue(site.parts.queue._enrolling, site.parts.operators)
        await again.recall()
        assert again.failures == {"bob": "duplicate_person"}
        assert not {"template", "embedding", "passive"} & set(re.findall(r"'(\w+)'", str(listed)))
        assert (await browser.ask("POST", "queue/", {"user_id": "eve", "basis": "consent"}))[0] == 404
    assert site.stage.instructions[-1] == ""
    assert site.stage.concluded == [True, True, False, True]
    acts = [act.act for _, act in await site.parts.operators.rows.acts()]
    assert acts[:5] == ["enrolled_at_kiosk", "enrolment_failed", "enrolled_at_kiosk", "enrolled_at_kiosk", "roster_imported"]


@pytest.mark.parametrize(("live", "passive", "end"), [(True, 0.05, "liveness_failed"), (True, 0.95, ""), (False, None, "")])
async def test_an_enrolment_at_the_kiosk_asks_for_the_doors_liveness(
    site: Site, live: bool, passive: float | None, end: str
) -> None:
    site.stage.live, site.stage.passive = live, passive
    async with site.browser("operator") as browser:
        await site.parts.store.put_person(Person(LOCAL, "ada", "Ada"))
        await browser.ask("POST", "queue/", {"user_id": "ada", "basis": "consent"})
        done = await turn(browser)
        assert (done["phase"], done["reason"]) == ("failed" if end else "enrolled", end)


async def test_an_enrolment_that_does_not_match_is_taken_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Stage.within

    async def changing(stage: Stage, seconds: float) -> Observation | None:
        if any(await site.parts.store.enrollments(LOCAL, "ada")):
            stage.person = 2
        return await seen(stage, seconds)

    monkeypatch.setattr(Stage, "within", changing)
    async with site.browser("operator") as browser:
        await site.parts.store.put_person(Person(LOCAL, "ada", "Ada"))
        await browser.ask("POST", "queue/", {"user_id": "ada", "basis": "consent"})
        assert (await turn(browser))["reason"] == "test_failed"
        assert await site.parts.store.enrollments(LOCAL, "ada") == []
        again = EnrollQueue(site.parts.queue._enrolling, site.parts.operators)
        await again.recall()
        assert again.failures == {"ada": "test_failed"}
        await browser.ask("POST", "people/erase/", {"user_id": "ada"})
        await again.recall()
        assert again.failures == {}


async def test_a_card_is_bound_by_whoever_is_signed_in_and_told_to_nobody(site: Site) -> None:
    await site.enrol("ada")
    await site.enrol("bob")
    text = "0012345678"
    async with site.browser("operator") as browser:
        status, said = await browser.ask("POST", "people/card/", {"user_id": "ada", "text": f"{text}\r"})
        assert status == 200
        assert await site.parts.operations.factors.of("ada") == (None, (said["card"],))
        for user_id, of_card, code in (
            ("bob", text, "card_taken"),
            ("bob", "?", "card_unreadable"),
            ("eve", text, "user_not_found"),
        ):
            status, told = await browser.ask("POST", "people/card/", {"user_id": user_id, "text": of_card})
            assert (status, told["error_code"]) == ({"card_taken": 409, "user_not_found": 404}.get(code, 400), code)
            assert text not in str(told)
    acts = await site.parts.operators.rows.acts()
    assert [(act.operator, act.user_id) for _, act in acts if act.act == "card_added"] == [("the-operator", "ada")]
    assert text not in str(acts)


async def test_pending_enrolments_are_confirmed_and_links_made(site: Site) -> None:
    await site.enrol("ada")
    async with site.browser("operator") as browser:
        assert (await browser.ask("GET", "people/"))[1]["people"][0]["state"] == "to_confirm"
        assert (await browser.ask("POST", "people/confirm/", {"user_id": "ada"}))[1] == {"enrollments": 1}
        assert (await browser.ask("POST", "people/confirm/", {"user_id": "ada"}))[0] == 409
        status, made = await browser.ask("POST", "people/links/", {"user_ids": ["ada", "ada"]})
        assert status == 200
        (link,) = made["links"]
        assert link["url"].startswith("https://localhost:")
        assert link["svg"].startswith("<svg ")
        assert "<path" in link["svg"]


async def test_health_and_the_door_are_shown(site: Site) -> None:
    async with site.browser("viewer") as browser:
        _, said = await browser.ask("GET", "health/")
    assert said["checks"]["clock"] == {"status": "degraded", "message": "the time is not known"}
    assert said["door"] == {"driver": "simulated", "real": False, "state": "locked"}
    assert [value for _, value in said["series"]["camera_fps"]] == [24.0]


async def test_without_tls_there_is_no_admin_screen(site: Site) -> None:
    plain = site.parts.config.lan.model_copy(update={"plain_http_on_the_network_without_tls": True})
    parts = dataclasses.replace(site.parts, config=site.parts.config.model_copy(update={"lan": plain}))
    nothing = dict.fromkeys(("store", "sessions", "desk", "credentials", "recognition", "clock", "look"))
    said: list[str] = []
    async with (
        serve_lan(plain, Services(settings=ApiSettings(), **nothing), said.append, AdminSite(parts).mount),
        aiohttp.ClientSession() as http,
        http.get(f"{said[0].rpartition(' ')[2]}admin/") as answer,
    ):
        assert answer.status == 404


async def test_too_many_failures_from_one_address_wait(site: Site) -> None:
    async with site.browser() as browser:
        said = [(await browser.sign_in(f"somebody-{number}", "000000"))[0] for number in range(12)]
    assert said == [401] * 10 + [429] * 2
