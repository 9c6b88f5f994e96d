"""The socket: every message of the reference field for field, lock-step, superseding, taking over, closing."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from api.settings import ApiSettings


async def create(device, kind="authentication", **body):
    _, key = await device.new_client("enroll", "authenticate")
    status, made = await device.post(f"/api/auth/{kind}/", body, key)
    assert status == 201
    return {**made, "key": key}


def message(frame, **named):
    stamp = named.pop("timestamp", None)
    sent = {"type": "process_frame", "frame_data": frame(**named)}
    return sent if stamp is None else {**sent, "timestamp": stamp}


async def told(socket):
    return await socket.receive_json(timeout=5)


async def closed(socket):
    """The close code, nothing else having come."""
    got = await socket.receive(timeout=8)
    assert got.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED), got
    return socket.close_code


@pytest.fixture
def short(device, monkeypatch):
    """Change the API's settings under the running server."""

    def change(**changed):
        settings = device.services.settings.model_copy(update=changed)
        assert isinstance(settings, ApiSettings)
        object.__setattr__(device.services, "settings", settings)

    return change


async def test_an_enrolment_from_progress_to_completion(device, frame):
    made = await create(device, "enrollment", user_id="ann", metadata={"target_samples": 5})
    async with device.socket(made) as socket:
        await socket.send_json(message(frame, person=1))
        assert await told(socket) == {
            "type": "enrollment_progress",
            "completed_samples": 1,
            "target_samples": 5,
            "quality_score": 0.9,
            "liveness_data": {"blinks_detected": 0, "motion_score": 1.0, "instruction": "turn_left"},
        }
        answer = {"type": "enrollment_progress"}
        while answer["type"] == "enrollment_progress":
            await socket.send_json(message(frame, person=1, blinks=1))
            answer = await told(socket)
    (enrollment,) = await device.store.enrollments("office", "ann")
    assert answer == {
        "type": "enrollment_complete",
        "enrollment_id": enrollment.enrollment_id,
        "completed_samples": 5,
        "liveness_verified": True,
    }


async def test_an_authentication_from_progress_to_result(device, frame, enrol):
    await enrol("ann", 1)
    made = await create(device)
    async with device.socket(made) as socket:
        await socket.send_json(message(frame, person=1))
        first = await told(socket)
        assert first == {
            "type": "authentication_progress",
            "liveness_data": {"blinks_detected": 0, "motion_score": 1.0, "instruction": "blink"},
            "instruction": "blink",
            "progress": first["progress"],
        }
        answer = first
        while answer["type"] == "authentication_progress":
            await socket.send_json(message(frame, person=1, blinks=1))
            answer = await told(socket)
    assert answer == {
        "type": "authentication_result",
        "authenticated": True,
        "user_id": "ann",
        "confidence": answer["confidence"],
    }
    assert 0.65 < answer["confidence"] <= 0.99


async def test_a_refusal_has_its_reason(device, frame, enrol):
    await enrol("ann", 1)
    made = await create(device)
    async with device.socket(made) as socket:
        answer = {"type": "authentication_progress"}
        while answer["type"] == "authentication_progress":
            await socket.send_json(message(frame, person=8, blinks=1 if "progress" in answer else 0))
            answer = await told(socket)
    assert answer == {
        "type": "authentication_result",
        "authenticated": False,
        "user_id": None,
        "confidence": None,
        "reason": "no_match",
    }


async def test_a_frame_that_cannot_be_used_is_an_error_and_the_session_goes_on(device, frame):
    made = await create(device)
    async with device.socket(made) as socket:
        await socket.send_json(message(frame, quality=0.2))
        assert await told(socket) == {
            "type": "error",
            "error_code": "poor_image_quality",
            "message": "Image quality too low",
        }
        await socket.send_json(message(frame))
        assert (await told(socket))["type"] == "authentication_progress"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("not json", "invalid_request"),
        ("[]", "invalid_request"),
        ("{}", "invalid_request"),
        ('{"type": "process_frame"}', "invalid_request"),
        ('{"type": "dance", "frame_data": ""}', "invalid_request"),
        ('{"type": "process_frame", "frame_data": "%%%"}', "invalid_frame"),
        ('{"type": "process_frame", "frame_data": "R0lGODlhAQABAAAAACw="}', "unsupported_image"),
        (json.dumps({"type": "process_frame", "frame_data": "A" * 350_000}), "frame_too_large"),
        (b"\xff\xd8\xff", "invalid_request"),
    ],
)
async def test_wrong_messages_get_one_error_each_and_the_session_goes_on(device, frame, sent, code):
    made = await create(device)
    async with device.socket(made) as socket:
        await (socket.send_bytes(sent) if isinstance(sent, bytes) else socket.send_str(sent))
        answer = await told(socket)
        assert (answer["type"], answer["error_code"]) == ("error", code)
        await socket.send_json(message(frame))
        assert (await told(socket))["type"] == "authentication_progress"


async def test_a_newer_frame_replaces_older_unanswered_ones_and_answers_keep_their_order(device, frame):
    made = await create(device)
    device.vision.gate.clear()
    async with device.socket(made) as socket:
        await socket.send_json(message(frame))
        await device.vision.begun.wait()
        await socket.send_json(message(frame))
        await socket.send_str("nonsense")
        await socket.send_json(message(frame))
        await socket.send_json(message(frame))
        await asyncio.sleep(0.1)
        device.vision.gate.set()
        answers = [await told(socket) for _ in range(5)]
        assert [answer.get("error_code", answer["type"]) for answer in answers] == [
            "authentication_progress",
            "superseded",
            "invalid_request",
            "superseded",
            "authentication_progress",
        ]
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.1)


