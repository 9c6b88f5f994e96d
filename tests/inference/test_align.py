"""The similarity from landmarks to the template, and the chip it cuts."""

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from inference.align import AlignmentError, align, fit_similarity, template_points, warp
from inference.manifest import Alignment

TEMPLATE = Alignment(
    ((33,), (133,), (362,), (263,), (2,)), ((35.6, 46.0), (59.2, 47.1), (88.7, 47.2), (112.3, 46.0), (74.0, 86.0))
)
TARGETS = np.array(TEMPLATE.targets)


def similarity(scale: float, angle: float, shift: tuple[float, float]) -> np.ndarray:
    turn = scale * np.exp(1j * angle)
    return np.array([[turn.real, -turn.imag, shift[0]], [turn.imag, turn.real, shift[1]]])


def applied(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ matrix[:, :2].T + matrix[:, 2]


def mesh(five: np.ndarray) -> np.ndarray:
    landmarks = np.full((478, 2), np.nan)
    landmarks[[33, 133, 362, 263, 2]] = five
    return landmarks


@given(st.floats(0.2, 8), st.floats(-3, 3), st.tuples(st.floats(-500, 500), st.floats(-500, 500)))
def test_a_known_similarity_is_recovered(scale: float, angle: float, shift: tuple[float, float]) -> None:
    known = similarity(scale, angle, shift)
    assert np.allclose(fit_similarity(TARGETS, applied(known, TARGETS)), known, atol=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_no_other_similarity_fits_better(seed: int) -> None:
    random = np.random.default_rng(seed)
    source, target = random.normal(0, 50, (5, 2)), random.normal(0, 50, (5, 2))
    assume(source.std() > 1)
    best = fit_similarity(source, target)
    error = np.square(applied(best, source) - target).sum()
    a, b = best[0, 0] + random.normal(0, 0.01), best[1, 0] + random.normal(0, 0.01)
    other = np.array([[a, -b, best[0, 2] + random.normal()], [b, a, best[1, 2] + random.normal()]])
    assert error <= np.square(applied(other, source) - target).sum() + 1e-9


def test_mirrored_points_get_a_rotation_never_a_reflection() -> None:
    mirrored = TARGETS * (-1, 1)
    fit = fit_similarity(TARGETS, mirrored)
    assert np.linalg.det(fit[:, :2]) > 0


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.full((5, 2), np.nan), np.full((5, 2), np.inf)])
def test_points_without_a_similarity_are_refused(points: np.ndarray) -> None:
    with pytest.raises(AlignmentError):
        fit_similarity(points, TARGETS)
    if not np.isfinite(points).all():
        with pytest.raises(AlignmentError):
            fit_similarity(TARGETS, points)


def test_landmarks_that_are_too_few_are_refused() -> None:
    with pytest.raises(AlignmentError, match="362"):
        template_points(np.zeros((68, 2)), TEMPLATE)


def test_a_template_point_may_be_the_mean_of_landmarks() -> None:
    landmarks = np.zeros((468, 3))
    landmarks[33], landmarks[133], landmarks[4] = (10, 20, 9), (30, 40, 9), (1, 2, 9)
    points = template_points(landmarks, Alignment(((33, 133), (4,)), ((0.0, 0.0), (1.0, 1.0))))
    assert points.tolist() == [[20, 30], [1, 2]]


@pytest.mark.parametrize(("scale", "angle"), [(1.0, 0.0), (1.7, 0.4), (3.0, -0.3), (6.5, 0.1)])
def test_marks_in_the_picture_land_on_their_targets(scale: float, angle: float) -> None:
    """A disc drawn where each landmark is must have its centre at the target, whatever the size of the face."""
    five = applied(similarity(scale, angle, (400.0, 300.0)), TARGETS)
    for index, target in enumerate(TARGETS):
        image = np.zeros((1400, 1400, 3), dtype=np.uint8)
        centre = (round(five[index][0]), round(five[index][1]))
        cv2.circle(image, centre, round(4 * scale), (255, 255, 255), -1)
        chip = align(image, mesh(five), TEMPLATE, 150, 150)[:, :, 0].astype(float)
        y, x = np.mgrid[:150, :150]
        found = np.array([(chip * x).sum(), (chip * y).sum()]) / chip.sum()
        assert np.abs(found - target).max() < 0.6


def test_outside_the_picture_is_black() -> None:
    chip = warp(np.full((50, 50, 3), 200, np.uint8), similarity(1, 0, (-100.0, 0.0)), 150, 150)
    assert not chip[:, :99].any()
    assert (chip[:50, 101:149] == 200).all()


def test_a_large_face_is_smoothed_before_it_is_sampled() -> None:
    """One-pixel stripes, eight to a chip pixel, must come out grey: bilinear sampling alone would leave stripes."""
    image = np.zeros((1300, 1300, 3), np.uint8)
    image[:, ::2] = 255
    chip = warp(image, similarity(8, 0, (20.0, 20.0)), 150, 150)
    assert np.abs(chip[5:-5, 5:-5].astype(int) - 128).max() <= 2
