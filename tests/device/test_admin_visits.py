"""Visits on the admin screen: without names, unless for a purpose that is written down; and never what teaches an attacker."""

import re
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from api.records import LOCAL, Attempt, SessionKind, Visit
from tests.device.admin_stage import Browser, Site, serving

SECRET = 0.8642
"""A passive score that stands nowhere but in the decisions' sealed detail."""


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with serving(tmp_path) as served:
        yield served


def visit(number: int, user_id: str | None, outcome: str) -> Visit:
    return Visit(f"v{number}", outcome, "match", user_id, 0.9, 1500, (), "boot", float(number), 1_700_000_000.0 + number * 3600)


def attempt(number: int, user_id: str) -> Attempt:
    return Attempt(
        attempt_id=f"a{number}",
        session_token="t",
        realm=LOCAL,
        kind=SessionKind.AUTHENTICATION,
        success=True,
        user_id=user_id,
        confidence=0.9,
        matched_enrollment=None,
        liveness_passed=True,
        processing_time_ms=20,
        failure_reason="",
        boot_id="boot",
        boot_time=float(number),
        detail={"passive": SECRET},
    )


async def came(site: Site) -> None:
    await site.enrol("ada")
    for number, (user_id, outcome) in enumerate([("ada", "granted"), (None, "refused"), ("ada", "granted")]):
        await site.parts.store.add_visit(visit(number, user_id, outcome))


async def test_visits_are_filtered_and_have_no_names(site: Site) -> None:
    await came(site)
    for role in ("viewer", "operator", "auditor"):
        async with site.browser(role) as browser:
            _, said = await browser.ask("POST", "visits/", {})
            assert [each["outcome"] for each in said["visits"]] == ["granted", "refused", "granted"]
            assert not any({"user_id", "display_name", "confidence"} & set(each) for each in said["visits"]), role
            assert "ada" not in str(said).lower()
            _, said = await browser.ask("POST", "visits/", {"outcome": "refused"})
            assert len(said["visits"]) == 1
            later = {"begin": "2023-11-14T23:00:00Z", "end": "2023-11-15T00:00:00Z"}
            assert len((await browser.ask("POST", "visits/", later))[1]["visits"]) == 1


@pytest.mark.parametrize("role", ["operator", "auditor"])
async def test_who_came_is_told_for_a_purpose_which_is_written_down_first(
    site: Site, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await came(site)
    async with site.browser(role) as browser:
        for purpose in ("", "     ", "  why?  "):
            assert (await browser.ask("POST", "visits/names/", {"purpose": purpose}))[0] == 422
        status, said = await browser.ask("POST", "visits/names/", {"outcome": "granted", "purpose": " a theft on Monday "})
        assert (status, [each["display_name"] for each in said["visits"]]) == (200, ["Ada", "Ada"])
        assert {(each["user_id"], each["confidence"]) for each in said["visits"]} == {("ada", 0.9)}
        opened = [act for _, act in await site.parts.operators.rows.acts() if act.act == "names_opened"]
        numbers = [each["number"] for each in said["visits"]]
        wanted = {"purpose": "a theft on Monday", "visits": 2, "newest": numbers[0], "oldest": numbers[1]}
        assert [(act.operator, act.user_id, act.detail) for act in opened] == [(f"the-{role}", "", wanted)]

        async def full(*_: object) -> None:
            raise OSError

        monkeypatch.setattr(type(site.parts.operators.rows), "write", full)
        for path, about in (("visits/names/", {}), ("people/log/", {"user_id": "ada"})):
            status, said = await browser.ask("POST", path, {"purpose": "a theft on Monday", **about})
            assert (status, "visits" in said) == (500, False), "what cannot be written down is not shown"


async def test_a_persons_log_is_opened_for_a_purpose(site: Site) -> None:
    await came(site)
    async with site.browser("auditor") as auditor:
        for purpose in ("", "     ", "  why?  "):
            assert (await auditor.ask("POST", "people/log/", {"user_id": "ada", "purpose": purpose}))[0] == 422
        assert (await auditor.ask("POST", "people/log/", {"user_id": "eve", "purpose": "lost badge"}))[0] == 404
        _, log = await auditor.ask("POST", "people/log/", {"user_id": "ada", "purpose": " lost badge "})
        assert (log["display_name"], log["before"]) == ("Ada", None)
        assert [each["user_id"] for each in log["visits"]] == ["ada", "ada"]
        _, said = await auditor.ask("POST", "audit/", {})
        (opened,) = [act for act in said["acts"] if act["act"] == "log_opened"]
        assert (opened["operator"], opened["about"], opened["detail"]) == ("the-auditor", "ada", {"purpose": "lost badge"})


async def pages(browser: Browser) -> AsyncIterator[tuple[list[int], list[int]]]:
    """A person's log, page by page: numbers of visits and of decisions."""
    before: dict[str, int] = {}
    while True:
        _, said = await browser.ask("POST", "people/log/", {"user_id": "ada", "purpose": "her own request", **before})
        yield [each["number"] for each in said["visits"]], [each["number"] for each in said["attempts"]]
        if said["before"] is None:
            return
        before = {"before": said["before"]}


async def test_a_persons_log_can_be_read_to_its_end_each_page_for_the_purpose(site: Site) -> None:
    await site.enrol("ada")
    store = site.parts.store
    decided = [await store.add_attempt(attempt(number, "ada")) for number in range(55)]
    visited = [await store.add_visit(visit(number, "ada", "granted")) for number in range(60)]
    decided += [await store.add_attempt(attempt(100 + number, "ada")) for number in range(55)]
    async with site.browser("auditor") as auditor:
        seen = [page async for page in pages(auditor)]
    assert [number for page, _ in seen for number in page] == visited[::-1]
    assert [number for _, page in seen for number in page] == decided[::-1]
    for newer, older in pairwise(seen):
        assert min(newer[0] + newer[1]) > max(older[0] + older[1]), "nothing is told later than what came before it"
    acts = [act.detail for _, act in await site.parts.operators.rows.acts() if act.act == "log_opened"]
    assert acts == [{"purpose": "her own request"}] * len(seen)


async def test_no_answer_tells_a_passive_score_or_a_template(site: Site) -> None:
    await came(site)
    await site.parts.store.add_attempt(attempt(9, "ada"))
    kept = [each.detail for _, each in await site.parts.store.attempts(LOCAL)]
    assert kept == [{"passive": SECRET}], "the score is there to be told"
    reads = ("people/", "queue/", "health/")
    asks = (("visits/", {}), ("visits/names/", {"purpose": "a theft"}), ("people/log/", {"user_id": "ada", "purpose": "a theft"}))
    async with site.browser("auditor") as auditor:
        said = [await auditor.ask("GET", path) for path in reads]
        said += [await auditor.ask("POST", path, about) for path, about in (*asks, ("audit/", {}))]
    assert [status for status, _ in said] == [200] * 7
    for _, answer in said:
        assert str(SECRET) not in str(answer)
        assert not {"template", "embedding", "passive"} & set(re.findall(r"'(\w+)':", str(answer)))
    assert len(said[5][1]["attempts"]) == 1
