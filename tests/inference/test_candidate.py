"""The candidate rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.candidate import Rule, choose, in_zone
from inference.observation import Box
from inference.settings import ZoneSettings
from inference.stages import Face

RULE = Rule(ZoneSettings(left=0.25, top=0.1, width=0.5, height=0.8), ratio=1.6, min_eye_distance=30)
WIDTH, HEIGHT = 640, 480


def face(eyes: float, x: float = 320, y: float = 240) -> Face:
    return Face(Box(x - eyes, y - eyes, 2 * eyes, 2 * eyes), eyes)


def condition(*faces: Face) -> tuple[int | None, str]:
    choice = choose(faces, RULE, WIDTH, HEIGHT)
    return choice.index, choice.condition


def test_nobody():
    assert condition() == (None, "no_face_detected")


def test_one_in_the_zone():
    assert condition(face(60)) == (0, "")


def test_bystanders_are_behind():
    assert condition(face(30, 100), face(80), face(49, 500)) == (1, "")


def test_two_in_front_are_nobody():
    assert condition(face(80), face(51, 500)) == (None, "multiple_faces")


def test_somebody_as_large_beside_the_zone_counts():
    assert condition(face(80), face(80, 40)) == (None, "multiple_faces")


def test_the_largest_is_named_when_it_is_beside_the_zone():
    assert condition(face(30), face(80, 20)) == (1, "face_not_centered")


@pytest.mark.parametrize(("eyes", "expected"), [(29.9, "face_too_small"), (30, "")])
def test_too_far_away(eyes, expected):
    assert condition(face(eyes)) == (0, expected)


@given(
    faces=st.lists(
        st.builds(face, st.floats(5, 200), st.floats(0, WIDTH), st.floats(0, HEIGHT)),
        max_size=5,
    )
)
def test_a_usable_candidate_dominates_and_stands_in_the_zone(faces):
    choice = choose(faces, RULE, WIDTH, HEIGHT)
    if choice.index is None:
        assert choice.condition in {"no_face_detected", "multiple_faces"}
        return
    chosen = faces[choice.index]
    others = [other for index, other in enumerate(faces) if index != choice.index]
    assert all(chosen.eye_distance >= RULE.ratio * other.eye_distance for other in others)
    if choice.condition == "":
        assert in_zone(chosen, RULE.zone, WIDTH, HEIGHT)
        assert chosen.eye_distance >= RULE.min_eye_distance


@given(order=st.permutations([face(90), face(40, 100), face(30, 600)]))
def test_the_order_of_faces_does_not_matter(order):
    assert order[choose(order, RULE, WIDTH, HEIGHT).index or 0].eye_distance == 90
