"""Quality: ordinary faces pass, blurred, dark, bright, turned and small ones do not, each for its own reason."""

import random

import cv2
import numpy as np
import pytest

from inference.landmarks import MediaPipeMesher
from inference.observation import Pose
from inference.patch import cut
from inference.pose import head_pose
from inference.quality import assess, sharpness, turned

FRONTAL = Pose(0, -5, 0)
EYES = 84.0
"""Pixels between the eyes of the portrait."""


def judged(image, mesh, pose=FRONTAL, least=30.0):
    quality = assess(cut(image, mesh), mesh, pose, least)
    return quality, {measure.name: measure for measure in quality.measures}


def test_a_good_portrait_is_good(portrait, portrait_mesh):
    pose = head_pose(portrait_mesh, portrait.shape[1], portrait.shape[0])
    quality, measures = judged(portrait, portrait_mesh, pose)
    assert quality.score > 0.7
    assert quality.reason == ""
    assert set(measures) == {"size", "pose", "sharpness", "exposure", "clipping"}
    assert measures["size"].value == pytest.approx(EYES, abs=6)


@pytest.mark.parametrize("share", [0.08, 0.12])
def test_blur_is_poor_quality(portrait, portrait_mesh, share):
    quality, measures = judged(cv2.GaussianBlur(portrait, (0, 0), share * EYES), portrait_mesh)
    assert quality.score < 0.6
    assert quality.reason == "poor_image_quality"
    assert measures["exposure"].score == 1


@pytest.mark.parametrize("axis", [0, 1])
def test_motion_blur_in_either_direction_is_poor_quality(portrait, portrait_mesh, axis):
    kernel = np.full((1, 25), 1 / 25, np.float32)
    quality, _ = judged(cv2.filter2D(portrait, -1, kernel if axis else kernel.T.copy()), portrait_mesh)
    assert quality.reason == "poor_image_quality"


def test_noise_does_not_pass_for_detail(portrait, portrait_mesh):
    noise = np.random.default_rng(0).normal(0, 5, portrait.shape)
    blurred = np.clip(cv2.GaussianBlur(portrait, (0, 0), 0.1 * EYES) + noise, 0, 255).astype(np.uint8)
    assert judged(blurred, portrait_mesh)[0].reason == "poor_image_quality"


@pytest.mark.parametrize(("gain", "reason"), [(0.15, "too_dark"), (3.5, "too_bright")])
def test_light(portrait, portrait_mesh, gain, reason):
    image = np.clip(portrait * gain, 0, 255).astype(np.uint8)
    quality, _ = judged(image, portrait_mesh)
    assert quality.score < 0.6
    assert quality.reason == reason


def test_light_does_not_change_sharpness(portrait, portrait_mesh):
    dim = (portrait * 0.5).astype(np.uint8)
    bright, dark = (judged(image, portrait_mesh)[1]["sharpness"].value for image in (portrait, dim))
    assert dark == pytest.approx(bright, rel=0.2)


@pytest.mark.parametrize("scale", [0.5, 0.75, 1.5, 2.5])
def test_size_does_not_change_sharpness(portrait, portrait_mesh, scale):
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    other = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=how)
    _, one = judged(portrait, portrait_mesh)
    _, two = judged(other, (portrait_mesh * scale).astype(np.float32))
    assert two["sharpness"].value == pytest.approx(one["sharpness"].value, rel=0.2)


@pytest.mark.parametrize(
    ("pose", "usable"),
    [
        (Pose(20, -5, 0), True),
        (Pose(0, 15, 0), True),
        (Pose(0, -5, 35), True),
        (Pose(40, -5, 0), False),
        (Pose(0, -45, 0), False),
        (Pose(0, -5, 60), False),
        (None, False),
    ],
)
def test_turned_heads(portrait, portrait_mesh, pose, usable):
    quality, measures = judged(portrait, portrait_mesh, pose)
    assert (measures["pose"].score >= 0.6) is usable
    assert (quality.reason == "face_not_centered") is not usable


def test_small_faces(portrait, portrait_mesh):
    assert judged(portrait, portrait_mesh, least=EYES + 10)[0].reason == "face_too_small"
    assert judged(portrait, portrait_mesh, least=EYES / 2 - 5)[1]["size"].score == 1


def test_looking_straight_ahead_is_not_turned():
    assert turned(Pose(0, -5, 0)) == 0
    assert turned(Pose(-30, -5, 10)) == 30


def test_a_mesh_beside_the_picture_is_black_and_useless(portrait, portrait_mesh):
    beside = portrait_mesh + np.array([5000, 0, 0], np.float32)
    assert judged(portrait, beside)[0].score == 0


def test_an_empty_patch_is_not_sharp():
    assert sharpness(np.full((80, 80), 128, np.float32)) == 0


def passing(files, finder):
    """The share of photos whose largest face is usable."""
    mesher, usable = MediaPipeMesher(tracking=False), []
    for file in files:
        image = cv2.imread(str(file))
        faces = finder.find(image)
        mesh = mesher.start(image, max(faces, key=lambda face: face.eye_distance)) if faces else None
        usable.append(mesh is not None and judged(image, mesh, head_pose(mesh, image.shape[1], image.shape[0]))[0].score >= 0.6)
    mesher.close()
    return float(np.mean(usable))


def test_nearly_all_photos_of_the_web_are_usable(eval_data, finder):
    files = random.Random(4).sample(sorted((eval_data / "lfw").glob("*/*.jpg")), 120)
    assert passing(files, finder) >= 0.93


def test_nearly_all_frames_of_old_webcams_are_usable(eval_data, finder):
    files = random.Random(4).sample(sorted((eval_data / "pad" / "live").glob("*/*.jpg")), 80)
    assert passing(files, finder) >= 0.95
