"""Vision as systemd's units: who may connect, what is told, and what control does about one that goes away or hangs."""

import asyncio
import contextlib
import os
import pwd
import signal
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from device.config import Config
from device.models import configured
from device.on_need import OnNeed
from device.settings import WatchSettings
from device.supervisor import Life, VisionRefused
from device.vision_link import VisionLink
from device.vision_unit import UnitKeeper, vision_unit
from inference.settings import ProcessSettings

WATCH = WatchSettings(progress_s=1.0, grace_s=8.0)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():  # noqa: ASYNC110  # what is waited for says nothing when it changes
            await asyncio.sleep(0.02)


async def like_systemd(link: VisionLink, wanted: Path, manners: list[str], pids: list[int]) -> None:
    """Start vision while it is wanted, and again when it has ended, one manner after the other."""
    while True:
        await asyncio.sleep(0.02)
        if not os.path.exists(wanted):  # noqa: PTH110, ASYNC240
            continue
        manner = manners.pop(0) if len(manners) > 1 else manners[0]
        command = (sys.executable, "-m", "tests.device.pretend_vision", str(link.path), link.instance, manner)
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        pids.append(process.pid)
        try:
            await process.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
                await process.wait()


@asynccontextmanager
async def unit(folder: Path, instance: str, *manners: str) -> AsyncIterator[tuple[VisionLink, UnitKeeper, list[int]]]:
    wanted, pids = folder / "wanted", list[int]()
    async with VisionLink(instance, folder / "s", "model", None) as link:  # type: ignore[arg-type]
        systemd = asyncio.ensure_future(like_systemd(link, wanted, list(manners), pids))
        try:
            yield link, UnitKeeper(link, WATCH, wanted), pids
        finally:
            systemd.cancel()
            await asyncio.gather(systemd, return_exceptions=True)


async def test_one_that_dies_is_noticed_and_taken_again(tmp_path: Path) -> None:
    async with unit(tmp_path, "camera", "well") as (link, keeper, pids):
        running = asyncio.ensure_future(keeper.run())
        await until(lambda: keeper.condition.life is Life.READY)
        os.kill(pids[0], signal.SIGKILL)
        await until(keeper.down.is_set)
        assert "went away" in keeper.condition.message
        await until(lambda: keeper.condition.life is Life.READY)
        assert keeper.condition.restarts == 1
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert keeper.condition.life is Life.STOPPED
        assert link.hello is None
        assert not (tmp_path / "wanted").exists()


async def test_one_that_captures_and_sees_nothing_is_hung_up_on(tmp_path: Path) -> None:
    async with unit(tmp_path, "camera", "blind", "well") as (_, keeper, pids):
        running = asyncio.ensure_future(keeper.run())
        await until(keeper.down.is_set)
        assert "made no progress for 1 s" in keeper.condition.message
        await until(lambda: keeper.condition.life is Life.READY)
        assert len(pids) == 2
        running.cancel()


async def test_why_it_ended_is_told(tmp_path: Path) -> None:
    async with unit(tmp_path, "camera", "absent") as (_, keeper, _):
        running = asyncio.ensure_future(keeper.run())
        await until(keeper.down.is_set)
        assert keeper.condition.message == "the source is absent"
        running.cancel()


async def test_remote_runs_while_it_is_needed(tmp_path: Path) -> None:
    async with unit(tmp_path, "remote", "judges") as (link, keeper, pids):
        needs = OnNeed(link, keeper, WATCH.model_copy(update={"remote_idle_s": 0.3}))
        running = asyncio.ensure_future(needs.run())
        for count in (1, 2):
            await needs.need()
            assert (await link.ask("a", b"\xff\xd8\xffok", 7.0, track=True)).observation is not None
            assert len(pids) == count
            await until(lambda: not (tmp_path / "wanted").exists())
        running.cancel()


async def test_another_user_may_not_connect(tmp_path: Path) -> None:
    async with VisionLink("camera", tmp_path / "s", "model", None, frozenset({os.getuid() + 1}), group=os.getgid()) as link:
        assert stat.S_IMODE(link.path.stat().st_mode) == 0o660
        reader, writer = await asyncio.open_unix_connection(link.path)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        assert link.hello is None
        writer.close()
        await writer.wait_closed()


def configuration(folder: Path, user: str) -> Config:
    """A configuration whose sockets lie in the folder."""
    config = Config()
    paths = config.paths.model_copy(update={"run_dir": folder})
    watch = WatchSettings(keeper="systemd", camera_user=user, backoff_s=2.5, backoff_max_s=70)
    return config.model_copy(update={"paths": paths, "watch": watch})


async def test_what_the_unit_reads_lies_beside_the_socket(tmp_path: Path) -> None:
    config = configuration(tmp_path, pwd.getpwuid(os.getuid()).pw_name)
    async with vision_unit("camera", config, configured(config.vision)) as (link, _):
        told = ProcessSettings.model_validate_json(link.path.with_suffix(".json").read_text())
    assert told.camera == config.camera.model_copy(update={"source": "camera"}), "no demo in place of a camera"
    assert (told.backoff_s, told.backoff_max_s) == (2.5, 70)


async def test_a_user_that_is_not_there_is_said(tmp_path: Path) -> None:
    config = configuration(tmp_path, "nobody-of-this-name")
    with pytest.raises(VisionRefused, match="no user nobody-of-this-name"):
        await vision_unit("camera", config, configured(config.vision)).__aenter__()
