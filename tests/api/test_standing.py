"""Who may go on and how fast, over a served API on a real store: revocation, rotation, grants, limits, lock-outs, erasure."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from api.auth import new_api_key, rotated
from api.limits import Limits, LimitSettings
from api.server import build_app, serve

ENROLL, AUTH = "/api/auth/enrollment/", "/api/auth/authentication/"


@asynccontextmanager
async def served(device, settings=None, **limits):
    """The same device behind a listener with other limits."""
    services = replace(
        device.services,
        limits=Limits(LimitSettings(**limits)),
        settings=device.services.settings.model_copy(update=settings or {}),
    )
    async with serve(build_app(services), "127.0.0.1", 0) as port:
        yield replace(device, url=f"http://127.0.0.1:{port}", services=services)


async def token_of(device, key):
    status, told = await device.post("/api/auth/client/", {"api_key": key}, key)
    assert status == 200, told
    return told["jwt_token"]


async def by_token(device, token, path="/api/auth/users/"):
    async with device.http.get(device.url + path, headers={"Authorization": f"Bearer {token}"}) as response:
        return response.status


async def closed_with(socket):
    """The close code, after whatever is still said."""
    async for _ in socket:
        pass
    return socket.close_code


async def test_a_revoked_client_is_out_at_once(device, frame):
    client, key = await device.new_client("enroll")
    token = await token_of(device, key)
    _, created = await device.post(ENROLL, {"user_id": "ann"}, key)
    assert await by_token(device, token) == 200
    async with device.socket(created) as talking, asyncio.timeout(5):
        await talking.send_json({"type": "process_frame", "frame_data": frame()})
        assert (await talking.receive_json())["type"] == "enrollment_progress"
        await device.store.put_client(replace(client, revoked_at=1.0))
        await talking.send_json({"type": "process_frame", "frame_data": frame()})
        assert (await talking.receive_json())["error_code"] == "invalid_token"
        closed = asyncio.ensure_future(closed_with(talking))
        await device.services.sessions.end(lambda row: row.client_id == client.client_id, "invalid_token")
        assert await closed == 4401
    assert await by_token(device, token) == 401
    assert (await device.post(ENROLL, {"user_id": "bob"}, key))[0] == 401


async def test_a_silent_socket_of_a_revoked_client_is_closed(device):
    client, key = await device.new_client("authenticate")
    _, created = await device.post(AUTH, {}, key)
    async with device.socket(created) as silent, asyncio.timeout(5):
        closed = asyncio.ensure_future(closed_with(silent))
        await device.services.sessions.end(lambda row: row.client_id == client.client_id, "invalid_token")
        assert await closed == 4401


async def test_a_grant_that_was_taken_away_ends_the_session_on_the_socket(device, frame):
    client, key = await device.new_client("enroll")
    _, created = await device.post(ENROLL, {"user_id": "ann"}, key)
    await device.store.put_client(replace(client, grants=()))
    async with device.socket(created) as socket, asyncio.timeout(5):
        assert await closed_with(socket) == 4401


async def test_rotation_overlaps_and_tokens_fall_with_their_key(device):
    first, key = await device.new_client("enroll")
    token, clock, new = await token_of(device, key), device.services.clock, new_api_key()
    second = rotated(first, new, device.keys.hash_api_key, 3600, clock)
    await device.store.put_client(second)
    for each in (key, new.text):
        assert await by_token(device, await token_of(device, each)) == 200
    assert await by_token(device, token) == 200
    await device.store.put_client(replace(second, former=replace(second.former, until_boot=clock.boot() - 1)))
    assert await by_token(device, token) == 401
    assert (await device.call("GET", "/api/auth/users/", key))[0] == 401
    token, last = await token_of(device, new.text), new_api_key()
    await device.store.put_client(rotated(second, last, device.keys.hash_api_key, 0, clock))
    assert await by_token(device, token) == 401
    assert (await device.call("GET", "/api/auth/users/", last.text))[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "grant"),
    [
        ("POST", ENROLL, "enroll"),
        ("POST", AUTH, "authenticate"),
        ("POST", ENROLL + "process-frame/", "enroll"),
        ("POST", AUTH + "process-frame/", "authenticate"),
        ("GET", "/api/auth/users/", "enroll"),
        ("GET", "/api/auth/users/ann/", "enroll"),
        ("DELETE", "/api/auth/users/ann/", "erase"),
        ("DELETE", "/api/auth/enrollment/x/", "erase"),
        ("GET", "/api/events/", "read_events"),
        ("GET", "/api/auth/attempts/", "read_events"),
    ],
)
async def test_every_route_asks_for_its_grant_and_none_is_given_by_default(device, method, path, grant):
    others = {"enroll", "authenticate", "read_events", "erase", "waive_liveness"} - {grant}
    for grants in ((), others):
        _, key = await device.new_client(*grants)
        assert (await device.call(method, path, key))[1]["error_code"] == "forbidden"
    _, key = await device.new_client(grant)
    assert (await device.call(method, path, key))[1].get("error_code") != "forbidden"


async def test_clients_are_limited_apart_and_addresses_together(device):
    (_, key), (_, other) = await device.new_client("enroll"), await device.new_client("enroll")
    async with served(device, client_rate=0.1, client_burst=3, address_rate=0.1, address_burst=6) as tight:
        assert [(await tight.call("GET", "/api/auth/users/", key))[0] for _ in range(4)] == [200, 200, 200, 429]
        assert (await tight.call("GET", "/api/auth/users/", other))[0] == 200
        await tight.call("GET", "/api/auth/users/", other)
        async with tight.http.get(tight.url + "/api/auth/users/", headers={"X-API-Key": other}) as response:
            assert response.status == 429
            assert 1 <= int(response.headers["Retry-After"]) <= 10
            assert (await response.json())["error_code"] == "rate_limited"
        async with tight.http.ws_connect(tight.url + "/ws/auth/process-image/any/") as socket:
            assert await closed_with(socket) == 4429
        async with tight.http.get(tight.url + "/healthz") as response:
            assert response.status == 200


async def test_wrong_keys_are_throttled_and_tokens_are_not(device):
    _, key = await device.new_client("enroll")
    token = await token_of(device, key)
    async with served(device, wrong_keys_burst=4) as tight:
        wrong = [(await tight.post("/api/auth/client/", {"api_key": f"fk_aaaaaaa{n}_x"}, key))[0] for n in range(5)]
        assert wrong == [401] * 4 + [429]
        assert (await tight.call("GET", "/api/auth/users/", key))[0] == 429
        assert await by_token(tight, token) == 200


async def test_messages_too_fast_close_the_socket(device, frame):
    _, key = await device.new_client("authenticate")
    async with served(device, message_rate=0.1, message_burst=3) as tight:
        _, created = await tight.post(AUTH, {}, key)
        async with tight.socket(created) as socket, asyncio.timeout(5):
            for _ in range(4):
                await socket.send_json({"type": "process_frame", "frame_data": frame()})
            assert await closed_with(socket) == 4429


async def test_connections_that_say_nothing_or_half_a_request_are_closed(device):
    async with served(device, {"connect_timeout_s": 0.2, "read_timeout_s": 0.3}) as hasty, asyncio.timeout(8):
        port = int(hasty.url.rpartition(":")[2])
        for said in (b"", b"GET /healthz HTTP/1.1\r\nHost: loc"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(said)
            assert await reader.read() == b""
            writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /api/auth/client/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{")
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        writer.close()


async def test_a_claimed_user_is_locked_out_and_the_client_is_not(device, enrol, frame):
    await enrol("ann", 1)
    _, key = await device.new_client("authenticate")
    for _ in range(5):
        _, created = await device.post(AUTH, {"user_id": "ann"}, key)
        for n in range(30):
            images = {"session_token": created["session_token"], "frame_data": frame(person=7, blinks=int(n > 1))}
            _, told = await device.post(AUTH + "process-frame/", images, key)
            if told["session_status"] != "in_progress":
                break
        assert (told["authenticated"], told["reason"]) == (False, "no_match")
        if (await device.store.lockout("office", "ann")).failures >= 5:
            break
    async with device.http.post(device.url + AUTH, json={"user_id": "ann"}, headers={"X-API-Key": key}) as response:
        assert response.status == 429
        assert int(response.headers["Retry-After"]) > 20
        assert (await response.json())["error_code"] == "locked_out"
    assert (await device.post(AUTH, {"user_id": "bob"}, key))[0] == 201
    assert (await device.post(AUTH, {}, key))[0] == 201


async def test_a_face_that_is_somebody_elses_is_refused_at_its_enrolment(device, enrol, frame):
    await enrol("ann", 1)
    _, key = await device.new_client("enroll")
    _, created = await device.post(ENROLL, {"user_id": "eve", "metadata": {"target_samples": 3}}, key)
    for n in range(20):
        images = {"session_token": created["session_token"], "frame_data": frame(person=1, blinks=int(n > 1))}
        status, told = await device.post(ENROLL + "process-frame/", images, key)
        if told["session_status"] != "in_progress":
            break
    assert (status, told["success"], told["session_status"], told["error_code"]) == (200, False, "failed", "duplicate_person")
    assert "ann" not in str(told)
    assert (await device.call("GET", "/api/auth/users/eve/", key))[0] == 404


async def test_erasing_somebody_ends_their_sessions(device, enrol, frame):
    await enrol("ann", 1)
    _, key = await device.new_client("enroll", "erase")
    _, created = await device.post(ENROLL, {"user_id": "ann"}, key)
    async with device.socket(created) as socket, asyncio.timeout(5):
        await socket.send_json({"type": "process_frame", "frame_data": frame()})
        await socket.receive_json()
        closed = asyncio.ensure_future(closed_with(socket))
        assert (await device.call("DELETE", "/api/auth/users/ann/", key))[0] == 200
        assert await closed == 4404
    assert (await device.call("GET", f"/api/auth/session/{created['session_token']}/", key))[0] == 404
    assert await device.store.person("office", "ann") is None
    assert not await device.store.active_sessions()
