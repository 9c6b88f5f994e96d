"""What vision tells systemd, over a real notify socket: ready once it works, and alive while it captures."""

import asyncio
import os
import threading
from dataclasses import dataclass

import numpy as np
import pytest

from camera.capture import Capture
from camera.controls import NoControls
from camera.frame import Frame, boot_time
from camera.settings import CameraSettings
from inference import vision as program
from inference import vision_camera
from inference.channel import Seen
from inference.outlet import Outlet
from inference.settings import ProcessSettings
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


class Slow:
    """A source that delivers when told, one frame."""

    name, live, controls = "slow", False, NoControls()

    def __init__(self):
        self.delivers = threading.Event()

    def read(self):
        self.delivers.wait()
        self.delivers.clear()
        return Frame(1, boot_time(), np.zeros((120, 160, 3), np.uint8))

    def close(self):
        self.delivers.set()


def test_a_camera_has_its_time_for_the_first_frame_and_owes_them_from_then_on(monkeypatch):
    source, now = Slow(), boot_time()
    monkeypatch.setattr(vision_camera, "open_capture", lambda _: Capture(source))
    monkeypatch.setattr(vision_camera, "boot_time", lambda: now)
    duty = vision_camera.CameraDuty(ProcessSettings(camera=CameraSettings(capture_timeout_s=1.5)))
    duty.open()
    try:
        idle = []
        for seconds in (0, 6, 2):
            now += seconds
            idle.append(duty.idle)
        assert idle == [True, True, False]
        now -= 8
        source.delivers.set()
        duty._capture.take(5)
        assert not duty.idle
    finally:
        duty.close()
