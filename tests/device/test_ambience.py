"""When the screen rests, when a face is lit, and that it reaches board and lamp."""

import asyncio
from types import SimpleNamespace

import msgspec
import pytest

from device.ambience import Ambience, keep_ambience
from device.board import Board, Notice, Phase, Sign
from device.clock import SystemClock
from device.feed import Feed
from device.lights.base import LightFailed
from device.lights.drivers import make_light
from device.lights.gpio import GpioLight
from device.lights.simulated import SimulatedLight
from device.settings import LightSettings
from inference.observation import Box, Observation

FACE = (Box(200, 100, 200, 250),)
RULES = LightSettings(dim_after_s=10, linger_s=2)


def nobody(*, idle: bool = True) -> Observation:
    return Observation(seq=1, time=0, width=640, height=480, condition="no_face_detected", idle=idle)


def somebody(condition: str = "") -> Observation:
    return Observation(seq=1, time=0, width=640, height=480, condition=condition, faces=FACE, track=1)


def test_the_screen_rests_while_nobody_is_there_and_wakes_with_the_first_motion() -> None:
    ambience = Ambience(RULES)
    for now in range(11):
        ambience.seen(nobody(), now)
        assert not ambience.dimmed
    ambience.seen(nobody(), 10.5)
    assert ambience.dimmed
    ambience.seen(nobody(idle=False), 10.6)
    assert not ambience.dimmed


def test_a_dark_face_is_lit_until_it_has_gone() -> None:
    ambience = Ambience(RULES)
    ambience.seen(somebody("too_dark"), 1.0)
    assert not ambience.lit
    ambience.seen(somebody("too_dark"), 1.5)
    assert ambience.lit
    ambience.seen(somebody(), 5.0)
    ambience.seen(nobody(), 6.9)
    assert ambience.lit
    ambience.seen(nobody(), 7.1)
    assert not ambience.lit


def test_somebody_who_moves_in_the_dark_is_lit_until_nobody_stirs() -> None:
    ambience, dark = Ambience(RULES), msgspec.structs.replace(nobody(idle=False), grey=12.0)
    for now in (1.0, 1.5):
        ambience.seen(dark, now)
    assert ambience.lit
    ambience.seen(msgspec.structs.replace(nobody(), grey=12.0), 3.0)
    assert ambience.lit
    ambience.seen(msgspec.structs.replace(nobody(), grey=12.0), 3.6)
    assert not ambience.lit
    for now in (4.0, 4.5, 5.0):
        ambience.seen(msgspec.structs.replace(nobody(idle=False), grey=90.0), now)
    assert not ambience.lit


def test_one_dark_frame_is_a_shadow_and_no_light_is_made_where_none_is_wanted() -> None:
    ambience, never = Ambience(RULES), Ambience(LightSettings(fill=False))
    for now, condition in ((1.0, "too_dark"), (1.4, ""), (1.6, "too_dark")):
        ambience.seen(somebody(condition), now)
        assert not ambience.lit
    for now in (1.0, 2.0, 3.0):
        never.seen(somebody("too_dark"), now)
    assert not never.lit


class Broken(SimulatedLight):
    def switch(self, *, on: bool) -> None:
        raise LightFailed("no such line")


@pytest.mark.parametrize("light", [SimulatedLight(), Broken()])
async def test_board_and_lamp_follow_and_what_is_shown_stays(light: SimulatedLight) -> None:
    observations: Feed[Observation] = Feed()
    board, rules = Board(), LightSettings(linger_s=0.5)
    board.note(Notice(source="demo"))
    task = asyncio.ensure_future(keep_ambience(observations, board, light, rules, SystemClock()))
    try:
        async with asyncio.timeout(10):
            while not board.sign.fill:
                observations.publish(somebody("too_dark"))
                await asyncio.sleep(0.05)
            board.show(Sign(phase=Phase.VISIT))
            assert (board.sign.fill, board.sign.notice.source) == (True, "demo")
            assert light.on is not isinstance(light, Broken)
            while board.sign.fill:  # noqa: ASYNC110  # the camera says nothing any more
                await asyncio.sleep(0.05)
        await asyncio.sleep(0)
        assert light.on is False
    finally:
        task.cancel()


class FakeGpiod:
    """The part of gpiod 2 that is used."""

    line = SimpleNamespace(Value=SimpleNamespace(ACTIVE=1, INACTIVE=0), Direction=SimpleNamespace(OUTPUT="output"))

    def __init__(self) -> None:
        self.said: list[object] = []

    def LineSettings(self, **settings: object) -> dict[str, object]:  # noqa: N802
        return settings

    def request_lines(self, chip: str, consumer: str, config: dict[int, dict[str, object]]) -> "FakeGpiod":
        if chip == "/dev/gpiochip9":
            raise FileNotFoundError(2, "No such file or directory")
        self.said.append((chip, consumer, config))
        return self

    def set_value(self, line: int, value: int) -> None:
        self.said.append((line, value))

    def release(self) -> None:
        self.said.append("released")


def test_a_lamp_at_a_line_shines_and_is_off_at_the_end() -> None:
    gpiod = FakeGpiod()
    with GpioLight("/dev/gpiochip0", 17, active_low=True, library=gpiod) as light:
        light.switch(on=True)
        assert light.on
    wanted = {17: {"direction": "output", "output_value": 0, "active_low": True}}
    assert gpiod.said == [("/dev/gpiochip0", "facekiosk light", wanted), (17, 1), (17, 0), "released"]
    with pytest.raises(LightFailed, match="line 17 of /dev/gpiochip9 cannot be had"):
        GpioLight("/dev/gpiochip9", 17, library=gpiod)


def test_without_a_lamp_the_light_is_simulated() -> None:
    with make_light(LightSettings()) as light:
        light.switch(on=True)
        assert light.on
    assert not light.on
