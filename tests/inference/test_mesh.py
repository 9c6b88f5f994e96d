"""What is measured on mesh points alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import mesh


def face(opening: float = 3.0) -> np.ndarray:
    """Two eyes 30 px wide, 70 px apart, each lid pair `opening` px apart; everything else at the nose."""
    points = np.full((mesh.POINTS, 3), 0.0, np.float32)
    points[:, :2] = (100, 100)
    for eye, left in ((mesh.RIGHT_EYE, 50.0), (mesh.LEFT_EYE, 120.0)):
        outer, upper1, upper2, inner, lower1, lower2 = eye
        points[outer, :2], points[inner, :2] = (left, 80), (left + 30, 80)
        points[upper1, :2], points[upper2, :2] = (left + 10, 80 - opening / 2), (left + 20, 80 - opening / 2)
        points[lower2, :2], points[lower1, :2] = (left + 10, 80 + opening / 2), (left + 20, 80 + opening / 2)
    return points


@pytest.mark.parametrize("opening", [0.0, 1.5, 9.0])
def test_aspect_ratio_is_lid_distance_over_eye_width(opening):
    assert mesh.eye_aspect_ratio(face(opening)) == pytest.approx(opening / 30, abs=1e-6)


def test_eyes_are_measured_between_their_centres():
    assert mesh.eye_distance(face()) == pytest.approx(70)
    assert mesh.eye_centres(face()).tolist() == [[65, 80], [135, 80]]


def test_box_holds_every_point():
    box = mesh.box(face())
    assert (box.x, box.y, box.width, box.height) == pytest.approx((50, 78.5, 100, 21.5))


@given(scale=st.floats(0.2, 8), x=st.floats(-500, 500), y=st.floats(-500, 500), angle=st.floats(-3, 3))
def test_aspect_ratio_does_not_depend_on_place_size_or_roll(scale, x, y, angle):
    points = face(8.0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points[:, :2] = points[:, :2] @ turn.T * scale + (x, y)
    assert mesh.eye_aspect_ratio(points) == pytest.approx(8 / 30, rel=1e-2)
    assert mesh.eye_distance(points) == pytest.approx(70 * scale, rel=1e-2)


def test_a_real_face_has_open_eyes(portrait_mesh):
    assert portrait_mesh.shape == (mesh.POINTS, 3)
    assert portrait_mesh.dtype == np.float32
    assert 0.16 < mesh.eye_aspect_ratio(portrait_mesh) < 0.4
    assert 75 < mesh.eye_distance(portrait_mesh) < 95
