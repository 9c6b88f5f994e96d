"""Fingerprints of frames: the same picture is known again through another encoding, another picture of the same face is not."""

import cv2
import numpy as np
import pytest

from inference.fingerprint import distance, exact, scene
from inference.luma import luma_of
from inference.mesh import box
from inference.observation import SAME_SCENE, Box


def hashed(image, mesh):
    luma = luma_of(image)
    return scene(luma.grey, box(mesh), luma.scale)


def spoiled(image, how):
    match how:
        case "jpeg":
            return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)
        case "noise":
            return np.clip(image + np.random.default_rng(1).normal(0, 4, image.shape), 0, 255).astype(np.uint8)
        case "brighter":
            return cv2.convertScaleAbs(image, alpha=1.1, beta=5)


def test_bytes_have_eight_bytes_and_any_change_shows():
    assert len(exact(b"frame")) == 8
    assert exact(b"frame") == exact(b"frame") != exact(b"frames")


@pytest.mark.parametrize("how", ["jpeg", "noise", "brighter"])
def test_the_same_picture_again_is_known(portrait, portrait_mesh, how):
    assert distance(hashed(portrait, portrait_mesh), hashed(spoiled(portrait, how), portrait_mesh)) <= SAME_SCENE + 1


def test_a_face_a_little_further_is_another_picture(portrait, portrait_mesh):
    moved = np.roll(portrait, 8, axis=1)
    mesh = portrait_mesh + np.array([8, 0, 0], np.float32)
    assert distance(hashed(portrait, portrait_mesh), hashed(moved, mesh)) > SAME_SCENE


def test_a_turned_head_is_another_picture(portrait, portrait_mesh):
    rolled = cv2.warpAffine(portrait, cv2.getRotationMatrix2D((256, 300), 6, 1), (512, 600))
    assert distance(hashed(portrait, portrait_mesh), hashed(rolled, portrait_mesh)) > 6


def test_a_face_at_the_border_has_a_hash_too(portrait):
    grey = luma_of(portrait).grey
    for place in (Box(-300, -200, 400, 500), Box(480, 580, 400, 500), Box(5000, 0, 10, 10), Box(0, 0, 0, 0)):
        assert 0 <= scene(grey, place, 0.6) < 2**64
