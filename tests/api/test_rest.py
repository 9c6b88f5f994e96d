"""Every REST example of the reference, field for field, and what each kind of wrong request is answered."""

import io
import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ENROLLMENT = {"user_id": "external_user_123", "metadata": {"target_samples": 5, "enable_quality_check": True}}
AUTHENTICATION = {"user_id": "external_user_123", "require_liveness": True, "metadata": {"min_confidence": 0.85}}
ENROLL_FRAME = "/api/auth/enrollment/process-frame/"
AUTH_FRAME = "/api/auth/authentication/process-frame/"


def ahead(text: str) -> timedelta:
    assert RFC3339.fullmatch(text)
    return datetime.fromisoformat(text) - datetime.now(UTC)


async def create(device, key, kind="authentication", **body):
    status, made = await device.post(f"/api/auth/{kind}/", body, key)
    assert status == 201, made
    return made


async def send(device, key, path, token, frame, count=40, blink_at=5, **named):
    """Send frames until the session is over; the last answer."""
    for n in range(1, count + 1):
        body = {"session_token": token, "frame_data": frame(blinks=int(n >= blink_at), **named)}
        status, told = await device.post(path, body, key)
        assert status == 200, told
        if told["session_status"] != "in_progress":
            break
    return told


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


async def test_a_clients_own_metadata_is_kept_with_the_session(device):
    _, key = await device.new_client("authenticate")
    made = await create(device, key, metadata={"min_confidence": 0.7, "terminal": "north"})
    assert (await device.store.session(made["session_token"])).metadata["client"] == {"terminal": "north"}


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


async def test_a_revoked_client_is_out_at_once_its_token_too(device):
    client, key = await device.new_client("authenticate")
    async with device.http.post(f"{device.url}/api/auth/client/", json={"api_key": key}) as response:
        bearer = {"Authorization": f"Bearer {(await response.json())['jwt_token']}"}
    await device.store.put_client(replace(client, revoked_at=1.0))
    assert (await device.post("/api/auth/authentication/", {}, key))[0] == 401
    async with device.http.post(f"{device.url}/api/auth/authentication/", json={}, headers=bearer) as response:
        assert (response.status, (await response.json())["error_code"]) == (401, "invalid_token")


async def test_health(device):
    async with device.http.get(f"{device.url}/healthz") as response:
        assert (response.status, await response.json()) == (200, {"status": "alive"})
    async with device.http.get(f"{device.url}/readyz") as response:
        assert (response.status, (await response.json())["status"]) == (200, "ready")
    device.ready["camera"] = "no camera"
    async with device.http.get(f"{device.url}/readyz") as response:
        told = await response.json()
        assert (response.status, told["checks"]["camera"]) == (503, "no camera")


async def test_errors_that_are_not_ours_have_the_same_form(device):
    async with device.http.get(f"{device.url}/nothing") as response:
        assert (response.status, (await response.json())["error_code"]) == (404, "not_found")
    async with device.http.get(f"{device.url}/api/auth/client/") as response:
        assert (response.status, (await response.json())["error_code"]) == (405, "method_not_allowed")
        assert response.headers["Allow"] == "POST"
    async with device.http.post(f"{device.url}/api/auth/client/", data=io.BytesIO(b"x" * 2_100_000)) as response:
        assert (response.status, (await response.json())["error_code"]) == (413, "frame_too_large")


async def test_a_store_that_fails_is_a_500_without_its_words(device, monkeypatch, caplog):
    from api.ports import StoreFull

    async def fail(*_):
        raise StoreFull("disk /secret/place is full")

    _, key = await device.new_client("authenticate")
    monkeypatch.setattr(device.store, "put_session", fail)
    status, told = await device.post("/api/auth/authentication/", {}, key)
    assert (status, told) == (500, {"error_code": "internal_error", "message": "The device failed; its log says more"})
    assert "StoreFull" in caplog.text


@pytest.mark.parametrize("host", ["attacker.example", "192.168.1.5:8080", "127.0.0.1.attacker.example", "[fe80::1]"])
async def test_plain_http_answers_to_loopback_names_only(device, host):
    async with device.http.get(f"{device.url}/healthz", headers={"Host": host}) as response:
        assert (response.status, (await response.json())["error_code"]) == (403, "forbidden")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.9.9.9:1", "[::1]:8080", "[::1]"])
async def test_loopback_names(device, host):
    async with device.http.get(f"{device.url}/healthz", headers={"Host": host}) as response:
        assert response.status == 200


async def test_it_listens_on_loopback_only(device):
    from api.server import NotLoopback, build_app, serve

    with pytest.raises(NotLoopback):
        async with serve(build_app(device.services), "0.0.0.0", 0):
            pass


async def test_a_closed_connection_is_no_failure(device, frame, caplog):
    _, key = await device.new_client("authenticate")
    made = await create(device, key)
    device.vision.gate.clear()
    body = {"session_token": made["session_token"], "frame_data": frame()}
    with pytest.raises((TimeoutError, aiohttp.ServerTimeoutError)):
        await device.http.post(
            device.url + AUTH_FRAME, json=body, headers={"X-API-Key": key}, timeout=aiohttp.ClientTimeout(total=0.3)
        )
    device.vision.gate.set()
    assert (await device.post(AUTH_FRAME, body, key))[0] == 200
    assert not caplog.records
