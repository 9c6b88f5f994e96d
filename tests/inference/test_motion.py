"""The motion meter: a still picture scores nothing, a person something."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.landmarks import MediaPipeMesher
from inference.liveness.motion import MotionMeter
from inference.mesh import centroid, eye_distance


def sway(amplitude: float, noise: float = 0.0, fps: float = 24.0, seconds: float = 2.5, period: float = 2.0) -> MotionMeter:
    """A face that sways sideways; amplitude and noise in eye distances."""
    meter, rng = MotionMeter(), np.random.default_rng(3)
    for number in range(int(fps * seconds)):
        time = number / fps
        place = 300 + 80 * (amplitude * np.sin(2 * np.pi * time / period) + rng.normal(0, noise))
        meter.update(time, (place, 200 + 80 * rng.normal(0, noise)), 80)
    return meter


def test_a_still_face_does_not_move():
    assert sway(0).score == 0


def test_jitter_of_the_mesh_is_no_movement():
    assert sway(0, noise=0.003).score < 0.1


@pytest.mark.parametrize("fps", [6, 15, 30])
def test_a_person_who_stands_still_moves(fps):
    assert sway(0.01, fps=fps).score > 0.9


def test_nothing_is_said_before_a_second_was_seen():
    assert sway(0.1, seconds=0.9).score == 0


def test_only_the_last_two_seconds_count():
    meter = sway(0.1)
    for number in range(80):
        meter.update(10 + number / 24, (300, 200), 80)
    assert meter.score == 0


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(0, 500)), max_size=60),
)
def test_the_score_is_always_a_share(frames):
    meter = MotionMeter()
    for time, x, y, eyes in frames:
        meter.update(time, (x, y), eyes)
        assert 0 <= meter.score <= 1


def scored(images, fps, finder):
    meter, mesher = MotionMeter(), MediaPipeMesher(tracking=True)
    best, mesh = 0.0, None
    for number, image in enumerate(images):
        mesh = mesher.follow(image)
        if mesh is None:
            mesh = mesher.start(image, max(finder.find(image), key=lambda face: face.eye_distance))
        assert mesh is not None
        x, y = centroid(mesh)
        meter.update(number / fps, (float(x), float(y)), eye_distance(mesh))
        best = max(best, meter.score)
    mesher.close()
    return best, meter.score


@pytest.mark.parametrize("noise", [0, 5])
def test_a_still_photo_scores_next_to_nothing_even_with_sensor_noise(portrait, finder, noise):
    rng = np.random.default_rng(1)
    images = (np.clip(portrait + rng.normal(0, noise, portrait.shape), 0, 255).astype(np.uint8) for _ in range(55))
    best, _ = scored(images, 24, finder)
    assert best < 0.1


@pytest.mark.parametrize("name", ["live_blinks_portrait.mp4", "live_eyes_open_closed.mp4"])
def test_people_who_stand_still_score_high(clips, finder, name):
    video = cv2.VideoCapture(str(clips / name))
    images = (video.read()[1] for _ in range(75))
    _, last = scored(images, video.get(cv2.CAP_PROP_FPS), finder)
    assert last > 0.9
