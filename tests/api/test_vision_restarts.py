"""What clients of a served API hear while vision, a real process, crashes and is started again; no session ends by it."""

import asyncio
import base64
import sys

import msgspec
import pytest

from api.ending import end
from device.on_need import OnNeed
from device.remote_vision import VisionRemote
from device.settings import WatchSettings
from device.supervisor import Life, Supervisor
from device.vision_link import VisionLink

WATCH = WatchSettings(grace_s=20.0, backoff_s=3.0, backoff_max_s=3.0)
MAGIC = b"\xff\xd8\xff"


@pytest.fixture
def supervisors():
    return []


@pytest.fixture
async def vision(tmp_path, supervisors):
    """In place of the scripted one: a child that says what is in its images, supervised as the device does it."""
    async with VisionLink("remote", tmp_path / "s", "model", lambda: supervisors[0].pid) as link:
        command = (sys.executable, "-m", "tests.device.pretend_vision", str(link.path), "remote", "judges")
        supervisors.append(Supervisor(link, command, WATCH))
        on_need = OnNeed(link, supervisors[0], WATCH)
        running = asyncio.ensure_future(on_need.run())
        yield VisionRemote(link, on_need.need, 15.0)
        await end(running)


def data(content: bytes) -> str:
    return base64.b64encode(MAGIC + content).decode()


async def created(device, key, kind, **body):
    status, made = await device.post(f"/api/auth/{kind}/", body, key)
    assert status == 201
    return made


async def sent(socket, content):
    await socket.send_json({"type": "process_frame", "frame_data": data(content)})
    return await socket.receive_json(timeout=20)


async def test_frames_are_told_to_come_back_and_sessions_go_on(device, seen, supervisors):
    _, key = await device.new_client("enroll", "authenticate")
    made = await created(device, key, "enrollment", user_id="ann", metadata={"target_samples": 3})
    other = await created(device, key, "authentication")
    frames = (msgspec.json.encode(seen(n, person=1, blinks=n // 2)) for n in range(1, 100))
    async with device.socket(made) as socket:
        assert (await sent(socket, next(frames)))["type"] == "enrollment_progress"
        for content in (b"crash", next(frames)):  # the one that it dies of, and one while it is down
            told = await sent(socket, content)
            assert (told["type"], told["error_code"]) == ("error", "vision_unavailable")
            assert 1 <= told["details"]["retry_after_s"] <= 6
        body = {"session_token": other["session_token"], "frame_data": data(next(frames))}
        path = device.url + "/api/auth/authentication/process-frame/"
        async with device.http.post(path, json=body, headers={"X-API-Key": key}) as response:
            refused = await response.json()
            assert (response.status, refused["error_code"], refused["session_status"]) == (
                503,
                "vision_unavailable",
                "in_progress",
            )
            assert 1 <= int(response.headers["Retry-After"]) <= 6
        async with asyncio.timeout(20):
            while supervisors[0].condition.life is not Life.READY:  # noqa: ASYNC110  # a condition says nothing when it changes
                await asyncio.sleep(0.05)
        told = await sent(socket, next(frames))
        while told["type"] == "enrollment_progress":
            told = await sent(socket, next(frames))
        assert told["type"] == "enrollment_complete"
    assert (await device.call("GET", f"/api/auth/session/{other['session_token']}/", key))[1]["status"] == "active"


async def test_sixteen_clients_get_their_frames_judged_evenly(device, vision, supervisors):
    await vision.judge("warm", b"ok", 1.0)
    counts = dict.fromkeys(range(16), 0)
    until = asyncio.get_running_loop().time() + 2.0

    async def insist(number: int) -> None:
        while True:
            await vision.judge(f"{number}", b"ok", 1.0)
            if asyncio.get_running_loop().time() >= until and min(counts.values()) > 5:
                return
            counts[number] += 1

    # One of them sends as fast as eight others together.
    await asyncio.gather(*(insist(number) for number in (*counts, *[0] * 7)))
    assert max(counts.values()) / min(counts.values()) <= 1.5
