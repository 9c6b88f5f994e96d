"""A device that demands more than people show unasked: clients that show no instructions are told so, and the others go on."""

import asyncio

import pytest

ENROLL, AUTH = "/api/auth/enrollment/", "/api/auth/authentication/"
OFFER = {"protocol": "facekiosk.v1"}


@pytest.fixture
def demanding(device, monkeypatch):
    sessions = device.services.sessions
    monkeypatch.setattr(sessions, "_settings", sessions.settings.model_copy(update={"instructed_liveness": True}))
    return device


@pytest.mark.parametrize(("path", "body"), [(ENROLL, {"user_id": "ann"}), (AUTH, {}), (AUTH, {"user_id": "ann"})])
async def test_a_client_that_shows_no_instructions_is_told_at_creation(demanding, path, body):
    _, key = await demanding.new_client("enroll", "authenticate", "waive_liveness")
    status, told = await demanding.post(path, {**body, "require_liveness": True}, key)
    assert (status, told["error_code"], told["details"]) == (403, "stronger_liveness_required", OFFER)
    assert await demanding.store.active_sessions() == []
    assert (await demanding.post(path, {**body, "require_liveness": True, **OFFER}, key))[0] == 201
    assert (await demanding.post(path, {**body, "require_liveness": False}, key))[0] == 201
    assert (await demanding.post(path, {**body, "protocol": "another"}, key))[0] == 422


async def test_a_waiver_that_the_client_was_not_granted_is_no_way_round(demanding):
    _, key = await demanding.new_client("authenticate")
    assert (await demanding.post(AUTH, {"require_liveness": False}, key))[1]["error_code"] == "stronger_liveness_required"


async def test_the_socket_must_speak_what_was_offered(demanding, image, enrol):
    await enrol("ann", 1)
    _, key = await demanding.new_client("authenticate")
    _, made = await demanding.post(AUTH, OFFER, key)
    async with asyncio.timeout(10), demanding.socket(made) as plain:
        assert (await plain.receive()).data == 4401
    async with asyncio.timeout(10), demanding.socket(made, protocols=["facekiosk.v1"]) as socket:
        assert (await socket.receive_json())["type"] == "session_state"
        for n in range(1, 20):
            await socket.send_bytes(image(person=1, blinks=n // 3))
            if (told := await socket.receive_json())["type"] == "authentication_result":
                break
    assert told["authenticated"] is True


async def test_by_default_no_client_needs_to_offer_anything(device):
    _, key = await device.new_client("authenticate")
    assert (await device.post(AUTH, {}, key))[0] == 201
