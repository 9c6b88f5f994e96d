"""The passive recipe's views and its measures, on the rendered and drawn pictures that ship: no photo of the evaluation data.

A network is never judged here: what a rendered face's verdict is tells nothing.
"""

import importlib
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from bench.pad import data as report_data
from bench.pad import judges
from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.liveness.crops import Square, face_square

RECIPE = Path(__file__).resolve().parents[2] / "models" / "build"


@pytest.fixture(scope="module", autouse=True)
def recipe() -> Iterator[None]:
    sys.path.insert(0, str(RECIPE))
    yield
    sys.path.remove(str(RECIPE))


def module(name: str) -> ModuleType:
    return importlib.import_module(f"passive.{name}")


@pytest.fixture(scope="module")
def portrait() -> tuple[np.ndarray, np.ndarray]:
    """Grace Hopper (US Navy, public domain), with her mesh."""
    image = cv2.imread(str(files("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg"))
    finder, mesher = MediaPipeFinder(), MediaPipeMesher(tracking=False)
    mesh = mesher.start(image, *finder.find(image))
    finder.close()
    mesher.close()
    assert mesh is not None
    return image, mesh[:, :2].copy()


@pytest.fixture(scope="module")
def scenes(recipe: None, portrait: tuple[np.ndarray, np.ndarray]):
    source = module("sources").Source
    return module("views").Scenes([source(kind, kind, *portrait) for kind in module("sources").KINDS], 7)


@pytest.mark.parametrize("reach", [(1.12, 2.4), (1.9, 5.2)])
def test_a_frame_is_as_wide_as_it_should_be_in_widths_of_the_face(
    reach: tuple[float, float], portrait: tuple[np.ndarray, np.ndarray]
) -> None:
    for number in range(20):
        picture, mesh = module("views").framed(*portrait, np.random.default_rng(number), reach)
        widths = np.sqrt(np.prod(picture.shape[:2]) / np.prod(np.ptp(mesh, axis=0)))
        assert widths <= reach[1] * 1.02


def test_a_scene_depends_on_its_number_alone(scenes) -> None:
    one, again, other = scenes.make(3), scenes.make(3), scenes.make(4)
    assert np.array_equal(one.picture, again.picture)
    assert np.array_equal(one.mesh, again.mesh)
    assert one.picture.shape != other.picture.shape or not np.array_equal(one.picture, other.picture)


def test_the_mesh_goes_where_the_face_goes(scenes) -> None:
    """Mirrored, turned, scaled, tilted: the device's own mesh finds the face where the scene says it is."""
    finder, mesher, off = MediaPipeFinder(), MediaPipeMesher(tracking=False), []
    for number in range(24):
        scene = scenes.make(number)
        found = finder.find(scene.picture)
        mesh = mesher.start(scene.picture, found[0]) if len(found) == 1 else None
        if mesh is not None:
            told, seen = face_square(scene.mesh), face_square(mesh)
            off.append(np.hypot(told.x - seen.x, told.y - seen.y) / told.side)
    finder.close()
    mesher.close()
    assert len(off) >= 12
    assert np.median(off) < 0.06


def test_all_kinds_are_drawn_and_what_is_true_is_not_told_of_web_photos(scenes) -> None:
    made = [scenes.make(number) for number in range(60)]
    assert {scene.kind for scene in made} == set(module("structure").KINDS)
    assert not any(scene.told for scene in made if scene.kind == "photo")
    assert any(scene.told for scene in made if scene.kind == "screen")


def test_boxes_are_off_by_no_more_than_they_may(scenes) -> None:
    square = Square(100, 100, 50)
    boxes = [module("views").jittered(square, np.random.default_rng(seed)) for seed in range(200)]
    sides = np.array([box.side for box in boxes]) / 50
    assert 0.79 < sides.min() < 0.85
    assert 1.18 < sides.max() < 1.26
    assert max(abs(box.x - 100) for box in boxes) <= 5


def test_what_is_trained_on_is_what_the_report_calls_seen(scenes) -> None:
    sources = module("sources")
    assert report_data.SEEN_SUBJECTS == sources.SUBJECTS
    assert report_data.SEEN_CLIPS == (sources.CLIP,)
    assert [(name, scale) for name, _, scale in module("teachers").FILES] == list(judges.TEACHER)


def test_calibration_counts_errors_on_both_sides(recipe: None) -> None:
    found = module("finish").calibration(np.array([0.05, 0.45, 0.95, 0.55], np.float32), np.array([1, 1, 0, 0], bool), "drawn")
    at = dict(zip(found.thresholds, zip(found.apcer, found.bpcer, strict=True), strict=True))
    assert at[0.1] == (0.5, 0)
    assert at[0.5] == (0, 0)
    assert at[0.6] == (0, 0.5)
