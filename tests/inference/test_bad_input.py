"""Frames that show nothing usable: never evidence, and a reason where one is due.."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from camera.frame import Frame
from camera.sources.demo_render import Renderer
from inference.pipeline import Pipeline
from inference.settings import VisionSettings

FPS = 15


class AnyFace:
    """An embedder to whom all are one person."""

    model_id = "any"

    def embed(self, image, landmarks):
        return np.eye(4, dtype=np.float32)[0]

    def close(self):
        """Nothing is held."""


@pytest.fixture(scope="module")
def stream():
    with Pipeline.stream(AnyFace(), VisionSettings(), 0.5) as pipeline:
        yield pipeline


@pytest.fixture(scope="module")
def renderer():
    return Renderer(640, 480, 1)


@pytest.fixture
def watch(stream, renderer):
    """Observe the person, spoiled, at these times; `pose` moves her."""
    stream.reset()

    def go(spoil=lambda image: image, pose=None, times=None, closed=lambda time: False, start=100.0):
        usual, seen = renderer.usual("grace"), []
        for time in times or [number / FPS for number in range(12)]:
            stance = usual if pose is None else replace(usual, **pose(usual))
            image = spoil(renderer.person("grace", stance, 1.0 if closed(time) else 0.0, 0.5))
            seen.append(stream.observe(Frame(len(seen), start + time, image)))
        return seen

    return go


def bar(image):
    """Sunglasses: a black bar over the eyes."""
    dark = image.copy()
    dark[195:245, 240:400] = 8
    return dark


@pytest.mark.parametrize(
    ("spoil", "reasons"),
    [
        (lambda image: np.zeros_like(image), {"no_face_detected"}),
        (lambda image: np.full_like(image, 255), {"no_face_detected"}),
        (lambda image: cv2.convertScaleAbs(image, alpha=0.12), {"too_dark", "no_face_detected"}),
        (lambda image: cv2.convertScaleAbs(image, alpha=4), {"too_bright", "no_face_detected"}),
        (lambda image: cv2.blur(image, (45, 1)), {"poor_image_quality", "no_face_detected"}),
        (lambda image: cv2.GaussianBlur(image, (0, 0), 9), {"poor_image_quality", "no_face_detected"}),
    ],
    ids=["black", "white", "dark", "saturated", "motion blur", "out of focus"],
)
def test_a_spoiled_picture_has_a_reason_and_is_not_embedded(watch, spoil, reasons):
    seen = watch(spoil)
    assert {one.condition for one in seen} <= reasons
    assert all(one.embedding is None for one in seen)


@pytest.mark.parametrize(
    "pose",
    [
        lambda usual: {"x": 8.0},
        lambda usual: {"x": 636.0},
        lambda usual: {"scale": usual.scale * 0.25},
    ],
    ids=["left half", "right half", "far away"],
)
def test_a_face_at_the_border_or_far_away_has_a_reason(watch, pose):
    seen = watch(pose=pose)
    assert {one.condition for one in seen} <= {"face_not_centered", "face_too_small", "no_face_detected", "poor_image_quality"}
    assert all(one.embedding is None for one in seen)


def test_covered_eyes_neither_blink_nor_turn(watch):
    shown = [one.liveness for one in watch(bar, times=[number / FPS for number in range(45)]) if one.liveness]
    assert all((one.blinks, one.long_closures, one.turns) == (0, 0, ()) for one in shown)


def test_a_blink_that_nobody_saw_whole_is_none(watch):
    """Times that stand still, go back, or jump past the end of a closure: what lies between is unknown."""
    open_eyes = [number / FPS for number in range(12)]
    watch(times=open_eyes)
    still = watch(times=[0.75] * 5, closed=lambda time: True)
    back = watch(times=[0.3, 0.2, 0.1], closed=lambda time: True)
    assert {one.liveness.blinks + one.liveness.long_closures for one in (*still, *back)} == {0}
    watch(times=[0.9, 0.97], closed=lambda time: True)
    jumped = watch(times=[2.6, 2.7])
    assert [one.liveness.blinks + one.liveness.long_closures for one in jumped] == [0, 0]


def test_times_that_go_back_far_raise_an_alarm(watch):
    watch(times=[10.0, 10.1, 10.2])
    assert "unordered_frames" in watch(times=[3.0])[-1].liveness.alarms


def test_closed_eyes_at_five_frames_a_second_are_told_by_how_long(watch):
    seen = watch(times=[number / 5 for number in range(14)], closed=lambda time: 1.0 <= time < 2.2)
    longest = max(one.liveness.closed_s for one in seen)
    assert 0.8 <= longest <= 1.2
    assert seen[-1].liveness.long_closures == 1
