"""The one look at the device's health: what each part comes to, since when it is well, and what a gate makes of it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.ports import StoreFull
from api.services import severity
from camera.frame import boot_time
from device.camera_rate import Rate, too_slow, wanted
from device.clock import ManualClock
from device.health import DeviceHealth, Watched
from device.health_report import refusal
from device.integrity import Integrity, model_files
from device.machine import free_mb
from device.supervisor import Condition, Life
from inference.channel import Work
from inference.manifest import load_manifest
from inference.settings import VisionSettings
from inference.thermal import hottest


class Store:
    """A store that answers as told."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.full = False

    async def ping(self) -> None:
        if self.full:
            raise StoreFull("the disk is full")

    async def check(self) -> list[str]:
        return self.problems


def vision(*, there: bool) -> Watched:
    progress = SimpleNamespace(captured=10, observed_at=boot_time(), begun=True, work=None)
    link = SimpleNamespace(hello=SimpleNamespace(live=True) if there else None, progress=progress, failing=False, failures=0)
    keeper = SimpleNamespace(condition=Condition(Life.READY if there else Life.FAILED, "" if there else "it is unplugged"))
    return Watched(cast("Any", link), cast("Any", keeper))


def health(folder: Path, *, camera: bool = True, models: Mapping[str, str] = {}) -> DeviceHealth:
    store, shipped = Store(), load_manifest().embedding
    integrity = Integrity(store, lambda: models, lambda: True)
    parts: dict[str, Any] = {"camera": vision(there=camera), "remote": vision(there=True), "store": store, "door": None}
    return DeviceHealth(
        **parts,
        model=shipped.path,
        clock=ManualClock(),
        began=boot_time(),
        data=folder,
        integrity=integrity,
        temperature=lambda: 40.0,
    )


async def test_a_device_is_good_once_looked_through_and_steady(tmp_path: Path) -> None:
    device = health(tmp_path, models={"m": ""})
    report = await device.report()
    assert report.status == "ready"
    assert set(report.checks.values()) == {""}
    assert "not looked through" in refusal(report, 0)
    await device.integrity._check()
    report = await device.report()
    assert report.checked_s is not None
    assert report.models == {"m": ""}
    assert refusal(report, 0) == ""
    assert "only" in refusal(report, 60)


async def test_a_break_begins_the_steady_time_anew(tmp_path: Path) -> None:
    device = health(tmp_path)
    device._well_since = boot_time() - 100
    assert (await device.report()).steady_s >= 100
    cast("Store", device.store).full = True
    report = await device.report()
    assert (report.status, report.steady_s, report.checks["store"]) == ("not_ready", 0.0, "the disk is full")
    assert "store: the disk is full" in refusal(report, 0)
    cast("Store", device.store).full = False
    assert (await device.report()).steady_s < 1


async def test_what_is_wrong_is_told_by_its_component(tmp_path: Path) -> None:
    device = health(tmp_path, camera=False, models={"m": "m.tflite: sha256 is another"})
    cast("Store", device.store).problems = ["page 7: MAC"]
    await device.integrity._check()
    checks = (await device.report()).checks
    assert checks["camera"] == "it is unplugged"
    assert "page 7: MAC" in checks["store"]
    assert checks["models"] == "m.tflite: sha256 is another"


async def test_a_vision_that_keeps_its_own_pauses_is_named_once_it_keeps_failing(tmp_path: Path) -> None:
    device = health(tmp_path, camera=False)
    cast("Any", device.camera.link).failing, cast("Any", device.camera.link).failures = True, 6
    assert "vision@camera has ended 6 times in a row" in (await device.readiness())["camera"]


async def test_a_data_folder_that_is_gone_is_told_and_ends_no_look(tmp_path: Path) -> None:
    device = health(tmp_path / "gone")
    report = await device.report()
    assert report.disk_free_mb is None
    assert "the data folder is gone" in report.checks["disk"]
    assert "the data folder is gone" in report.checks["store"]
    assert report.status == "not_ready"


async def test_heat_a_full_disk_and_an_unknown_time_only_degrade(tmp_path: Path, monkeypatch) -> None:
    device = health(tmp_path)
    await device.integrity._check()
    device.temperature = lambda: 90.0
    monkeypatch.setattr("device.machine.free_mb", lambda _: 12.0)
    cast("ManualClock", device.clock).set_wall(0, trusted=False)
    report = await device.report()
    assert {name for name, said in report.checks.items() if said} == {"temperature", "disk", "clock"}
    assert (report.status, refusal(report, 0)) == ("degraded", "")


async def test_a_page_that_draws_no_more_only_degrades_and_none_is_missed_that_never_was_there(tmp_path: Path) -> None:
    device = health(tmp_path)
    assert "screen" not in (await device.report()).checks
    device.beat = boot_time
    assert (await device.report()).checks["screen"] == ""
    device.beat = lambda: boot_time() - 11
    assert "works without it" in (await device.report()).checks["screen"]
    assert severity("screen", "x") == "degraded"


