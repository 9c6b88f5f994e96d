"""The Python client against a served API."""

import uuid
from contextlib import aclosing

import pytest

from api.client import ApiClient, ApiRefused, SocketClosed
from api.records import Attempt, SessionKind


@pytest.fixture
async def api(device):
    _, key = await device.new_client("enroll", "authenticate", "erase")
    async with ApiClient(device.url + "/", key) as client:
        yield client


async def test_enrol_by_rest_find_by_socket_and_erase(device, api, image):
    assert (await api.token()).jwt_token
    made = await api.enroll("ann/ü", target_samples=3)
    told = await api.enrollment_frames(made.session_token, [image(person=1)])
    while told.session_status == "in_progress":
        told = await api.enrollment_frames(made.session_token, [image(person=1, blinks=1)] * 3)
    assert told.liveness_verified
    assert [each.enrollment_id for each in (await api.user("ann/ü")).enrollments] == [told.enrollment_id]
    made = await api.authenticate(min_confidence=0.7)
    async with api.stream(made) as socket:
        assert socket.greeting["session_status"] == "in_progress"
        said = await socket.send(image(person=1))
        while said["type"] == "authentication_progress":
            said = await socket.send(image(person=1, blinks=1))
    assert (said["authenticated"], said["user_id"]) == (True, "ann/ü")
    assert (await api.session(made.session_token)).authenticated is True
    await api.erase_enrollment(told.enrollment_id)
    await api.erase_user("ann/ü")
    assert await api.users() == []


async def test_frames_are_sent_ahead_and_answered_in_order(device, api, image):
    async with api.stream(await api.authenticate()) as socket:
        for _ in range(3):
            await socket.offer(image(person=1))
        said = [await socket.receive() for _ in range(3)]
    assert {each.get("error_code", "") for each in said[:-1]} <= {"superseded", ""}
    assert said[-1]["type"] == "authentication_progress"


async def test_refusals_carry_their_code(device, api, image):
    with pytest.raises(ApiRefused, match="user_not_enrolled") as refused:
        await api.user("nobody")
    assert (refused.value.status, refused.value.code) == (404, "user_not_enrolled")
    made = await api.authenticate("ann")
    with pytest.raises(ApiRefused) as refused:
        await api.authentication_frames(made.session_token, [image(unavailable=True)])
    assert refused.value.retry_after_s == 2.0
    assert (await api.authentication_frames(made.session_token, [image()])).authenticated is None
    assert (await api.cancel(made.session_token)).status == "cancelled"
    with pytest.raises(SocketClosed) as closed:
        async with api.stream(made):
            pass
    assert closed.value.code == 4410


async def test_events_by_asking_and_by_listening(device, api):
    """Who was let in, and who was not, as the integrator's program reads it."""

    def attempt(user_id: str) -> Attempt:
        kind = SessionKind.AUTHENTICATION
        return Attempt(str(uuid.uuid4()), "token", "office", kind, True, user_id, 0.9, "e", True, 1, "", "boot", 1.0, 1.8e9)

    _, key = await device.new_client("read_events")
    for user_id in ("ann", "ü/&?", "ann"):
        await device.store.add_attempt(attempt(user_id))
    async with ApiClient(device.url, key) as reader:
        page = await reader.events(after=1, limit=1)
        assert ([event.user_id for event in page.events], page.next, page.newest) == (["ü/&?"], 2, 3)
        assert [event.number for event in (await reader.attempts(user_id="ü/&?")).attempts] == [2]
        async with aclosing(reader.listen(after=page.next)) as events:
            assert (await anext(events)).number == 3
            await device.store.add_attempt(attempt("bert"))
            assert (await anext(events)).user_id == "bert"
    with pytest.raises(SocketClosed) as closed:
        await anext(api.listen())
    assert closed.value.code == 4401
