"""What each kind of wrong request, credential and frame is answered; the session stays as it was."""

import uuid
from dataclasses import replace

import pytest

from tests.api.rest_calls import AUTH_FRAME, ENROLL_FRAME, ENROLLMENT, create


async def test_times_of_a_batch_must_rise_and_be_possible(device, frame):
    _, key = await device.new_client("authenticate")
    made = await create(device, key)

    async def batch(*times):
        frames = [{"frame_data": frame(), "t_ms": t} for t in times]
        return await device.post(AUTH_FRAME, {"session_token": made["session_token"], "frames": frames}, key)

    for wrong in ((0, 0), (10, 0), (0, 60_000)):
        status, told = await batch(*wrong)
        assert (status, told["error_code"]) == (422, "invalid_request")
    assert (await batch(0, 50, 100))[0] == 200
    mixed = [{"frame_data": frame(), "t_ms": 5}, frame()]
    status, _ = await device.post(AUTH_FRAME, {"session_token": made["session_token"], "frames": mixed}, key)
    assert status == 422


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        ("", 400, "invalid_frame"),
        ("not base64!", 400, "invalid_frame"),
        ("data:image/jpeg;base64,", 400, "invalid_frame"),
        ("data:image/jpeg,rawbytes", 400, "invalid_frame"),
        ("data:image/gif;base64,R0lGODlh", 415, "unsupported_image"),
        ("R0lGODlhAQABAAAAACw=", 415, "unsupported_image"),
        ("A" * 400_000, 413, "frame_too_large"),
    ],
)
async def test_frames_that_are_no_images(device, data, status, code):
    _, key = await device.new_client("authenticate")
    made = await create(device, key)
    told = await device.post(AUTH_FRAME, {"session_token": made["session_token"], "frame_data": data}, key)
    assert (told[0], told[1]["error_code"]) == (status, code)
    assert (await device.call("GET", f"/api/auth/session/{made['session_token']}/", key))[1]["status"] == "active"


async def test_what_vision_refuses_or_cannot_do_leaves_the_session_as_it_was(device, frame):
    _, key = await device.new_client("authenticate")
    made = await create(device, key)
    token = made["session_token"]
    status, told = await device.post(AUTH_FRAME, {"session_token": token, "frame_data": frame(refuse="invalid_frame")}, key)
    assert (status, told["error_code"]) == (400, "invalid_frame")
    body = {"session_token": token, "frame_data": frame(unavailable=True)}
    async with device.http.post(device.url + AUTH_FRAME, json=body, headers={"X-API-Key": key}) as response:
        assert (response.status, (await response.json())["error_code"]) == (503, "vision_unavailable")
        assert int(response.headers["Retry-After"]) >= 1
    assert (await device.post(AUTH_FRAME, {"session_token": token, "frame_data": frame()}, key))[0] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"user_id": 5}', 422),
        (b'{"user_id": ""}', 422),
        (b'{"user_id": "a\\u0000b"}', 422),
        (b'{"user_id": "a", "unknown": 1}', 422),
        (b'{"user_id": "a", "metadata": {"target_samples": 0}}', 422),
        (b'{"user_id": "a", "metadata": {"target_samples": 21}}', 422),
        (b'{"user_id": "a", "metadata": {"target_samples": "5"}}', 422),
        (b'{"user_id": "a", "metadata": {"own": {"nested": 1}}}', 422),
        (b'{"user_id": "' + b"x" * 256 + b'"}', 422),
        (b"{}", 422),
    ],
)
async def test_wrong_requests(device, body, status):
    _, key = await device.new_client("enroll")
    headers = {"X-API-Key": key}
    async with device.http.post(f"{device.url}/api/auth/enrollment/", data=body, headers=headers) as response:
        told = await response.json()
    assert (response.status, told["error_code"]) == (status, "invalid_request")
    assert told.keys() <= {"error_code", "message", "details"}


async def test_nan_is_no_confidence(device):
    _, key = await device.new_client("authenticate")
    body = b'{"metadata": {"min_confidence": NaN}}'
    headers = {"X-API-Key": key}
    async with device.http.post(f"{device.url}/api/auth/authentication/", data=body, headers=headers) as response:
        assert response.status in (400, 422)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "invalid_token"),
        ({"X-API-Key": ""}, "invalid_api_key"),
        ({"X-API-Key": "fk_aaaaaaaa_wrong"}, "invalid_api_key"),
        ({"Authorization": "Bearer nonsense"}, "invalid_token"),
        ({"Authorization": "Basic abc"}, "invalid_token"),
    ],
)
async def test_without_credentials_nothing(device, headers, code):
    async with device.http.post(f"{device.url}/api/auth/enrollment/", json=ENROLLMENT, headers=headers) as response:
        assert (response.status, (await response.json())["error_code"]) == (401, code)
        assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "grant"),
    [
        ("POST", "/api/auth/enrollment/", "enroll"),
        ("POST", "/api/auth/authentication/", "authenticate"),
        ("POST", ENROLL_FRAME, "enroll"),
        ("POST", AUTH_FRAME, "authenticate"),
        ("GET", "/api/auth/users/", "enroll"),
        ("GET", "/api/auth/users/ann/", "enroll"),
        ("DELETE", "/api/auth/users/ann/", "erase"),
        ("DELETE", "/api/auth/enrollment/abc/", "erase"),
    ],
)
async def test_grants(device, method, path, grant):
    others = {"enroll", "authenticate", "erase", "read_events", "waive_liveness"} - {grant}
    _, key = await device.new_client(*others)
    status, told = await device.call(method, path, key)
    assert (status, told["error_code"]) == (403, "forbidden")


async def test_another_clients_session_is_not_found(device, frame):
    _, one = await device.new_client("authenticate", "enroll")
    _, other = await device.new_client("authenticate", "enroll")
    made = await create(device, one)
    sent = {"session_token": made["session_token"], "frame_data": frame()}
    for key, path in ((other, AUTH_FRAME), (one, ENROLL_FRAME)):
        status, told = await device.post(path, sent, key)
        assert (status, told["error_code"]) == (404, "session_not_found")
    for method in ("GET", "DELETE"):
        status, told = await device.call(method, f"/api/auth/session/{made['session_token']}/", other)
        assert (status, told["error_code"]) == (404, "session_not_found")
    unknown = {"session_token": str(uuid.uuid4()), "frame_data": frame()}
    assert (await device.post(AUTH_FRAME, unknown, one))[1]["error_code"] == "session_not_found"


async def test_a_revoked_client_is_out_at_once_its_token_too(device):
    client, key = await device.new_client("authenticate")
    async with device.http.post(f"{device.url}/api/auth/client/", json={"api_key": key}) as response:
        bearer = {"Authorization": f"Bearer {(await response.json())['jwt_token']}"}
    await device.store.put_client(replace(client, revoked_at=1.0))
    assert (await device.post("/api/auth/authentication/", {}, key))[0] == 401
    async with device.http.post(f"{device.url}/api/auth/authentication/", json={}, headers=bearer) as response:
        assert (response.status, (await response.json())["error_code"]) == (401, "invalid_token")
