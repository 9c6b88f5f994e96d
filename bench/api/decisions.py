"""Decisions for the log: written by the store itself before the device runs, and real ones over the API while it is killed."""

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from itertools import cycle, islice

import aiohttp

from api.client import ApiClient, ApiRefused
from api.records import Attempt, SessionKind
from bench.api.served import REALM, Device, Settings
from camera.frame import boot_time
from device.clock import SystemClock
from device.config import load_config
from device.keys import load_keys
from device.lock import hold_data
from device.store.store import open_store

ONE_DECISION: Settings = {
    "vision": {"embed_interval_s": 0},
    "session": {"match_samples": 2, "match_wait_s": 0, "match_tries": 1},
}
"""A session is one decision, and ends with it."""

SHOWN = 8
"""Characters of a session's token in its events."""
_FRAMES = 4
"""Frames of a call; two usable ones make a decision."""
_AGAIN_S = 0.2
_AT_ONCE = 2


async def write(device: Device, count: int) -> list[str]:
    """So many attempts, each with its commit, while the device does not run; how their sessions are named in events."""
    config = load_config(device.config)
    clock = SystemClock()
    tokens = [str(uuid.uuid4()) for _ in range(count)]
    with hold_data(config.paths.data_dir):
        async with open_store(config.database, load_keys(config.paths.key_file)) as store:
            for token in tokens:
                await store.add_attempt(_attempt(token, clock))
    return [token[:SHOWN] for token in tokens]


def _attempt(token: str, clock: SystemClock) -> Attempt:
    return Attempt(
        attempt_id=str(uuid.uuid4()),
        session_token=token,
        realm=REALM,
        kind=SessionKind.AUTHENTICATION,
        success=False,
        user_id=None,
        confidence=0.5,
        matched_enrollment=None,
        liveness_passed=False,
        processing_time_ms=40,
        failure_reason="no_match",
        boot_id=clock.boot_id,
        boot_time=boot_time(),
        created_at=clock.dated(),
    )


async def decide(device: Device, images: Sequence[bytes], count: int, answered: list[str]) -> None:
    """Real decisions until so many were answered; whoever is refused or cut off because the device was killed tries again.

    Args:
        device: may go away and come back meanwhile.
        images: frames of one person, whom nobody enrolled.
        count: decisions.
        answered: takes how each answered decision's session is named in events.
    """
    left, pictures = iter(range(count)), cycle(images)
    async with ApiClient(device.address, device.api_key) as api:

        async def client() -> None:
            for _ in left:
                session = await _decision(api, pictures)
                answered.append(session)

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(client())


async def _decision(api: ApiClient, pictures: "Iterator[bytes]") -> str:
    while True:
        try:
            created = await api.authenticate(require_liveness=False)
            told = await api.authentication_frames(created.session_token, list(islice(pictures, _FRAMES)))
            if told.session_status in ("failed", "completed"):
                return created.session_token[:SHOWN]
        except (aiohttp.ClientError, TimeoutError, ApiRefused):
            await asyncio.sleep(_AGAIN_S)
