"""`vision@remote` is started when it is needed, stopped when it is not, and recycled when it is too large, with real children."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.ending import end
from api.ports import VisionUnavailable
from camera.frame import boot_time
from device.on_need import OnNeed
from device.remote_vision import VisionRemote
from device.settings import WatchSettings
from device.supervisor import Life, Supervisor, VisionRefused
from device.vision_link import VisionLink

WATCH = WatchSettings(progress_s=5.0, grace_s=15.0, backoff_s=0.1, backoff_max_s=0.2)


@dataclass
class Needed:
    """A vision that runs on need, and what is asked of it."""

    on_need: OnNeed
    link: VisionLink
    supervisor: Supervisor
    vision: VisionRemote
    running: "asyncio.Task[None]"

    async def judge(self, image: bytes = b"ok", stream: str = "a") -> float:
        """The time of the answer's observation, 7."""
        return (await self.vision.judge(stream, image, 7.0)).time

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(15):
            while not holds():  # noqa: ASYNC110  # what is waited for says nothing when it changes
                await asyncio.sleep(0.02)

    async def until_in(self, life: Life) -> None:
        await self.until(lambda: self.supervisor.condition.life is life)


@asynccontextmanager
async def on_need(folder: Path, idle_s: float = 60.0, **changed: float) -> AsyncIterator[Needed]:
    supervisors: list[Supervisor] = []
    watch = WATCH.model_copy(update={"remote_idle_s": idle_s, **changed})
    async with VisionLink("remote", folder / "s", "model", lambda: supervisors[0].pid) as link:
        command = (sys.executable, "-m", "tests.device.pretend_vision", str(link.path), "remote", "judges")
        supervisors.append(Supervisor(link, command, watch))
        needs = OnNeed(link, supervisors[0], watch)
        running = asyncio.ensure_future(needs.run())
        yield Needed(needs, link, supervisors[0], VisionRemote(link, needs.need, 15.0), running)
        with contextlib.suppress(VisionRefused):
            await end(running)


async def test_it_runs_while_it_is_needed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with on_need(tmp_path, 0.5) as needed:
        await asyncio.sleep(0.1)
        assert needed.supervisor.pid is None
        for _ in range(2):
            assert await needed.judge() == 7.0
            assert needed.link.hello is not None
            await needed.until_in(Life.STOPPED)
            assert needed.link.hello is None
    told = [record.message for record in caplog.records if record.name == "device.on_need"]
    assert told == ["vision@remote is started: it is needed", "vision@remote is stopped: nobody needed it for 0.5 s"] * 2


async def test_a_stop_that_comes_while_it_is_being_stopped_is_not_lost(tmp_path: Path) -> None:
    async with on_need(tmp_path, 0.5) as needed:
        await needed.on_need.need()
        child = needed.supervisor.pid
        assert child
        os.kill(child, signal.SIGSTOP)  # so that it does not end before it is killed
        await asyncio.sleep(1.2)
        assert needed.supervisor.pid == child
        needed.running.cancel()
        done, _ = await asyncio.wait({needed.running}, timeout=15)
        assert done
        assert needed.running.cancelled()
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


async def test_a_frame_that_comes_while_it_is_being_stopped_waits_for_the_next(tmp_path: Path) -> None:
    async with on_need(tmp_path, 0.5) as needed:
        await needed.judge()
        child = needed.supervisor.pid
        assert child
        os.kill(child, signal.SIGSTOP)
        await asyncio.sleep(1.2)
        assert needed.link.connected.is_set()  # to the one that is being stopped
        assert await needed.judge() == 7.0
        assert needed.supervisor.pid != child


async def test_while_it_is_started_again_frames_are_told_when_to_come_back(tmp_path: Path) -> None:
    async with on_need(tmp_path, backoff_s=3.0, backoff_max_s=3.0) as needed:
        await needed.judge()
        with pytest.raises(VisionUnavailable, match="went away"):
            await needed.judge(b"crash")
        for _ in range(2):
            began = boot_time()
            with pytest.raises(VisionUnavailable, match="started again") as refused:
                await asyncio.gather(*(needed.judge(stream=f"{number}") for number in range(16)))
            assert 0.2 < boot_time() - began < 2  # soon, but not so soon that lock-step clients would send too fast
        assert 2 < refused.value.retry_after_s <= 5
        await needed.until_in(Life.READY)
        assert await needed.judge() == 7.0


async def test_one_that_hangs_over_an_image_is_started_again_though_its_client_has_given_up(tmp_path: Path) -> None:
    async with on_need(tmp_path, progress_s=2.0) as needed:
        await needed.judge()
        first = needed.supervisor.pid
        with pytest.raises(VisionUnavailable, match="did not answer"):
            await VisionRemote(needed.link, needed.on_need.need, 0.3).judge("a", b"hang", 1.0)
        await needed.until_in(Life.FAILED)
        assert "no progress" in needed.supervisor.condition.message
        await needed.until_in(Life.READY)
        assert needed.supervisor.pid != first
        assert await needed.judge() == 7.0


async def test_one_that_cannot_work_says_so_at_once(tmp_path: Path) -> None:
    async with on_need(tmp_path) as needed:
        with pytest.raises(VisionUnavailable, match="went away"):
            await needed.judge(b"model")
        await asyncio.wait({needed.running}, timeout=15)
        with pytest.raises(VisionUnavailable, match="cannot be used"):
            await needed.judge()


async def test_one_that_has_grown_is_recycled_in_a_quiet_moment(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with on_need(tmp_path, remote_memory_mb=300) as needed:
        await needed.judge(b"grow 400")
        first = needed.supervisor.pid
        for _ in range(12):
            await needed.judge()
            await asyncio.sleep(0.2)
        assert needed.supervisor.pid == first  # never quiet
        await needed.until(lambda: needed.supervisor.recycled == 1)
        assert await needed.judge() == 7.0
        assert needed.supervisor.pid != first
    assert "vision@remote is recycled: it has 400 MB, more than 300" in caplog.text


async def test_one_that_is_far_too_large_is_recycled_between_frames_and_none_is_lost(tmp_path: Path) -> None:
    async with on_need(tmp_path, remote_memory_mb=300) as needed:

        async def insist(stream: str) -> int:
            judged = 0
            while needed.supervisor.recycled == 0 or judged % 10:
                judged += int(await needed.judge(b"grow 500", stream) == 7.0)
            return judged

        assert all(await asyncio.gather(*(insist(stream) for stream in "abcd")))


async def test_a_frame_whose_client_has_gone_keeps_its_turn_until_it_is_answered(tmp_path: Path) -> None:
    async with on_need(tmp_path) as needed:
        await needed.judge()
        for number in range(6):
            leaving = asyncio.ensure_future(needed.judge(b"slow", f"{number}"))
            await asyncio.sleep(0.05)
            leaving.cancel()
        assert needed.link.owed == 2
        await needed.until(lambda: needed.link.owed == 0)
        assert await needed.judge() == 7.0
