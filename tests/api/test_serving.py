"""How the API is served: health, names that it answers to, failures that are not the caller's, all in one form."""

import io

import aiohttp
import pytest

from tests.api.rest_calls import AUTH_FRAME, create


async def test_health(device):
    async with device.http.get(f"{device.url}/healthz") as response:
        assert (response.status, await response.json()) == (200, {"status": "alive"})
    async with device.http.get(f"{device.url}/readyz") as response:
        told = await response.json()
        assert (response.status, told["status"], told["camera_fps"], told["vision_age_s"]) == (200, "ready", 23.9, 0.04)
    device.ready["clock"] = "the time is not known"
    async with device.http.get(f"{device.url}/readyz") as response:
        told = await response.json()
        assert (response.status, told["status"], told["checks"]["clock"]) == (200, "degraded", "the time is not known")
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
