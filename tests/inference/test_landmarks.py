"""MediaPipe's finder and mesh on real pictures."""

import os
import subprocess
import sys

import numpy as np
import pytest

from inference import mesh as points
from inference.landmarks import MediaPipeFinder, MediaPipeMesher, quiet_native_code


@pytest.fixture
def tracking():
    mesher = MediaPipeMesher(tracking=True)
    yield mesher
    mesher.close()
    mesher.close()


def largest(faces):
    return max(faces, key=lambda face: face.eye_distance)


def test_finder_and_mesh_agree_on_the_eyes(portrait, portrait_mesh, finder):
    (face,) = finder.find(portrait)
    assert face.eye_distance == pytest.approx(points.eye_distance(portrait_mesh), rel=0.1)


def test_no_face_no_mesh(finder, tracking, portrait):
    empty = np.full((480, 640, 3), 128, np.uint8)
    assert finder.find(empty) == ()
    (face,) = finder.find(portrait)
    assert tracking.start(np.zeros_like(portrait), face) is None
    assert tracking.follow(portrait) is None


def test_a_face_is_followed_and_lost(finder, tracking, portrait):
    (face,) = finder.find(portrait)
    assert tracking.start(portrait, face) is not None
    moved = np.roll(portrait, 6, axis=1)
    followed = tracking.follow(moved)
    assert followed is not None
    assert tracking.follow(np.zeros_like(portrait)) is None
    assert tracking.follow(portrait) is None
    assert tracking.start(portrait, face) is not None


def test_the_mesh_takes_up_the_face_that_is_asked_for(finder, tracking, beside):
    image = beside(0.8)
    faces = finder.find(image)
    assert len(faces) == 2
    for face in (*faces, *faces):
        mesh = tracking.start(image, face)
        assert mesh is not None
        assert points.eye_distance(mesh) == pytest.approx(face.eye_distance, rel=0.12)
        assert abs(float(points.centroid(mesh)[0]) - face.centre[0]) < face.box.width / 2


def test_followed_and_static_meshes_agree(finder, tracking, portrait, portrait_mesh):
    (face,) = finder.find(portrait)
    tracking.start(portrait, face)
    for _ in range(3):
        followed = tracking.follow(portrait)
    assert followed is not None
    assert float(np.abs(followed - portrait_mesh)[:, :2].max()) < 0.1 * points.eye_distance(portrait_mesh)


def test_native_chatter_stays_off_standard_error(capfd, portrait):
    finder, mesher = MediaPipeFinder(), MediaPipeMesher(tracking=True)
    (face,) = finder.find(portrait)
    mesher.start(portrait, face)
    mesher.follow(portrait)
    finder.close()
    mesher.close()
    assert capfd.readouterr().err == ""


def test_standard_error_comes_back(capfd):
    def fails():
        with quiet_native_code():
            os.write(2, b"chatter")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    os.write(2, b"matter")
    assert capfd.readouterr().err == "matter"


def test_the_real_matplotlib_stays_out_of_vision_and_within_reach() -> None:
    program = (
        "import sys; from inference.landmarks import MediaPipeMesher; MediaPipeMesher(tracking=False).close(); "
        "assert not any(name.startswith('matplotlib') for name in sys.modules), 'loaded'; "
        "import matplotlib.figure; assert matplotlib.__version__"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=30)
