import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.sources.demo_script import ROUND_S, SCENES, SLIDE_S, at, blink_times


def test_a_round_shows_all_three_within_a_minute_with_nobody_in_between():
    assert ROUND_S < 60
    shown = [(scene.kind, scene.subject) for scene in SCENES]
    assert shown[1::2] == [("person", "grace"), ("person", "collins"), ("photo", "grace")]
    assert {kind for kind, _ in shown[0::2]} == {"empty"}
    assert min(scene.seconds for scene in SCENES if scene.kind == "empty") >= 2


@given(st.floats(0, 1e5))
def test_every_time_lies_in_one_scene(seconds):
    moment = at(seconds)
    assert 0 <= moment.seconds <= moment.scene.seconds
    assert 0 <= moment.inside <= 1
    assert SCENES[moment.number % len(SCENES)] == moment.scene
    assert at(seconds + ROUND_S / 2).number >= moment.number


def test_subjects_come_stay_and_go():
    begins = SCENES[0].seconds
    steps = [at(begins + share * SLIDE_S).inside for share in (0, 0.25, 0.5, 0.75, 1)]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, 1)
    assert at(begins + 3).inside == 1
    assert at(begins + SCENES[1].seconds - 0.01).inside < 0.01
    assert at(1.0).inside == 0


@given(st.integers(0, 10**6), st.integers(0, 100))
def test_people_blink_about_every_two_seconds_while_they_are_there(seed, number):
    scene = SCENES[1]
    times = blink_times(scene, number, seed)
    assert times == blink_times(scene, number, seed)
    assert len(times) in (2, 3, 4)
    assert times[0] > SLIDE_S + 0.3
    assert times[-1] < scene.seconds - SLIDE_S - 0.3
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(1.6 <= gap <= 2.4 for gap in gaps)


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene.kind != "person"])
def test_photos_and_rooms_never_blink(scene):
    assert blink_times(scene, 1, 1) == []
