"""Every REST example of the reference, field for field, and sessions from their beginning to their end."""

import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.rest_calls import AUTH_FRAME, AUTHENTICATION, ENROLL_FRAME, ENROLLMENT, create, send

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def ahead(text: str) -> timedelta:
    assert RFC3339.fullmatch(text)
    return datetime.fromisoformat(text) - datetime.now(UTC)


async def rush(device, token, seconds):
    """Let a session's first frame be `seconds` ago."""
    live = device.services.sessions._sessions[token]
    live.state = replace(live.state, first_frame=live.state.first_frame - seconds)


@pytest.mark.parametrize("swept", [False, True])
async def test_liveness_that_was_not_shown_in_time_is_answered_once(device, frame, swept):
    _, key = await device.new_client("authenticate")
    made = await create(device, key)
    sent = {"session_token": made["session_token"], "frame_data": frame(person=1)}
    assert (await device.post(AUTH_FRAME, sent, key))[1]["session_status"] == "in_progress"
    await rush(device, made["session_token"], 61)
    if swept:
        assert await device.services.sessions.sweep() == [made["session_token"]]
    status, told = await device.post(AUTH_FRAME, sent, key)
    assert (status, told["success"], told["session_status"]) == (200, True, "failed")
    assert (told["authenticated"], told["reason"], told["liveness_passed"]) == (False, "liveness_failed", False)
    status, told = await device.post(AUTH_FRAME, sent, key)
    assert (status, told["error_code"], told["success"], told["session_status"]) == (409, "session_completed", False, "failed")
    ((_, attempt),) = await device.store.attempts("office")
    assert (attempt.success, attempt.failure_reason) == (False, "liveness_failed")


async def test_an_expired_session_is_gone(device, frame):
    _, key = await device.new_client("enroll")
    made = await create(device, key, "enrollment", **ENROLLMENT)
    sent = {"session_token": made["session_token"], "frame_data": frame(track=0)}
    assert (await device.post(ENROLL_FRAME, sent, key))[1]["error_code"] == "no_face_detected"
    await rush(device, made["session_token"], 61)
    for _ in range(2):
        status, told = await device.post(ENROLL_FRAME, sent, key)
        assert (status, told["error_code"], told["session_status"]) == (410, "session_expired", "expired")
    assert (await device.call("GET", f"/api/auth/session/{made['session_token']}/", key))[1]["status"] == "expired"


@pytest.mark.parametrize("slash", ["/", ""])
async def test_an_api_key_becomes_a_token(device, slash):
    client, key = await device.new_client("authenticate")
    async with device.http.post(f"{device.url}/api/auth/client{slash}", json={"api_key": key}) as response:
        told = await response.json()
    assert response.status == 200
    assert told.keys() == {"jwt_token", "expires_at", "client_id"}
    assert told["client_id"] == client.client_id
    assert timedelta(minutes=55) < ahead(told["expires_at"]) <= timedelta(hours=1)
    bearer = {"Authorization": f"Bearer {told['jwt_token']}"}
    async with device.http.post(f"{device.url}/api/auth/authentication/", json={}, headers=bearer) as response:
        assert response.status == 201


@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize(("kind", "body"), [("enrollment", ENROLLMENT), ("authentication", AUTHENTICATION)])
async def test_a_session_is_created(device, kind, body, slash):
    _, key = await device.new_client("enroll", "authenticate")
    status, made = await device.post(f"/api/auth/{kind}{slash}", body, key)
    assert status == 201
    assert made.keys() == {"session_token", "websocket_url", "expires_at", "status"}
    assert uuid.UUID(made["session_token"]).version == 4
    address = device.url.removeprefix("http://")
    assert made["websocket_url"] == f"ws://{address}/ws/auth/process-image/{made['session_token']}/"
    assert timedelta(minutes=29) < ahead(made["expires_at"]) <= timedelta(minutes=30)
    assert made["status"] == "active"


async def test_the_socket_address_is_by_the_name_that_the_client_used(device):
    _, key = await device.new_client("authenticate")
    port = device.url.rpartition(":")[2]
    headers = {"X-API-Key": key, "Host": f"localhost:{port}"}
    async with device.http.post(f"{device.url}/api/auth/authentication/", json={}, headers=headers) as response:
        assert (await response.json())["websocket_url"].startswith(f"ws://localhost:{port}/ws/")


