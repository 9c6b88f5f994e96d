"""Head pose: known turns of the generic face are found again, and a flat photo cannot fake one by sliding."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.mesh import POINTS, RIGID
from inference.pose import _GENERIC_FACE, head_pose

WIDTH, HEIGHT = 640, 480
FRONTAL = np.diag([1.0, -1.0, -1.0])
"""The generic face looks along +z with y up; before the camera it looks back along -z with y down."""


def rotation(axis: int, degrees: float) -> np.ndarray:
    vector = np.zeros(3)
    vector[axis] = math.radians(degrees)
    return np.asarray(cv2.Rodrigues(vector)[0])


def seen(turn: np.ndarray, place: tuple[float, float, float]) -> np.ndarray:
    """The mesh of the generic face turned by `turn` (face to camera) at `place` (centimetres, camera frame)."""
    points = np.zeros((POINTS, 3), np.float32)
    moved = _GENERIC_FACE @ turn.T + np.array(place)
    points[list(RIGID), 0] = WIDTH * moved[:, 0] / moved[:, 2] + WIDTH / 2
    points[list(RIGID), 1] = WIDTH * moved[:, 1] / moved[:, 2] + HEIGHT / 2
    return points


@settings(max_examples=60)
@given(yaw=st.floats(-60, 60), pitch=st.floats(-30, 30), distance=st.floats(40, 150))
def test_turns_are_found_again(yaw, pitch, distance):
    # Yaw turns about the upright axis, then pitch about the axis across: both in the camera's frame, y down.
    turn = rotation(1, -yaw) @ rotation(0, -pitch) @ FRONTAL
    pose = head_pose(seen(turn, (0, 0, distance)), WIDTH, HEIGHT)
    assert pose is not None
    assert pose.yaw == pytest.approx(yaw, abs=0.5)
    assert pose.pitch == pytest.approx(pitch, abs=0.5)


@pytest.mark.parametrize("roll", [-30, 0, 20])
def test_roll_is_clockwise_as_seen(roll):
    pose = head_pose(seen(rotation(2, roll) @ FRONTAL, (0, 0, 60)), WIDTH, HEIGHT)
    assert pose is not None
    assert pose.roll == pytest.approx(roll, abs=0.5)


@settings(max_examples=40)
@given(x=st.floats(-20, 20), y=st.floats(-15, 15))
def test_a_face_that_looks_into_the_camera_is_frontal_wherever_it_is(x, y):
    distance = 60.0
    yaw = math.degrees(math.atan2(-x, distance))
    pitch = math.degrees(math.atan2(y, math.hypot(x, distance)))
    turn = rotation(1, -yaw) @ rotation(0, -pitch) @ FRONTAL
    pose = head_pose(seen(turn, (x, y, distance)), WIDTH, HEIGHT)
    assert pose is not None
    assert abs(pose.yaw) < 1
    assert abs(pose.pitch) < 1


def test_a_mirror_image_turns_the_other_way(portrait, portrait_mesh):
    from inference.landmarks import MediaPipeFinder, MediaPipeMesher

    finder, mesher = MediaPipeFinder(), MediaPipeMesher(tracking=False)
    mirrored = np.ascontiguousarray(portrait[:, ::-1])
    (face,) = finder.find(mirrored)
    other = mesher.start(mirrored, face)
    finder.close()
    mesher.close()
    height, width = portrait.shape[:2]
    one, two = head_pose(portrait_mesh, width, height), head_pose(other, width, height)
    assert one is not None
    assert two is not None
    assert one.yaw == pytest.approx(-two.yaw, abs=3)
    assert one.pitch == pytest.approx(two.pitch, abs=3)


def test_points_that_fit_no_head_have_no_pose():
    assert head_pose(np.full((POINTS, 3), np.nan, np.float32), WIDTH, HEIGHT) is None


def test_turns_of_a_real_head_have_the_right_sign(clips):
    """By eye: at 2.2 s the person looks to the own left (the picture's right), at 9.3 s right, at 12 s down, at 14.6 s up."""
    from inference.landmarks import MediaPipeFinder, MediaPipeMesher

    finder, mesher = MediaPipeFinder(), MediaPipeMesher(tracking=False)
    video = cv2.VideoCapture(str(clips / "live_head_turns.mp4"))
    found = []
    for second in (2.2, 9.3, 12.0, 14.6):
        video.set(cv2.CAP_PROP_POS_MSEC, second * 1000)
        _, image = video.read()
        face = max(finder.find(image), key=lambda face: face.eye_distance)
        mesh = mesher.start(image, face)
        assert mesh is not None
        pose = head_pose(mesh, image.shape[1], image.shape[0])
        assert pose is not None
        found.append(pose)
    finder.close()
    mesher.close()
    left, right, down, up = found
    assert left.yaw > 15
    assert right.yaw < -15
    assert down.pitch < -20
    assert up.pitch > 15
