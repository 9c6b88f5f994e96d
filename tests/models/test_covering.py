"""The covering recipe's drawings: what they hide, what they leave free, that they repeat; and how thresholds are chosen."""

import importlib
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

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


def rough(picture: np.ndarray, mesh: np.ndarray, seed: int) -> Any:
    draw, random = module("draw"), np.random.default_rng(seed)
    return draw.view(picture, mesh, random, draw.choose(random))


def test_nothing_drawn_leaves_everything_free(portrait: tuple[np.ndarray, np.ndarray]) -> None:
    view = module("draw").clear_view(*portrait, np.random.default_rng(0), ())
    assert view.chip.shape == (80, 80, 3)
    assert np.array_equal(view.labels, FREE)


@pytest.mark.parametrize("name", ["glasses", "beard", "fringe", "headscarf", "make-up", "closed eyes", "high hat"])
def test_what_a_person_may_keep_on_covers_nothing(portrait: tuple[np.ndarray, np.ndarray], name: str) -> None:
    assert not any((labels(portrait, name, seed) == 1).any() for seed in range(20))


@pytest.mark.parametrize(("name", "region"), [("sunglasses", 0), ("mask", 1), ("scarf", 1), ("veil", 1), ("hat", 2)])
def test_a_covering_mostly_covers_its_own_region(portrait: tuple[np.ndarray, np.ndarray], name: str, region: int) -> None:
    found = np.array([labels(portrait, name, seed) for seed in range(30)])
    assert (found[:, region] == 1).sum() >= 12
    others = [other for other in range(3) if other != region and name != "veil"]
    assert not (found[:, others] == 1).any()


def test_every_kind_of_headwear_covers_the_forehead_at_times_and_never_the_mouth(portrait: tuple[np.ndarray, np.ndarray]) -> None:
    canvas_of, headwear, regions = module("canvas").Canvas, module("headwear"), module("regions")
    for name, (drawing, _) in headwear._KINDS.items():
        found = []
        for seed in range(15):
            canvas = canvas_of(*portrait, np.random.default_rng(seed))
            drawing(canvas, -0.05)
            found.append(regions.labels(regions.hidden_shares(canvas.hidden, portrait[1])))
        assert any(labels[2] == 1 for labels in found), name
        assert not any(labels[1] == 1 for labels in found), name


def test_a_photo_that_ends_at_the_hair_line_goes_on_as_it_is_there(portrait: tuple[np.ndarray, np.ndarray]) -> None:
    """Any colour above the brows would be a hat, and the label would say that there is none."""
    draw, (picture, mesh) = module("draw"), portrait
    end = int(mesh[10][1]) + 2
    cut = picture.copy()
    cut[:end] = 0
    assert draw.above_forehead(draw.outside_of(cut), mesh) > draw._FAR
    for seed in range(20):
        filled = draw.surrounded(cut, mesh, np.random.default_rng(seed))
        assert np.array_equal(filled[end + 2 :], cut[end + 2 :])
        band = filled[end - 6 : end - 2, 30:66].astype(float).mean(axis=(0, 1))
        edge = cut[end + 2 : end + 6, 30:66].astype(float).mean(axis=(0, 1))
        assert not band.any() or np.abs(band - edge).max() < 45


def test_what_is_really_worn_is_a_list_of_photos_and_regions_and_joins_the_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    views, worn = module("views"), module("worn")
    rows = [line.split(",") for line in worn.LIST.read_text().splitlines() if not line.startswith("#")][1:]
    assert len({tuple(row[:3]) for row in rows}) == len(rows) > 100
    assert worn.worn(np.array([f"{rows[0][0]}/{rows[0][1]}", "no/such"])).any(axis=1).tolist() == [True, False]
    listed = tmp_path / "worn.csv"
    listed.write_text("# by eye\nsource,file,region,how_far\ns,a.webp,forehead,covered\ns,a.webp,eyes,partly\n")
    monkeypatch.setattr(worn, "LIST", listed)
    worn._listed.cache_clear()
    views.folder(tmp_path, 1).mkdir()
    drawn = np.array([[0, 1, 0], [1, 0, -1], [0, 0, 1]], np.float32)
    names = np.array(["s/a.webp", "s/a.webp", "s/b.webp"])
    np.savez(views.folder(tmp_path, 1) / "0000000.npz", chips=np.zeros((3, 80, 80, 3), np.uint8), labels=drawn, names=names)
    assert views.load(tmp_path, 1, views.SHARD)[1].tolist() == [[-1, 1, 1], [1, 0, 1], [0, 0, 1]]
    listed.write_text("source,file,region,how_far\ns,a.webp,hair,covered\n")
    worn._listed.cache_clear()
    with pytest.raises(ValueError, match="hair"):
        worn.worn(names)
    worn._listed.cache_clear()


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
    first, second = (rough(picture, mesh, seed) for _ in range(2))
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
