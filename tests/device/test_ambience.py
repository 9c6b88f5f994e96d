"""When the screen rests, when a face is lit, and that it reaches board and lamp."""

import asyncio

import msgspec

from device.ambience import Ambience, keep_ambience
from device.board import Board, Notice, Phase, Sign
from device.clock import SystemClock
from device.feed import Feed
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


async def test_board_and_lamp_follow_and_what_is_shown_stays() -> None:
    light = SimulatedLight()
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
            assert light.on
            while board.sign.fill:  # noqa: ASYNC110  # the camera says nothing any more
                await asyncio.sleep(0.05)
        await asyncio.sleep(0)
        assert not light.on
    finally:
        task.cancel()
