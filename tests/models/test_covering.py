"""The covering recipe's drawings: what they hide, what they leave free, that they repeat; and how thresholds are chosen."""

import importlib
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.landmarks import MediaPipeFinder, MediaPipeMesher

RECIPE = Path(__file__).resolve().parents[2] / "models" / "build"
FREE = np.zeros(3)


@pytest.fixture(scope="module", autouse=True)
def recipe() -> Iterator[None]:
    sys.path.insert(0, str(RECIPE))
    yield
    sys.path.remove(str(RECIPE))


def module(name: str) -> ModuleType:
    return importlib.import_module(f"covering.{name}")


@pytest.fixture(scope="module")
def portrait(recipe: None) -> tuple[np.ndarray, np.ndarray]:
    """Grace Hopper (US Navy, public domain) as the recipe keeps a photo: 96x96, with the mesh in its pixels."""
    image = cv2.imread(str(files("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg"))
    finder, mesher = MediaPipeFinder(), MediaPipeMesher(tracking=False)
    mesh = mesher.start(image, *finder.find(image))
    finder.close()
    mesher.close()
    assert mesh is not None
    eyes = mesh[[33, 133, 362, 263], :2].astype(np.float64)
    matrix = module("draw").fit(eyes, np.array([[28, 40], [40, 40.5], [55, 40.5], [67, 40]]))
    points = np.c_[mesh[:468, :2], np.ones(468)] @ matrix.T
    return cv2.warpAffine(image, matrix, (96, 96)), points.astype(np.float32)


def labels(portrait: tuple[np.ndarray, np.ndarray], name: str, seed: int) -> np.ndarray:
    return module("draw").clear_view(*portrait, np.random.default_rng(seed), (name,)).labels


def test_nothing_drawn_leaves_everything_free(portrait: tuple[np.ndarray, np.ndarray]) -> None:
    view = module("draw").clear_view(*portrait, np.random.default_rng(0), ())
    assert view.chip.shape == (80, 80, 3)
    assert np.array_equal(view.labels, FREE)


@pytest.mark.parametrize("name", ["glasses", "beard", "fringe", "headscarf", "make-up", "closed eyes"])
def test_what_a_person_may_keep_on_covers_nothing(portrait: tuple[np.ndarray, np.ndarray], name: str) -> None:
    assert not any((labels(portrait, name, seed) == 1).any() for seed in range(20))


@pytest.mark.parametrize(("name", "region"), [("sunglasses", 0), ("mask", 1), ("scarf", 1), ("veil", 1), ("hat", 2)])
def test_a_covering_mostly_covers_its_own_region(portrait: tuple[np.ndarray, np.ndarray], name: str, region: int) -> None:
    found = np.array([labels(portrait, name, seed) for seed in range(30)])
    assert (found[:, region] == 1).sum() >= 12
    others = [other for other in range(3) if other != region and name != "veil"]
    assert not (found[:, others] == 1).any()


def test_a_mask_at_the_chin_covers_nothing_and_one_below_the_nose_does(portrait: tuple[np.ndarray, np.ndarray]) -> None:
    canvas_of, coverings, regions = module("canvas").Canvas, module("coverings"), module("regions")
    for top, expected in ((200, 0), (164, 1), (6, 1)):
        canvas = canvas_of(*portrait, np.random.default_rng(3))
        canvas.cover(coverings._mask_outline(canvas, top, pointed=False), np.zeros(3, np.float32))
        assert regions.labels(regions.hidden_shares(canvas.hidden, portrait[1]))[1] == expected


def test_hair_over_an_eye_counts_and_hair_over_the_forehead_does_not(portrait: tuple[np.ndarray, np.ndarray]) -> None:
    found = np.array([labels(portrait, "hair", seed) for seed in range(40)])
    assert (found[:, 0] == 1).any()
    assert not (found[:, 2] == 1).any()


@pytest.mark.parametrize("seed", range(3))
def test_a_view_repeats_from_its_seed_and_leaves_the_photo_as_it_was(portrait: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    picture, mesh = portrait
    before = picture.copy(), mesh.copy()
    first, second = (module("draw").view(picture, mesh, np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(first.chip, second.chip)
    assert np.array_equal(first.labels, second.labels)
    assert first.drawn == second.drawn
    assert np.array_equal(picture, before[0])
    assert np.array_equal(mesh, before[1])


def test_paint_changes_the_picture_only_where_it_lies(portrait: tuple[np.ndarray, np.ndarray]) -> None:
    canvas = module("canvas").Canvas(*portrait, np.random.default_rng(0))
    shape = module("regions").polygon([(20, 20), (40, 20), (40, 30), (20, 30)], 96)
    canvas.paint(shape, np.array([10, 200, 30], np.float32), hides=("eyes",))
    changed = np.abs(canvas.picture - portrait[0]).max(axis=2) > 0
    assert not changed[shape == 0].any()
    assert np.allclose(canvas.picture[25, 30], (10, 200, 30))
    assert canvas.hidden["eyes"][25, 30] == 1
    assert not canvas.hidden["forehead"].any()


@given(st.integers(2, 60), st.integers(2, 60), st.integers(3, 30), st.integers(3, 30))
def test_a_polygon_has_the_area_of_its_shape(x: int, y: int, width: int, height: int) -> None:
    layer = module("regions").polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], 96)
    assert float(layer.sum()) == pytest.approx(width * height, abs=2 * (width + height))


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_labels_say_covered_free_or_neither(eyes: float, mouth: float, forehead: float) -> None:
    found = module("regions").labels({"eyes": eyes, "nose_mouth": mouth, "forehead": forehead})
    assert set(found.tolist()) <= {0.0, 1.0, -1.0}
    assert (found[0] == 1) == (eyes >= 0.7)
    assert (found[2] == 0) == (forehead <= 0.2)


@settings(max_examples=30, deadline=None)  # the first one imports matplotlib
@given(st.integers(0, 2**32 - 1))
def test_thresholds_let_few_alarms_through_in_every_group(seed: int) -> None:
    random, finish = np.random.default_rng(seed), module("finish")
    groups = np.repeat(["a", "b", "c"], [4000, 2000, 50])
    found = random.beta(1, [[30, 20, 40]], (len(groups), 3)).astype(np.float32)
    limits = finish.thresholds(found, groups)
    alarms = found >= np.array(limits, np.float32)
    assert (alarms.mean(axis=0) <= list(finish.ALARMS_OF_ALL.values())).all()
    assert all((alarms[groups == name].mean(axis=0) <= list(finish.ALARMS_OF_A_GROUP.values())).all() for name in ("a", "b"))
    assert all(0 < limit < 1 for limit in limits)


def test_photos_are_chosen_by_hash_and_groups_kept_even() -> None:
    photos = module("photos")
    many = [photos.Photo("s", f"{i}.webp", "f" if i % 10 else "m", "white", ()) for i in range(2000)]
    chosen = photos.choose(many, 100, 10_000)
    held_out = [photo for photo in chosen if photos.is_held_out(photo)]
    assert {photo.file for photo in held_out} == {photo.file for photo in many if photos.is_held_out(photo)}
    trained = [photos.group_of(photo) for photo in chosen if not photos.is_held_out(photo)]
    assert {name: trained.count(name) for name in ("white f", "white m")} == {"white f": 100, "white m": 100}
    assert photos.choose(list(reversed(many)), 100, 10_000) == chosen
    assert photos.choose(many, 100, 50) == chosen[:50]
