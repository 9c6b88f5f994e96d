"""The supervisor with real children: restarts, hangs, ends, and nobody left behind."""

import asyncio
import contextlib
import gc
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from device import supervisor as supervisor_module
from device.settings import WatchSettings
from device.supervisor import POLL_S, Life, Supervisor, VisionRefused, scrubbed
from device.vision_link import VisionLink

QUICK = WatchSettings(progress_s=1.0, grace_s=8.0, backoff_s=0.1, backoff_max_s=0.2)


@asynccontextmanager
async def supervised(folder: Path, manner: str, settings: WatchSettings = QUICK) -> AsyncIterator[tuple[VisionLink, Supervisor]]:
    supervisors: list[Supervisor] = []
    async with VisionLink("camera", folder / "s", "model", lambda: supervisors[0].pid) as link:
        command = (sys.executable, "-m", "tests.device.pretend_vision", str(link.path), "camera", manner)
        supervisors.append(Supervisor(link, command, settings, final=frozenset({"model", "absent"})))
        yield link, supervisors[0]


@asynccontextmanager
async def running(supervisor: Supervisor) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.ensure_future(supervisor.run())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, VisionRefused):
            await task


async def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  # what is waited for says nothing when it changes
            await asyncio.sleep(0.02)


async def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    async with supervised(tmp_path, "well") as (link, supervisor), running(supervisor):
        await until(lambda: supervisor.condition.life is Life.READY)
        first = supervisor.pid
        assert first
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.condition.life is Life.FAILED)
        assert link.hello is None
        assert "status -9" in supervisor.condition.message
        await until(lambda: supervisor.condition.life is Life.READY)
        assert supervisor.pid != first
        assert supervisor.condition.restarts == 1
        with link.observations.subscribe() as subscription:
            await subscription.get()
    assert supervisor.condition.life is Life.STOPPED
    assert supervisor.pid is None


@pytest.mark.parametrize("manner", ["hangs", "blind"])
async def test_a_child_without_progress_is_started_again(tmp_path: Path, manner: str) -> None:
    async with supervised(tmp_path, manner) as (_, supervisor), running(supervisor):
        await until(lambda: supervisor.condition.life is Life.FAILED)
        assert "made no progress for 1 s" in supervisor.condition.message


async def test_a_stopped_child_is_killed(tmp_path: Path) -> None:
    async with supervised(tmp_path, "well") as (_, supervisor), running(supervisor):
        await until(lambda: supervisor.condition.life is Life.READY)
        first = supervisor.pid
        assert first
        os.kill(first, signal.SIGSTOP)
        await until(lambda: supervisor.condition.restarts > 0)
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)


@pytest.mark.parametrize(
    ("manner", "why"), [("deaf", "did not connect within 2 s"), ("dies", "status 3"), ("garbage", "ended with status")]
)
async def test_a_child_that_never_works_is_started_again_and_again(tmp_path: Path, manner: str, why: str) -> None:
    settings = QUICK.model_copy(update={"grace_s": 1.0 if manner == "deaf" else 5.0})
    async with supervised(tmp_path, manner, settings) as (_, supervisor), running(supervisor):
        await until(lambda: supervisor.condition.restarts >= 1 and supervisor.condition.life is Life.FAILED)
        assert why in supervisor.condition.message


async def test_a_child_that_starts_slowly_is_given_more_time_by_and_by(tmp_path: Path) -> None:
    async with supervised(tmp_path, "slow", QUICK.model_copy(update={"grace_s": 1.0})) as (_, supervisor), running(supervisor):
        await until(lambda: supervisor.condition.life is Life.READY, 30)
        assert supervisor.condition.restarts >= 1


async def test_a_crash_loop_ends_in_a_state_that_says_so_and_is_left_again(tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"backoff_s": 0.1, "backoff_max_s": 0.1})
    async with supervised(tmp_path, "dies", settings) as (link, supervisor), running(supervisor):
        await until(lambda: supervisor.condition.life is Life.LOOPING, 40)
        assert link.failing
        assert "vision@camera has ended 5 times in a row" in supervisor.condition.message
        assert "status 3" in supervisor.condition.message
        supervisor._command = (*supervisor._command[:-1], "well")
        await until(lambda: supervisor.condition.life is Life.READY)
        assert not link.failing
        assert not supervisor.down.is_set()


async def test_a_child_that_never_connects_loops_however_long_it_may_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "STEADY_S", 0.3)
    monkeypatch.setattr(supervisor_module, "POLL_S", 0.05)
    settings = WatchSettings.model_construct(grace_s=0.1, progress_s=1.0, backoff_s=0.01, backoff_max_s=0.01)
    async with supervised(tmp_path, "deaf", settings) as (_, supervisor), running(supervisor):
        await until(lambda: supervisor.condition.life is Life.LOOPING, 30)
        assert "ended 5 times in a row: vision@camera is started again: it did not connect" in supervisor.condition.message


async def test_watching_for_long_keeps_nothing(tmp_path: Path) -> None:
    def waits() -> int:
        return sum(isinstance(each, asyncio.Future) for each in gc.get_objects())

    async with supervised(tmp_path, "well") as (_, supervisor), running(supervisor):
        await until(lambda: supervisor.condition.life is Life.READY)
        before = waits()
        await asyncio.sleep(12 * POLL_S)
        assert waits() < before + 6


async def test_a_source_that_is_over_is_no_crash(tmp_path: Path) -> None:
    async with supervised(tmp_path, "ended") as (_, supervisor), running(supervisor) as task:
        await task
        assert supervisor.condition.life is Life.ENDED
        assert supervisor.condition.message == "the source is ended"


async def test_a_final_reason_ends_the_supervision(tmp_path: Path) -> None:
    async with supervised(tmp_path, "absent") as (_, supervisor):
        with pytest.raises(VisionRefused, match="the source is absent"):
            await supervisor.run()
        assert supervisor.pid is None


def test_the_pause_between_restarts_doubles_up_to_its_longest(tmp_path: Path) -> None:
    settings = WatchSettings(backoff_s=0.5, backoff_max_s=30)
    supervisor = Supervisor(VisionLink("camera", tmp_path / "s", "model", os.getpid), (), settings)
    assert [supervisor.pause(failures) for failures in (1, 2, 3, 7, 1000)] == [0.5, 1, 2, 30, 30]


def test_children_get_nothing_of_controls_environment() -> None:
    assert scrubbed({"PATH": "/bin", "FACEKIOSK_SECRET": "x", "AWS_KEY": "y", "LANG": "C"}) == {"PATH": "/bin", "LANG": "C"}


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    leash = Path(__file__).parents[2] / "device" / "leash.py"
    script = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, {str(leash)!r}, str(os.getpid()), '/bin/sleep', '60'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        watched = os.pidfd_open(child)
        while "sleep" not in Path(f"/proc/{child}/comm").read_text():
            pass
        parent.kill()
    poll = select.poll()
    poll.register(watched)
    assert poll.poll(5000)
    os.close(watched)
