"""Setting the clock: written down first, believed once it shows that time, kept over a restart, never before the floor."""

import asyncio
import time
from pathlib import Path

import pytest

from api.records import HealthEvent
from device import clock
from device.asker import asked_by
from device.clock import SystemClock
from device.clock_commands import ClockConfirm, ClockDesk, ClockGiveUp, ClockQuery, ClockSet
from device.command import OperationRefused
from device.dating import date_rows
from device.kept_time import clock_of, floor_of, keep, keep_time, read_kept, read_lowered


@pytest.fixture
def untold(monkeypatch, tmp_path: Path) -> SystemClock:
    """A clock that nobody has set."""
    monkeypatch.setattr(clock, "kernel_synchronized", lambda: False)
    monkeypatch.setattr(clock, "_SYNCHRONIZED", tmp_path / "never")
    monkeypatch.setattr(clock, "_RTC", tmp_path / "none")
    return SystemClock(synchronized=tmp_path / "never", rtc=tmp_path / "none")


async def test_setting_it_is_written_down_and_then_trusted_for_this_boot(real_store, untold, tmp_path: Path) -> None:
    desk = ClockDesk(real_store.factors, untold, "ann", tmp_path)
    assert not (await desk.carry_out(ClockQuery())).trusted
    with pytest.raises(OperationRefused) as refused:
        await desk.carry_out(ClockConfirm())
    assert refused.value.code == "time_not_set"
    assert not (await desk.carry_out(ClockSet(to=time.time()))).trusted
    state = await desk.carry_out(ClockConfirm())
    assert (state.trusted, state.set_by) == (True, "operator")
    (act,) = await real_store.factors.acts("")
    assert (act.act, act.operator) == ("clock_set", "ann")
    with asked_by(0, "bert"):
        await desk.carry_out(ClockSet(to=time.time()))
    assert (await real_store.factors.acts(""))[-1].operator == "root (sudo: bert)"
    assert act.detail["to"] == pytest.approx(time.time(), abs=5)
    await date_rows(real_store, untold)
    assert await real_store.verify() == 2
    again = SystemClock(synchronized=tmp_path / "never", rtc=tmp_path / "none")
    assert not again.trusted()
    assert clock_of(tmp_path, None).trusted()


async def test_a_time_that_was_not_set_is_not_believed(real_store, untold, tmp_path: Path) -> None:
    desk = ClockDesk(real_store.factors, untold, "ann", tmp_path)
    await desk.carry_out(ClockSet(to=time.time() + 3600))
    with pytest.raises(OperationRefused, match="does not show"):
        await desk.carry_out(ClockConfirm())
    assert not untold.trusted()
    failed = next(act for act in await real_store.factors.acts("") if act.act == "clock_set_failed")
    assert failed.detail["to"] - failed.detail["now"] == pytest.approx(3600, abs=2)
    await desk.carry_out(ClockGiveUp())
    assert len(await real_store.factors.acts("")) == 2


async def test_what_was_confirmed_is_the_floor_from_then_on(real_store, untold, tmp_path: Path) -> None:
    desk = ClockDesk(real_store.factors, untold, "ann", tmp_path)
    await desk.carry_out(ClockSet(to=time.time()))
    await desk.carry_out(ClockConfirm())
    with pytest.raises(OperationRefused, match="already written events"):
        await desk.carry_out(ClockSet(to=time.time() - 60))


async def test_a_time_before_the_newest_event_is_refused_and_nothing_written(real_store, untold, tmp_path: Path) -> None:
    untold.floor = time.time()
    desk = ClockDesk(real_store.factors, untold, "ann", tmp_path)
    with pytest.raises(OperationRefused) as refused:
        await desk.carry_out(ClockSet(to=time.time() - 3600))
    assert refused.value.code == "time_behind"
    assert await real_store.factors.acts("") == []


async def test_a_slip_into_the_future_is_asked_about_and_can_be_taken_back(real_store, untold, tmp_path: Path) -> None:
    right, wrong = time.time(), time.time() + 3650 * 86_400
    untold.floor = right - 3600
    desk = ClockDesk(real_store.factors, untold, "ann", tmp_path)
    with pytest.raises(OperationRefused, match="3650 days after") as refused:
        await desk.carry_out(ClockSet(to=wrong))
    assert refused.value.code == "time_far"
    # As if the machine had been set: everything is dated by the wrong time, and it is kept.
    untold.wall = lambda: wrong  # type: ignore[method-assign]
    await desk.carry_out(ClockSet(to=wrong, sure=True))
    await desk.carry_out(ClockConfirm())
    await real_store.add_health_event(HealthEvent("1", "clock", "ok", "", untold.boot_id, untold.boot(), wrong))
    await date_rows(real_store, untold)
    keep(tmp_path, wrong)
    del untold.wall
    assert not untold.trusted()
    with pytest.raises(OperationRefused, match="--behind"):
        await desk.carry_out(ClockSet(to=time.time(), sure=True))
    await desk.carry_out(ClockSet(to=time.time(), sure=True, behind=True))
    assert not untold.trusted(), "not before it shows that time"
    assert (await desk.carry_out(ClockConfirm())).trusted
    lowered = (await real_store.factors.acts(""))[-1]
    assert (lowered.act, lowered.detail["from"]) == ("clock_floor_lowered", round(wrong))
    assert lowered.created_at == pytest.approx(right, abs=60)
    # After a restart too, though rows of the wrong time are there.
    assert await real_store.newest_time() > right + 86_400
    floor = floor_of(tmp_path, await real_store.newest_time(read_lowered(tmp_path)))
    assert floor == pytest.approx(right, abs=60)
    assert clock_of(tmp_path, floor).trusted()
    assert await real_store.verify() == 4


def test_the_floor_is_the_later_of_row_and_kept_time(tmp_path: Path) -> None:
    assert floor_of(tmp_path, None) is None
    assert floor_of(tmp_path, 10.0) == 10.0
    keep(tmp_path, 20.4)
    assert (floor_of(tmp_path, 10.0), floor_of(tmp_path, 30.0), floor_of(tmp_path, None)) == (20.0, 30.0, 20.0)
    (tmp_path / "last-time").write_text("soon")
    assert floor_of(tmp_path, None) is None


async def test_only_a_trusted_time_is_kept(untold, tmp_path: Path) -> None:
    for trusted in (False, True):
        if trusted:
            untold.set_by_operator()
        keeping = asyncio.ensure_future(keep_time(tmp_path, untold))
        await asyncio.sleep(0)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        assert (read_kept(tmp_path) is not None) is trusted
        assert (untold.floor is not None) is trusted