async def test_frames_of_an_enrolment(device, frame):
    _, key = await device.new_client("enroll")
    made = await create(device, key, "enrollment", **ENROLLMENT)
    body = {"session_token": made["session_token"], "frame_data": frame(person=1)}
    status, told = await device.post(ENROLL_FRAME, body, key)
    assert status == 200
    assert told == {
        "success": True,
        "session_status": "in_progress",
        "completed_samples": 1,
        "target_samples": 5,
        "quality_score": 0.9,
        "liveness_data": {"blinks_detected": 0, "motion_score": 1.0, "instruction": "turn_left"},
        "enrollment_id": None,
        "liveness_verified": None,
    }
    told = await send(device, key, ENROLL_FRAME.rstrip("/"), made["session_token"], frame, person=1)
    (enrollment,) = await device.store.enrollments("office", "external_user_123")
    assert told["success"] is True
    assert told["session_status"] == "completed"
    assert told["completed_samples"] == told["target_samples"] == 5
    assert told["enrollment_id"] == enrollment.enrollment_id
    assert told["liveness_verified"] is True


async def test_frames_of_an_authentication(device, frame, enrol):
    await enrol("external_user_123", 1)
    _, key = await device.new_client("authenticate")
    made = await create(device, key, **AUTHENTICATION)
    body = {"session_token": made["session_token"], "frame_data": frame(person=1)}
    _, told = await device.post(AUTH_FRAME, body, key)
    assert told == {
        "success": True,
        "session_status": "in_progress",
        "authenticated": None,
        "confidence": None,
        "user_id": None,
        "liveness_passed": False,
        "liveness_data": {"blinks_detected": 0, "motion_score": 1.0, "instruction": "blink"},
        "progress": told["progress"],
    }
    assert 0 < told["progress"] < 1
    told = await send(device, key, AUTH_FRAME, made["session_token"], frame, person=1)
    assert (told["success"], told["authenticated"], told["liveness_passed"]) == (True, True, True)
    assert (told["user_id"], told["session_status"], told["progress"]) == ("external_user_123", "completed", 1.0)
    assert 0.85 < told["confidence"] <= 0.99
    ((_, attempt),) = await device.store.attempts("office")
    assert attempt.success


async def test_a_refused_authentication_has_its_reason_and_tells_no_score(device, frame, enrol):
    await enrol("external_user_123", 1)
    _, key = await device.new_client("authenticate")
    made = await create(device, key)
    told = await send(device, key, AUTH_FRAME, made["session_token"], frame, person=7)
    assert (told["success"], told["session_status"], told["authenticated"]) == (True, "failed", False)
    assert (told["reason"], told["user_id"], told["confidence"]) == ("no_match", None, None)
    status, told = await device.post(AUTH_FRAME, {"session_token": made["session_token"], "frame_data": frame()}, key)
    assert (status, told["error_code"]) == (409, "session_completed")


@pytest.mark.parametrize("code", ["no_face_detected", "multiple_faces", "face_too_small", "too_dark", "face_covered"])
async def test_a_frame_that_cannot_be_used_is_no_error(device, frame, code):
    _, key = await device.new_client("enroll", "authenticate")
    for kind, body in (("enrollment", ENROLLMENT), ("authentication", {})):
        made = await create(device, key, kind, **body)
        sent = {"session_token": made["session_token"], "frame_data": frame(condition=code)}
        status, told = await device.post(f"/api/auth/{kind}/process-frame/", sent, key)
        assert status == 200
        assert (told["success"], told["session_status"], told["error_code"]) == (False, "in_progress", code)
        assert told["message"]


async def test_a_batch_is_judged_in_order_in_one_call(device, frame, enrol):
    await enrol("ann", 1)
    _, key = await device.new_client("authenticate")
    made = await create(device, key)
    frames = [frame(person=1, blinks=int(n >= 4)) if n % 2 else {"frame_data": frame(person=1, blinks=1)} for n in range(8)]
    status, told = await device.post(AUTH_FRAME, {"session_token": made["session_token"], "frames": frames}, key)
    assert (status, told["authenticated"], told["user_id"]) == (200, True, "ann")


