"""What the kiosk's screen asks of people: one thing at a time, with its own reason."""

from dataclasses import replace

import pytest

from api.feedback import Feedback
from api.records import SessionKind, SessionStatus
from device.board import Phase
from device.kiosk_parts import approached, asking, enrolling
from inference.observation import Box, Measure, Observation, Quality

FACE = (Box(200, 100, 40, 50),)


def told(condition: str, instruction: str) -> Feedback:
    kind, status = SessionKind.AUTHENTICATION, SessionStatus.ACTIVE
    return Feedback("t", kind, status, None, condition=condition, instruction=instruction)


@pytest.mark.parametrize("condition", ["face_not_centered", "poor_image_quality", "face_covered"])
def test_a_challenge_is_asked_without_what_it_brings_about(condition: str) -> None:
    sign = asking(told(condition, "turn_left"))
    assert (sign.instruction, sign.condition) == ("turn_left", "")


@pytest.mark.parametrize(
    ("condition", "instruction"),
    [("too_dark", "more_light"), ("poor_image_quality", "hold_still"), ("face_covered", "lift_hat")],
)
def test_an_instruction_is_given_with_its_reason(condition: str, instruction: str) -> None:
    assert asking(told(condition, instruction)).condition == condition


def test_who_is_enrolled_sees_how_far_it_is_and_what_is_wrong() -> None:
    sign = enrolling(replace(told("too_dark", "more_light"), progress=0.4))
    assert (sign.phase, sign.condition, sign.progress) == (Phase.RESERVED, "too_dark", 0.4)
    done = enrolling(replace(told("", ""), status=SessionStatus.COMPLETED, progress=1.0))
    assert (done.instruction, done.progress) == ("hold_still", 1.0), "the test match follows"


@pytest.mark.parametrize(
    ("condition", "covered", "instruction"),
    [
        ("face_too_small", "", "move_closer"),
        ("face_not_centered", "", "look_straight"),
        ("face_covered", "eyes", "remove_sunglasses"),
        ("", "", ""),
    ],
)
def test_who_comes_near_is_told_what_to_do(condition: str, covered: str, instruction: str) -> None:
    quality = Quality(0.1, (Measure(covered, 1.0, 0.1, "face_covered"),)) if covered else None
    seen = Observation(seq=1, time=1.0, width=640, height=480, condition=condition, faces=FACE, quality=quality)
    sign = approached(seen)
    assert (sign.phase, sign.instruction, sign.condition) == (Phase.WAITING, instruction, condition)


def test_an_empty_room_is_asked_nothing() -> None:
    sign = approached(Observation(seq=1, time=1.0, width=640, height=480, condition="no_face_detected"))
    assert (sign.instruction, sign.condition) == ("", "")
