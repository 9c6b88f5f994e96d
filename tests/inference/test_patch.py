"""The face patch: the eyes where they belong, the mesh with them, whatever the picture around it."""

import cv2
import numpy as np
import pytest

from inference.mesh import eye_centres
from inference.patch import EYES, HEIGHT, WIDTH, cut


def test_the_patch_has_the_eyes_where_they_belong(portrait, portrait_mesh):
    patch = cut(portrait, portrait_mesh)
    assert patch.grey.shape == (HEIGHT, WIDTH)
    assert patch.grey.dtype == np.uint8
    assert eye_centres(patch.points) == pytest.approx(np.array(EYES), abs=0.01)


@pytest.mark.parametrize("angle", [0, 25])
def test_the_mesh_lies_on_the_same_features(portrait, portrait_mesh, angle):
    """Draw a spot where the tip of the nose is; it is there in the patch, however the face is rolled."""
    turn = cv2.getRotationMatrix2D((256, 300), angle, 1)
    marked = cv2.circle(portrait.copy(), tuple(int(value) for value in portrait_mesh[1, :2]), 6, (255, 255, 255), -1)
    rolled = cv2.warpAffine(marked, turn, (512, 600))
    mesh = portrait_mesh.copy()
    mesh[:, :2] = portrait_mesh[:, :2] @ turn[:, :2].T + turn[:, 2]
    patch = cut(rolled, mesh)
    x, y = patch.points[1].astype(int)
    assert patch.grey[y, x] > 240


def test_the_patch_is_the_same_in_a_larger_picture(portrait, portrait_mesh):
    larger = np.pad(portrait, ((200, 0), (320, 0), (0, 0)))
    moved = portrait_mesh + np.array([320, 200, 0], np.float32)
    one, other = cut(portrait, portrait_mesh), cut(larger, moved)
    # Halving may begin at the next pixel, and the corner of the patch may reach past the smaller picture.
    assert np.abs(one.grey.astype(float) - other.grey)[24:104, 16:96].mean() < 1.5
    assert one.points == pytest.approx(other.points, abs=0.01)


def test_a_mesh_beside_the_picture_is_black(portrait, portrait_mesh):
    assert not cut(portrait, portrait_mesh + np.array([5000, 0, 0], np.float32)).grey.any()