async def test_a_client_that_is_one_frame_ahead_has_every_frame_looked_at(device, frame):
    made = await create(device)
    async with device.socket(made) as socket:
        await socket.send_json(message(frame))
        for _ in range(30):
            await socket.send_json(message(frame))
            assert (await told(socket))["type"] == "authentication_progress"


async def test_the_socket_stays_open_after_the_last_message_and_then_closes(device, frame, enrol):
    await enrol("ann", 1)
    made = await create(device)
    async with device.socket(made) as socket:
        answer = {"type": "authentication_progress"}
        while answer["type"] == "authentication_progress":
            await socket.send_json(message(frame, person=1, blinks=1 if "progress" in answer else 0))
            answer = await told(socket)
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=4.5)
        await socket.send_json(message(frame, person=1))
        assert (await told(socket))["error_code"] == "session_completed"
        assert await closed(socket) == 1000


async def test_what_opens_nothing_is_closed_with_its_code(device, frame):
    made = await create(device)
    url = made["websocket_url"]
    unknown = {"websocket_url": url.replace(made["session_token"], "11111111-1111-4111-8111-111111111111")}
    async with device.socket(unknown) as socket:
        assert await closed(socket) == 4404
    await device.call("DELETE", f"/api/auth/session/{made['session_token']}/", made["key"])
    async with device.socket(made) as socket:
        assert await closed(socket) == 4410
    async with device.http.get(url.replace("ws://", "http://")) as response:
        assert (response.status, (await response.json())["error_code"]) == (400, "invalid_request")


async def test_the_devices_own_sessions_are_no_clients(device):
    from api.records import SessionKind
    from api.terms import NewSession

    row = await device.services.sessions.create(NewSession(kind=SessionKind.AUTHENTICATION, realm="local"))
    url = f"{device.url.replace('http', 'ws', 1)}/ws/auth/process-image/{row.token}/"
    async with device.socket({"websocket_url": url}) as socket:
        assert await closed(socket) == 4404


async def test_a_newer_socket_takes_over(device, frame):
    made = await create(device)
    async with device.socket(made) as first:
        await first.send_json(message(frame))
        await told(first)
        async with device.socket(made) as second:
            assert await closed(first) == 4409
            await second.send_json(message(frame))
            assert (await told(second))["type"] == "authentication_progress"


async def test_an_idle_socket_is_closed(device, short):
    made = await create(device)
    short(socket_idle_s=0.3)
    async with device.socket(made) as socket:
        assert await closed(socket) == 4408


async def test_too_much_at_once_is_closed(device, frame):
    made = await create(device)
    device.vision.gate.clear()
    async with device.socket(made) as socket:
        await socket.send_json(message(frame))
        await device.vision.begun.wait()
        for _ in range(70):
            await socket.send_json(message(frame))
        assert await closed(socket) == 4429
    device.vision.gate.set()


async def test_a_session_that_expired_meanwhile_ends_the_clients_loop(device, frame, short):
    made = await create(device)
    short(socket_linger_s=0.2)
    async with device.socket(made) as socket:
        await socket.send_json(message(frame))
        await told(socket)
        live = device.services.sessions._sessions[made["session_token"]]
        from dataclasses import replace

        live.state = replace(live.state, terms=replace(live.state.terms, expires=0.0), faces_seen=False)
        await device.services.sessions.sweep()
        await socket.send_json(message(frame))
        answer = await told(socket)
        assert (answer["type"], answer["authenticated"], answer["reason"]) == (
            "authentication_result",
            False,
            "session_expired",
        )
        assert await closed(socket) == 4410


async def test_timestamps_must_rise_and_be_possible(device, frame):
    made = await create(device)
    now = datetime.now(UTC)

    def stamped(seconds):
        return message(frame, timestamp=(now + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"))

    async with device.socket(made) as socket:
        for seconds, right in ((0, True), (0, False), (-1, False), (3600, False), (0.05, True)):
            await socket.send_json(stamped(seconds))
            answer = await told(socket)
            assert answer["type"] == ("authentication_progress" if right else "error"), seconds
        await socket.send_json(message(frame, timestamp="yesterday"))
        assert (await told(socket))["error_code"] == "invalid_request"


async def test_our_own_protocol_greets_and_takes_binary_frames(device, image):
    made = await create(device)
    async with device.socket(made, protocols=["facekiosk.v1"]) as socket:
        assert socket.protocol == "facekiosk.v1"
        greeting = await told(socket)
        assert (greeting["type"], greeting["session_status"]) == ("session_state", "in_progress")
        await socket.send_bytes(image(person=1))
        assert (await told(socket))["type"] == "authentication_progress"


async def test_a_client_that_goes_in_the_middle_of_a_judgement_breaks_nothing(device, frame, enrol, caplog):
    await enrol("ann", 1)
    made = await create(device)
    device.vision.gate.clear()
    async with device.socket(made) as socket:
        await socket.send_json(message(frame))
        await device.vision.begun.wait()
    device.vision.gate.set()
    async with device.socket(made) as socket:
        await socket.send_json(message(frame))
        assert (await told(socket))["type"] == "authentication_progress"
    assert not caplog.records


async def test_bare_base64_is_a_frame_too(device, image):
    made = await create(device)
    async with device.socket(made) as socket:
        await socket.send_json({"type": "process_frame", "frame_data": base64.b64encode(image()).decode()})
        assert (await told(socket))["type"] == "authentication_progress"
