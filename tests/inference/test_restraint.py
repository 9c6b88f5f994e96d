import asyncio

from inference.restraint import Restraint, sleep_unless_changed


def test_early_ends_are_counted_until_a_life_lasts(tmp_path):
    restraint = Restraint(tmp_path / "crashes")
    assert [restraint.begin() for _ in range(3)] == [0, 1, 2]
    restraint.forgive()
    restraint.forgive()
    assert restraint.begin() == 0
    assert [path.name for path in tmp_path.iterdir()] == ["crashes"]


def test_a_count_that_cannot_be_read_is_none(tmp_path):
    (tmp_path / "crashes").write_bytes(b"\xffmany")
    assert Restraint(tmp_path / "crashes").begin() == 0


def test_pauses_double_up_to_the_longest(tmp_path):
    restraint = Restraint(tmp_path / "crashes", first_s=0.5, longest_s=30)
    assert [restraint.pause(failures) for failures in (0, 1, 2, 3, 7, 1000)] == [0, 0.5, 1, 2, 30, 30]


async def test_a_pause_ends_when_a_camera_comes():
    found = iter([set(), set(), {"video0"}])
    async with asyncio.timeout(5):
        await sleep_unless_changed(600, lambda: next(found))
