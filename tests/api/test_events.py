"""The log over REST: real store, real server; resumable by cursor, each realm its own, a gap where retention cut."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.errors import ApiError
from api.events import (
    AttemptEvent,
    AttemptsQuery,
    DoorEventView,
    Event,
    EventsQuery,
    GapEvent,
    HealthEventView,
    VisitEvent,
    events_of,
    next_cursor,
)
from api.records import LOCAL, LogPage
from tests.api.happenings import NOON, TOKEN, attempt, door, health, visit


async def pages(device, key: str, path: str = "/api/events/", limit: int = 2, after: int = 0) -> list[dict]:
    """Everything after a cursor, page by page."""
    seen = []
    while True:
        status, body = await device.call("GET", f"{path}?after={after}&limit={limit}", key)
        assert status == 200, body
        found = body.get("events", body.get("attempts"))
        full = len([event for event in found if event["type"] != "gap"]) == limit
        assert body["next"] == (found[-1]["number"] if full else body["newest"])
        if not found:
            return seen
        seen, after = seen + found, body["next"]


async def test_the_devices_own_realm_sees_attempts_visits_door_and_health_as_they_are(device):
    _, key = await device.new_client("read_events", realm=LOCAL)
    await device.store.add_attempt(attempt())
    await device.store.add_door_event(door())
    await device.store.add_visit(visit())
    await device.store.add_health_event(health())
    first, second, third, fourth = await pages(device, key)
    assert first == {
        "type": "attempt",
        "number": 1,
        "at": "2027-01-15T08:00:00Z",
        "realm": LOCAL,
        "attempt_id": first["attempt_id"],
        "session": TOKEN[:8],
        "session_type": "authentication",
        "means": "camera",
        "success": True,
        "user_id": "anna",
        "confidence": 0.8765,
        "enrollment_id": "of anna",
        "liveness_passed": True,
        "processing_time_ms": 212,
        "reason": "",
    }
    assert (second["type"], second["event"], second["grant"], second["attempt_id"]) == ("door", "unlocked", "camera", "one")
    assert (third["type"], third["outcome"], third["attempts"], third["duration_ms"]) == (
        "visit",
        "granted",
        ["one", "two"],
        1400,
    )
    assert (fourth["type"], fourth["component"], fourth["status"], fourth["message"]) == (
        "health",
        "camera",
        "failed",
        "no camera",
    )


async def test_a_failure_tells_no_confidence_and_nothing_tells_tokens_or_scores(device):
    _, key = await device.new_client("read_events", realm=LOCAL)
    await device.store.add_attempt(attempt(success=False))
    await device.store.add_visit(visit("refused"))
    told = await pages(device, key)
    assert [event["confidence"] for event in told] == [None, None]
    assert told[0]["reason"] == "no_match"
    text = json.dumps(told)
    assert TOKEN not in text
    assert "0.8765" not in text
    assert "passive" not in text


async def test_a_client_sees_only_its_realms_attempts(device):
    _, office = await device.new_client("read_events", realm="office")
    _, other = await device.new_client("read_events", realm="other")
    for _ in range(3):
        await device.store.add_attempt(attempt(realm="office"))
        await device.store.add_attempt(attempt())
        await device.store.add_visit(visit())
        await device.store.add_door_event(door())
    assert [event["number"] for event in await pages(device, office)] == [1, 5, 9]
    assert {event["realm"] for event in await pages(device, office)} == {"office"}
    assert await pages(device, other) == []


async def test_attempts_alone_and_of_one_user(device):
    _, key = await device.new_client("read_events", realm=LOCAL)
    for user_id in ("anna", "bert", None, "anna"):
        await device.store.add_attempt(attempt(user_id))
        await device.store.add_visit(visit())
    assert [event["number"] for event in await pages(device, key, "/api/auth/attempts/")] == [1, 3, 5, 7]
    _, body = await device.call("GET", "/api/auth/attempts/?user_id=anna", key)
    assert [each["number"] for each in body["attempts"]] == [1, 7]
    assert body["newest"] == 8
    assert (await device.call("GET", "/api/auth/attempts?user_id=zoe", key))[1]["attempts"] == []


async def test_an_erased_person_is_named_no_more(device):
    _, key = await device.new_client("read_events", realm=LOCAL)
    await device.store.add_attempt(attempt())
    await device.store.erase_person(LOCAL, "anna")
    (event,) = await pages(device, key)
    assert (event["user_id"], event["confidence"], event["success"]) == (None, None, True)


async def test_what_retention_cut_is_marked_and_the_cursor_goes_on_behind_it(device):
    _, key = await device.new_client("read_events", realm=LOCAL)
    for day in range(4):
        await device.store.add_attempt(attempt(at=NOON + day * 86_400))
    assert await device.store.prune(NOON + 2 * 86_400) == 2
    gap, *events = await pages(device, key)
    assert gap == {"type": "gap", "number": 2, "first": 1, "at": None, "realm": LOCAL}
    assert [event["number"] for event in events] == [3, 4]
    gap, *_ = await pages(device, key, after=1)
    assert (gap["first"], gap["number"]) == (2, 2)
    assert [event["type"] for event in await pages(device, key, after=2)] == ["attempt", "attempt"]
    gap, *_ = await pages(device, key, "/api/auth/attempts/")
    assert gap["type"] == "gap"


async def test_credentials_and_grant(device):
    _, without = await device.new_client("enroll", "authenticate", "erase")
    client, key = await device.new_client("read_events")
    token, _ = device.services.credentials.issue(client)
    for path in ("/api/events/", "/api/auth/attempts/"):
        assert (await device.call("GET", path, without))[0] == 403
        assert (await device.call("GET", path, "fk_aaaaaaaa_wrong"))[0] == 401
        async with device.http.get(device.url + path, headers={"Authorization": f"Bearer {token}"}) as response:
            assert response.status == 200
            assert response.headers["Cache-Control"] == "no-store"
        assert (await device.call("GET", path, key))[0] == 200


BAD = (
    "after=-1",
    "after=x",
    "after=1.0",
    "after=1_0",
    "after=%2B1",
    "after=",
    "after=99999999999999999999",
    "limit=0",
    "limit=501",
    "limit=NaN",
    "unknown=1",
    "after=1&after=2",
)


@pytest.mark.parametrize("query", BAD)
async def test_a_wrong_query_is_refused_and_not_repeated(device, query):
    _, key = await device.new_client("read_events")
    for path in ("/api/events/", "/api/auth/attempts/"):
        status, body = await device.call("GET", f"{path}?{query}", key)
        assert (status, body["error_code"]) == (422, "invalid_request")
        assert body["details"]["fields"]
    assert (await device.call("GET", "/api/auth/attempts/?user_id=%00", key))[0] == 422


async def test_a_cursor_beyond_the_log_is_told_where_the_log_ends(device):
    _, key = await device.new_client("read_events")
    status, body = await device.call("GET", "/api/events/?after=5", key)
    assert (status, body["details"]) == (422, {"newest": 0})


@given(st.text())
def test_any_text_for_a_cursor_is_a_number_or_refused(text):
    try:
        wanted = EventsQuery.model_validate({"after": text})
    except ValidationError:
        return
    assert text.isdecimal()
    assert wanted.after == int(text)


def test_defaults_of_the_query():
    assert AttemptsQuery() == AttemptsQuery(after=0, limit=100, user_id=None)


numbered = st.lists(st.integers(1, 60), unique=True).map(sorted)


@given(numbered, st.integers(0, 60), st.integers(0, 60), st.integers(1, 10))
def test_a_reader_by_cursor_gets_all_that_is_kept_once_and_a_gap_where_some_was_cut(numbers, start, after, limit):
    kept = [number for number in numbers if number > start]
    waiting = [number for number in kept if number > after][:limit]
    page = LogPage(tuple((number, attempt()) for number in waiting), start, 60)
    events = events_of(page, LOCAL, after)
    assert [event.number for event in events if event.type == "attempt"] == waiting
    assert [event.type for event in events if event.type == "gap"] == (["gap"] if after < start else [])
    cursor = next_cursor(page, limit, after)
    assert [number for number in kept if after < number <= cursor] == waiting, "the cursor passes what was given, and no more"
    assert events_of(LogPage((), start, 60), LOCAL, max(cursor, start)) == []


def test_a_cursor_from_the_future_is_refused():
    with pytest.raises(ApiError, match="invalid_request"):
        events_of(LogPage((), 0, 5), LOCAL, 6)


def test_every_kind_of_event_is_documented_with_its_fields(root):
    text = (root / "docs/events.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text.split("| event | fields")[1].split("\n\n")[0], re.MULTILINE))
    common = set(Event.model_fields) | {"type"}
    for model in (AttemptEvent, VisitEvent, DoorEventView, HealthEventView, GapEvent):
        said = set(re.findall(r"`(\w+)`", rows.pop(model.model_fields["type"].default)))
        assert set(model.model_fields) - common <= said
    assert rows == {}
