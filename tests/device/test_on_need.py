"""`vision@remote` is started when it is needed and stopped when it is not, with real children."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from api.ending import end
from device.remote_vision import OnNeed
from device.settings import WatchSettings
from device.supervisor import Life, Supervisor
from device.vision_link import VisionLink

QUICK = WatchSettings(progress_s=5.0, grace_s=15.0, backoff_s=0.1, backoff_max_s=0.2)


@asynccontextmanager
async def on_need(folder: Path, idle_s: float = 0.5) -> AsyncIterator[tuple[OnNeed, VisionLink, Supervisor]]:
    supervisors: list[Supervisor] = []
    async with VisionLink("remote", folder / "s", "model", lambda: supervisors[0].pid) as link:
        command = (sys.executable, "-m", "tests.device.pretend_vision", str(link.path), "remote", "well")
        supervisors.append(Supervisor(link, command, QUICK))
        yield OnNeed(link, supervisors[0], idle_s), link, supervisors[0]


async def until_stopped(supervisor: Supervisor) -> None:
    async with asyncio.timeout(10):
        while supervisor.condition.life is not Life.STOPPED:  # noqa: ASYNC110  # a condition says nothing when it changes
            await asyncio.sleep(0.02)


async def test_an_instance_runs_while_it_is_needed(tmp_path: Path) -> None:
    async with on_need(tmp_path) as (needs, link, supervisor):
        running = asyncio.ensure_future(needs.run())
        await asyncio.sleep(0.1)
        assert supervisor.pid is None
        for _ in range(2):
            await needs.need()
            assert link.hello is not None
            await until_stopped(supervisor)
            assert link.hello is None
        await asyncio.wait_for(end(running), 5)


async def test_a_stop_that_comes_while_it_is_being_stopped_is_not_lost(tmp_path: Path) -> None:
    async with on_need(tmp_path) as (needs, _, supervisor):
        running = asyncio.ensure_future(needs.run())
        await needs.need()
        child = supervisor.pid
        assert child
        os.kill(child, signal.SIGSTOP)  # so that it does not end before it is killed
        await asyncio.sleep(1.2)
        assert supervisor.pid == child
        running.cancel()
        done, _ = await asyncio.wait({running}, timeout=8)
        assert done
        assert running.cancelled()
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