async def test_a_page_that_never_comes_is_missed_where_somebody_keeps_one_running(tmp_path: Path) -> None:
    device = health(tmp_path)
    now = boot_time()
    assert [device._page(now + seconds) for seconds in (0, 600)] == [None, None]
    device.page_expected = lambda: True
    assert [device._page(now + seconds) for seconds in (600, 659)] == [None, None]
    assert "has not come up" in (device._page(now + 660) or "")
    device.beat = lambda: now + 661
    assert device._page(now + 662) == ""
    assert "does not draw" in (device._page(now + 672) or "")


async def test_a_lamp_that_fails_only_degrades_and_none_is_missed_where_there_is_none(tmp_path: Path) -> None:
    device = health(tmp_path)
    assert "light" not in (await device.report()).checks
    device.light = lambda: "line 17 cannot be had"
    assert (await device.report()).checks["light"] == "line 17 cannot be had"
    assert severity("light", "x") == "degraded"


async def test_a_temperature_that_cannot_be_read_is_no_component(tmp_path: Path) -> None:
    device = health(tmp_path)
    device.temperature = lambda: None
    report = await device.report()
    assert "temperature" not in report.checks
    assert report.temperature_c is None


def test_the_rate_begins_anew_with_each_vision() -> None:
    rate = Rate()
    rate.note(0.0, 0)
    assert rate.per_second() is None
    rate.note(1.0, 30)
    assert rate.per_second() == 30.0
    rate.note(2.0, 5)
    assert rate.per_second() is None
    for second in range(3, 12):
        rate.note(float(second), 20 * second)
    assert rate.per_second() == 20.0


def test_a_live_camera_that_delivers_less_than_half_of_what_is_asked_is_told() -> None:
    def after(seconds: int, fps: int, asked: float | None, rate: Rate | None = None, began: int = 0) -> Rate:
        rate = rate or Rate()
        for second in range(began, began + seconds):
            rate.note(float(second), 1000 + fps * second, asked)
        return rate

    assert too_slow(after(7, 13, 24.0)) == ""
    assert too_slow(after(5, 11, 24.0)) == "", "not for long enough"
    assert "less than half of the 24 pictures" in too_slow(after(7, 11, 24.0))
    assert too_slow(after(7, 6, 10.0)) == "", "heat asks for less"
    assert too_slow(after(20, 1, None)) == "", "nobody is there, and the camera may rest"
    assert too_slow(after(3, 1, 24.0, after(20, 1, None), began=20)) == "", "it has just been woken"


def test_what_a_camera_is_held_to() -> None:
    def link(*, live: bool = True, idle: bool = False) -> Any:
        return SimpleNamespace(hello=SimpleNamespace(live=live), progress=SimpleNamespace(work=Work(idle, 16.0)))

    assert (wanted(link()), wanted(link(idle=True)), wanted(link(live=False))) == (16.0, None, None)


async def test_a_camera_that_is_connected_and_sees_nothing_has_failed(tmp_path: Path) -> None:
    device = health(tmp_path)
    look = await device.look()
    assert (look.checks["camera"], look.vision_age_s) == ("", pytest.approx(0, abs=1))
    device.camera.link.progress.observed_at -= 6
    look = await device.look()
    assert "nothing was seen" in look.checks["camera"]
    assert look.vision_age_s == pytest.approx(6, abs=1)
    assert severity("rate", "x") == "degraded"


def test_the_machine(tmp_path: Path) -> None:
    assert (free_mb(tmp_path) or 0) > 0
    assert hottest(tmp_path) is None
    for number, text in enumerate(("41000\n", "65500\n", "broken")):
        (tmp_path / f"thermal_zone{number}").mkdir()
        (tmp_path / f"thermal_zone{number}" / "temp").write_text(text)
    assert hottest(tmp_path) == 65.5


def test_the_models_in_use_are_looked_at_and_no_other(tmp_path: Path, install_embedding) -> None:
    install_embedding(tmp_path / "broken", "broken", b"a network")
    (tmp_path / "broken" / load_manifest().embedding.file).write_bytes(b"something else")
    settings, shipped = VisionSettings(models=tmp_path), load_manifest().embedding.id
    assert model_files(settings, [shipped])[shipped] == ""
    assert "broken" not in model_files(settings, [shipped])
    assert "sha256" in model_files(settings, [shipped, "broken"])["broken"]


async def test_damage_in_the_database_is_found(real_store) -> None:
    integrity = Integrity(real_store, dict, lambda: True)
    await integrity._check()
    assert integrity.store == ""


@pytest.mark.parametrize("idle", [False, True])
async def test_nothing_is_looked_through_while_somebody_waits(idle: bool) -> None:
    store = Store()
    integrity = Integrity(store, dict, lambda: idle)
    running = asyncio.ensure_future(integrity.run(look_s=0.01))
    await asyncio.sleep(0.1)
    running.cancel()
    assert (integrity.checked_at is not None) is idle
