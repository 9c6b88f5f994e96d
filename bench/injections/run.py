"""One injected session after another, over REST and over the socket in turn, and what came of each."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.injections.parts import Tally
from bench.injections.served import Device
from bench.injections.streams import COUNT, FPS, INJECTIONS, Clip, encoded, noisy

PROTOCOL = "facekiosk.v1"
DAY_S = 25 * 3600.0
"""Seconds between two sessions whose frames may come from the same part of a clip, so that each stands for itself."""
MOST_S = 20.0
"""Seconds after which a session that still goes on is given up; the stream is sent again from its beginning meanwhile."""


async def enrol(device: Device, clip: Clip) -> None:
    """The clip's person, from pictures spread over it."""
    created = await _post(
        device,
        "/api/auth/enrollment/",
        {"user_id": clip.name, "require_liveness": False, "metadata": {"target_samples": 5}, "protocol": PROTOCOL},
    )
    step = max(1, len(clip.frames) // 24)
    for image in encoded(clip.frames[::step]):
        device.clock.advance(1.0)
        body = {"session_token": created["session_token"], "frame_data": base64.b64encode(image).decode()}
        if (await _post(device, "/api/auth/enrollment/process-frame/", body))["session_status"] != "in_progress":
            return
    raise RuntimeError(f"{clip.name} could not be enrolled")


async def live(device: Device, clips: Sequence[Clip], count: int, chance: np.random.Generator) -> Tally:
    """The clips as they are, in parts that follow each other, none twice a day: what is raised on them is a false alarm."""
    tally, number = Tally(), 0
    while number < count:
        device.clock.advance(DAY_S)
        shift = int(chance.integers(0, COUNT // 2))
        parts = [clip.frames[at : at + COUNT] for clip in clips for at in range(shift, len(clip.frames) - COUNT + 1, COUNT)]
        for part in parts[: count - number]:
            images = encoded([noisy(frame, chance, 1.0) for frame in part], int(chance.integers(75, 96)))
            await _session(device, images, over_socket=bool(number % 2), tally=tally, whole=True)
            number += 1
    return tally


async def inject(device: Device, kind: str, clips: Sequence[Clip], count: int, chance: np.random.Generator) -> Tally:
    """`count` sessions of one kind of injection."""
    tally = Tally()
    for number in range(count):
        device.clock.advance(DAY_S)
        one, other = chance.permutation(len(clips))[:2]
        frames, others = clips[one].part(chance), clips[other].part(chance)
        images = encoded(INJECTIONS[kind](frames, others, chance))
        if kind == "cross-session":
            await _session(device, images, over_socket=False, tally=Tally())
            images = encoded(frames, int(chance.integers(60, 92))) if number % 2 else images
        await _session(device, images, over_socket=bool(number % 2), tally=tally)
    return tally


async def _session(device: Device, images: list[bytes], *, over_socket: bool, tally: Tally, whole: bool = False) -> None:
    """Send a stream until it is decided; `whole`: one pass and no more."""
    created = await _post(device, "/api/auth/authentication/", {"protocol": PROTOCOL})
    send = _over_socket if over_socket else _over_rest
    told = await send(device, created, images, len(images) if whole else int(MOST_S * FPS))
    tally.sessions += 1
    tally.over_socket += over_socket
    tally.accepted += bool(told.get("authenticated"))
    raised = bool(device.vision.alarms.pop(device.vision.newest, ()))
    for attempt in device.newest:
        if attempt.session_token == created["session_token"]:
            raised |= str(attempt.detail.get("liveness", {}).get("integrity", "")).startswith("failed")
            said = attempt.detail.get("liveness", {}).get("reason", "")
            tally.reasons["accepted" if attempt.success else f"{attempt.failure_reason} ({said})"] += 1
    tally.alarmed += raised
    device.clock.advance(1.0)
    await device.sessions.cancel(created["session_token"])


async def _over_rest(device: Device, created: dict[str, Any], images: list[bytes], most: int) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for number in range(most):
        device.clock.advance(1 / FPS)
        data = base64.b64encode(images[number % len(images)]).decode()
        body = {"session_token": created["session_token"], "frame_data": data}
        told = await _post(device, "/api/auth/authentication/process-frame/", body)
        if told.get("session_status") != "in_progress":
            break
    return told


async def _over_socket(device: Device, created: dict[str, Any], images: list[bytes], most: int) -> dict[str, Any]:
    async with device.http.ws_connect(created["websocket_url"], protocols=(PROTOCOL,)) as socket:
        await socket.receive_json()
        for number in range(most):
            device.clock.advance(1 / FPS)
            await socket.send_bytes(images[number % len(images)])
            told: dict[str, Any] = await socket.receive_json()
            if told["type"] == "authentication_result":
                return told
    return {}


async def _post(device: Device, path: str, body: dict[str, Any]) -> dict[str, Any]:
    async with device.http.post(device.url + path, json=body, headers={"X-API-Key": device.key}) as response:
        told: dict[str, Any] = await response.json()
        return told