async def test_a_clients_own_metadata_is_kept_with_the_session(device):
    _, key = await device.new_client("authenticate")
    made = await create(device, key, metadata={"min_confidence": 0.7, "terminal": "north"})
    assert (await device.store.session(made["session_token"])).metadata["client"] == {"terminal": "north"}


async def test_status_and_cancel(device, frame):
    _, key = await device.new_client("authenticate")
    made = await create(device, key, **AUTHENTICATION)
    path = f"/api/auth/session/{made['session_token']}/"
    await device.post(AUTH_FRAME, {"session_token": made["session_token"], "frame_data": frame()}, key)
    status, told = await device.call("GET", path.rstrip("/"), key)
    assert (status, told["status"], told["session_status"]) == (200, "active", "in_progress")
    assert (told["session_type"], told["user_id"], told["expires_at"]) == (
        "authentication",
        "external_user_123",
        made["expires_at"],
    )
    status, told = await device.call("DELETE", path, key)
    assert (status, told["status"], told["reason"]) == (200, "cancelled", "cancelled")
    assert len(device.vision.forgotten) == 1
    status, told = await device.post(AUTH_FRAME, {"session_token": made["session_token"], "frame_data": frame()}, key)
    assert (status, told["error_code"]) == (409, "session_completed")


@pytest.mark.parametrize(("grants", "required"), [(("authenticate",), True), (("authenticate", "waive_liveness"), False)])
async def test_liveness_is_waived_only_with_the_grant(device, frame, enrol, grants, required):
    await enrol("ann", 1)
    _, key = await device.new_client(*grants)
    made = await create(device, key, require_liveness=False)
    assert (await device.store.session(made["session_token"])).require_liveness is required
    told = await send(device, key, AUTH_FRAME, made["session_token"], frame, count=8, blink_at=99, person=1)
    assert told["authenticated"] is (None if required else True)
    if not required:
        assert told["liveness_passed"] is False


async def test_an_enrolment_with_waived_liveness_says_so(device, frame):
    _, key = await device.new_client("enroll", "waive_liveness")
    made = await create(device, key, "enrollment", **ENROLLMENT)
    told = await send(device, key, ENROLL_FRAME, made["session_token"], frame, blink_at=99, person=1)
    assert (told["session_status"], told["liveness_verified"]) == ("completed", False)
    made = await create(device, key, "enrollment", **ENROLLMENT, require_liveness=True)
    told = await send(device, key, ENROLL_FRAME, made["session_token"], frame, count=10, blink_at=99, person=1)
    assert told["session_status"] == "in_progress"


async def test_users_are_seen_and_erased_in_their_realm(device, frame, enrol):
    one = await enrol("ann/ä?", 1)
    await enrol("bob", 2)
    await enrol("eve", 3, realm="elsewhere")
    _, key = await device.new_client("enroll", "erase", "authenticate")
    assert await device.call("GET", "/api/auth/users/", key) == (200, {"users": ["ann/ä?", "bob"]})
    status, told = await device.call("GET", "/api/auth/users/ann%2F%C3%A4%3F/", key)
    assert (status, told["user_id"], told["enrollments"][0]["enrollment_id"]) == (200, "ann/ä?", one.enrollment_id)
    assert "template" not in told["enrollments"][0]
    assert (await device.call("GET", "/api/auth/users/eve/", key))[1]["error_code"] == "user_not_enrolled"
    assert (await device.call("DELETE", "/api/auth/users/eve/", key))[0] == 404
    assert await device.call("DELETE", f"/api/auth/enrollment/{one.enrollment_id}/", key) == (
        200,
        {"erased": True, "user_id": None, "enrollment_id": one.enrollment_id},
    )
    assert (await device.call("DELETE", f"/api/auth/enrollment/{one.enrollment_id}/", key))[0] == 404
    assert (await device.call("DELETE", "/api/auth/users/bob", key))[0] == 200
    made = await create(device, key)
    told = await send(device, key, AUTH_FRAME, made["session_token"], frame, person=2)
    assert told["reason"] == "no_match"
