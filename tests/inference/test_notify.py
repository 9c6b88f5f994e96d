"""What vision tells systemd, over a real notify socket: ready once it works, and alive while it captures."""

import asyncio
import os
from dataclasses import dataclass

import pytest

from inference import vision as program
from inference.channel import Seen
from inference.outlet import Outlet
from tests.inference.vision_process import replay
from tests.notify_socket import listening

pytest.importorskip("systemd.daemon")


@dataclass
class Capturing:
    """As much of a duty as the watchdog sees."""

    captured: int = 0
    dropped: int = 0
    idle: bool = False
    at_work: None = None


class Nowhere(Outlet):
    def __init__(self) -> None:
        pass

    def offer(self, message: object) -> None:
        pass


async def test_a_vision_is_ready_once_it_is_and_fed_by_its_captures(vision, portrait_file, tmp_path, monkeypatch):
    with listening(tmp_path / "notify") as systemd:
        monkeypatch.setenv("NOTIFY_SOCKET", str(systemd.path))
        async with vision("camera", replay(portrait_file)) as (control, _):
            await control.until(Seen, 3)
            await systemd.until(lambda told: told.count() >= 2)
            assert systemd.told[0] == f"READY=1\nSTATUS=replay:{portrait_file.name} (not live)"
            control.writer.close()
            await systemd.until(lambda told: "STOPPING=1" in told.told)


async def test_the_watchdog_starves_when_captures_stop_and_not_of_idleness(tmp_path, monkeypatch):
    monkeypatch.setattr(program, "HEARTBEAT_S", 0.01)
    with listening(tmp_path / "notify") as systemd:
        monkeypatch.setenv("NOTIFY_SOCKET", os.fspath(systemd.path))
        duty = Capturing(captured=1)
        beating = asyncio.ensure_future(program._beat(duty, Nowhere()))
        await systemd.until(lambda told: told.count() == 1)
        await asyncio.sleep(0.1)
        assert systemd.count() == 1
        duty.captured = 2
        await systemd.until(lambda told: told.count() == 2)
        duty.idle = True
        await systemd.until(lambda told: told.count() >= 5)
        beating.cancel()
