"""When the wall clock is trusted."""

import time
from pathlib import Path

import pytest

from api.clock import Clock
from device import clock
from device.clock import ManualClock, SystemClock, set_from_rtc


@pytest.fixture
def unsynchronized(monkeypatch, tmp_path) -> SystemClock:
    monkeypatch.setattr(clock, "kernel_synchronized", lambda: False)
    return SystemClock(synchronized=tmp_path / "synchronized", rtc=tmp_path / "rtc")


def test_both_are_clocks():
    clocks: list[Clock] = [SystemClock(), ManualClock()]
    assert all(one.boot_id and one.boot() > 0 and one.wall() > 0 for one in clocks)


def test_the_system_clock_is_the_systems():
    one = SystemClock()
    assert one.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert one.wall() == pytest.approx(time.time(), abs=1)
    assert one.boot() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=1)


def test_the_kernel_answers_whether_ntp_disciplines_it():
    assert clock.kernel_synchronized() in (True, False)


def test_nobody_set_it(unsynchronized):
    assert not unsynchronized.trusted()
    assert unsynchronized.dated() is None


def test_ntp_set_it_and_trust_stays_for_this_boot(unsynchronized, tmp_path):
    (tmp_path / "synchronized").touch()
    assert unsynchronized.trusted()
    (tmp_path / "synchronized").unlink()
    assert unsynchronized.dated() == pytest.approx(time.time(), abs=1)


def test_the_kernel_says_synchronized(unsynchronized, monkeypatch):
    monkeypatch.setattr(clock, "kernel_synchronized", lambda: True)
    assert unsynchronized.trusted()


def test_an_operator_set_it(unsynchronized):
    unsynchronized.set_by_operator()
    assert unsynchronized.trusted()


def test_a_real_time_clock_set_it(tmp_path):
    assert not set_from_rtc(tmp_path)
    for name, value in (("rtc0", "0\n"), ("rtc1", "1\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hctosys").write_text(value)
    shown = tmp_path / "rtc1" / "since_epoch"
    for said, kept in (("", False), ("broken", False), ("86400\n", False), (f"{time.time():.0f}\n", True)):
        shown.write_text(said)
        assert set_from_rtc(tmp_path) is kept
    assert SystemClock(rtc=tmp_path).set_by == "rtc"
    assert SystemClock(rtc=tmp_path).trusted()


def test_a_real_time_clock_behind_the_last_known_time_has_lost_its_own(tmp_path):
    (tmp_path / "rtc0").mkdir()
    (tmp_path / "rtc0" / "hctosys").write_text("1")
    (tmp_path / "rtc0" / "since_epoch").write_text(f"{time.time() - 7200:.0f}")
    floor = time.time() - 3600
    assert set_from_rtc(tmp_path, floor - 7200)
    # Wall time is past the floor, as systemd began with the time that it had saved: that it is right nobody knows.
    assert SystemClock(rtc=tmp_path, floor=floor, synchronized=tmp_path / "never").set_by == ""


def test_a_clock_behind_the_newest_row_is_wrong_whoever_set_it(unsynchronized):
    unsynchronized.set_by_operator()
    unsynchronized.floor = time.time() + 3600
    assert not unsynchronized.trusted()
    unsynchronized.floor = time.time() - 3600
    assert unsynchronized.trusted()


def test_the_manual_clock_does_as_told():
    one = ManualClock(boot=10, wall=100)
    one.advance(2.5)
    assert (one.boot(), one.wall(), one.dated()) == (12.5, 102.5, 102.5)
    one.set_wall(50, trusted=False)
    assert (one.boot(), one.wall(), one.dated()) == (12.5, 50, None)
    one.set_wall(50)
    one.floor = 60
    assert not one.trusted()
