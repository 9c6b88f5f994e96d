"""The recipe's parts that need no TensorFlow: dlib's file format, calibration on known scores, and the manifests it writes."""

import importlib.util
import io
import struct
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.manifest import NetworkSpec, load_manifest


@pytest.fixture(scope="module", autouse=True)
def recipe(root_of_recipe: Path) -> Iterator[None]:
    sys.path.insert(0, str(root_of_recipe))
    yield
    sys.path.remove(str(root_of_recipe))


@pytest.fixture(scope="module")
def root_of_recipe() -> Path:
    return Path(__file__).resolve().parents[2] / "models" / "build"


def module(name: str) -> ModuleType:
    return importlib.import_module(f"embedding.{name}")


def integer(value: int) -> bytes:
    """dlib's integer, written independently of the reader."""
    magnitude = abs(value)
    length = max(1, (magnitude.bit_length() + 7) // 8)
    return bytes([length | (0x80 if value < 0 else 0)]) + magnitude.to_bytes(length, "little")


@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1)))
def test_integers_are_read_as_dlib_writes_them(values: list[int]) -> None:
    reader = module("dlib_file").Reader(b"".join(map(integer, values)))
    assert list(reader.integers(len(values))) == values
    assert reader.at == len(reader.data)


def test_floats_and_tensors_are_read_as_dlib_writes_them() -> None:
    numbers = np.arange(6, dtype="<f4")
    data = integer(3) + integer(-1) + b"".join(map(integer, (2, 1, 2, 3, 1))) + numbers.tobytes()
    reader = module("dlib_file").Reader(data)
    assert reader.number() == 1.5
    assert np.array_equal(reader.tensor(), numbers.reshape(1, 2, 3, 1))


@pytest.mark.parametrize("data", [b"", b"\x09", b"\x02\x01", struct.pack("<I", 77) * 100])
def test_another_file_is_refused(data: bytes) -> None:
    dlib_file = module("dlib_file")
    with pytest.raises(dlib_file.DlibFileError):
        dlib_file.read_network(data)


@pytest.fixture(scope="module")
def weights() -> Path:
    package = importlib.util.find_spec("face_recognition_models")
    if package is None or package.origin is None:
        pytest.fail("face-recognition-models is not installed here: run `make test-long`")
    return Path(package.origin).parent / "models" / "dlib_face_recognition_resnet_model_v1.dat"


@pytest.mark.long
def test_the_whole_of_dlibs_file_is_read(weights: Path) -> None:
    dlib_file = module("dlib_file")
    network = dlib_file.read_checked(weights)
    counted = sum(
        sum(getattr(layer, name).size for name in ("weights", "bias", "gamma", "beta") if hasattr(layer, name))
        for layer in network.layers
    )
    assert counted == 5_614_592
    assert (network.input.height, network.input.width) == (150, 150)
    assert network.layers[-1].weights.shape == (256, 128)


@pytest.mark.long
def test_a_byte_too_many_or_too_few_is_noticed(weights: Path) -> None:
    dlib_file, data = module("dlib_file"), weights.read_bytes()
    with pytest.raises(dlib_file.DlibFileError, match="1 bytes are left"):
        dlib_file.read_network(data + b"\0")
    with pytest.raises(dlib_file.DlibFileError):
        dlib_file.read_network(data[:-1])


def people(count: int, spread: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    vectors = random.normal(0, spread, (count, 32)) + np.eye(32)[0]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_rates_are_those_of_all_pairs() -> None:
    calibrate, vectors = module("calibrate"), people(2300, 0.1, 1)
    group = calibrate.measure("g", vectors, 1e-9)
    scores = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    assert group.pairs == len(scores) == 2300 * 2299 // 2
    for cosine in (0.6, 0.75, 0.85):
        assert float(group.fmr(cosine)) == pytest.approx(float((scores >= cosine).mean()), rel=0.02)
    assert float((scores >= group.cosine_at(1e-3)).mean()) == pytest.approx(1e-3, rel=0.02)


def measured(readable: float, **spreads: float) -> dict[str, Any]:
    calibrate = module("calibrate")
    return {name: calibrate.measure(name, people(1500, spread, 2), readable) for name, spread in spreads.items()}


def test_the_worst_group_is_the_one_whose_people_look_most_alike() -> None:
    groups = measured(1e-5, far=0.3, near=0.05)
    fitted = module("calibrate").envelope(groups, "drawn")
    assert fitted.group == "near"
    assert fitted.fmr(groups["near"].cosine_at(1e-3)) == pytest.approx(1e-3, rel=0.1)


def test_a_stated_rate_holds_in_every_group() -> None:
    groups = measured(1e-5, one=0.1, other=0.11)
    fitted = module("calibrate").envelope(groups, "drawn")
    for level in (1e-1, 1e-2, 1e-3, 1e-4):
        assert all(float(group.fmr(fitted.cosine_at_fmr(level))) <= level * 1.1 for group in groups.values())


def test_a_group_with_few_pairs_stays_as_far_from_the_best_measured_one() -> None:
    calibrate, groups = module("calibrate"), measured(1e-5, many=0.1)
    alone = calibrate.envelope(groups, "drawn")
    groups["few"] = calibrate.measure("few", people(120, 0.05, 3), 1e-5)
    fitted = calibrate.envelope(groups, "drawn")
    assert fitted.group == "few"
    for level in (1e-3, 1e-4):
        assert fitted.cosine_at_fmr(level) > alone.cosine_at_fmr(level) + 0.01


def test_rates_below_what_the_labels_allow_are_extrapolated() -> None:
    fitted = module("calibrate").envelope(measured(1e-3, g=0.1), "drawn")
    assert fitted.log10_fmr[-1] == pytest.approx(-3, abs=0.05)
    assert fitted.extrapolated(fitted.cosine_at_fmr(1e-4))


@pytest.mark.parametrize("seed", range(6))
def test_the_tail_errs_on_the_safe_side(seed: int) -> None:
    """Extrapolated from 1e-3, the rate at the cosine that truly has 2e-5 must not come out lower than it is."""
    calibrate, vectors = module("calibrate"), people(1500, 0.1, seed)
    scores = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    fitted = calibrate.envelope({"g": calibrate.measure("g", vectors, 1e-3)}, "drawn")
    assert fitted.fmr(float(np.quantile(scores, 1 - 2e-5))) > 1e-5


def test_a_group_too_small_to_say_is_refused() -> None:
    calibrate = module("calibrate")
    with pytest.raises(ValueError, match="enough pairs"):
        calibrate.envelope({"few": calibrate.measure("few", people(30, 0.1, 4), 1e-5)}, "drawn")


def test_pairs_of_one_person_are_left_out() -> None:
    """Twins in the data, which the referee knows for one person, must not count as false matches."""
    calibrate, vectors = module("calibrate"), people(1500, 0.1, 5)
    doubled = np.concatenate([vectors, vectors[:300]])
    strangers = np.random.default_rng(6).normal(0, 1, (1500, 256)).astype(np.float32)
    strangers /= np.linalg.norm(strangers, axis=1, keepdims=True)
    clean = calibrate.measure("g", vectors, 1e-9)
    dirty = calibrate.measure("g", doubled, 1e-9)
    refereed = calibrate.measure("g", doubled, 1e-9, np.concatenate([strangers, strangers[:300]]))
    assert refereed.left_out == 300
    assert dirty.cosine_at(1e-4) > 0.999
    assert refereed.cosine_at(1e-4) == pytest.approx(clean.cosine_at(1e-4), abs=0.005)


@pytest.fixture
def training_photos(tmp_path: Path) -> Path:
    """A folder of the training photos' form: two sources, crops of noise."""
    random = np.random.default_rng(7)
    rows = ["source,file,age,sex,group,leye_x,leye_y,reye_x,reye_y,nose_x,nose_y,lmouth_x,lmouth_y,rmouth_x,rmouth_y"]
    for source, count in (("aaf", 4), ("utkface", 2)):
        with tarfile.open(tmp_path / f"{source}.tar", "w") as archive:
            for number in range(count):
                _, content = cv2.imencode(
                    ".webp", random.integers(0, 256, (192, 192, 3), dtype=np.uint8), [cv2.IMWRITE_WEBP_QUALITY, 101]
                )
                member = tarfile.TarInfo(f"{number}.webp")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content.tobytes()))
                group = "other" if source == "utkface" and number else "east_asian"
                rows.append(f"{source},{number}.webp,30,{'fm'[number % 2]},{group},68,80,122,81,96,108,70,140,120,138")
    (tmp_path / "index.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


def test_crops_and_chips_come_out_of_the_tars(training_photos: Path) -> None:
    crops, spec = module("crops"), module("spec")
    photos = crops.read_index(training_photos)
    found = list(crops.read_crops(training_photos, photos[1:]))
    assert {(photo.source, photo.file) for photo, _ in found} == {(photo.source, photo.file) for photo in photos[1:]}
    photo, crop = found[0]
    assert crop.shape == (192, 192, 3)
    networks = {name: msgspec.convert(spec.load(name).network, NetworkSpec) for name in ("dlib", "mobilefacenet")}
    window = crops.chip_of(photo, crop, "dlib-window", networks["dlib"])
    assert np.array_equal(window, crop[34:184, 21:171])
    assert crops.chip_of(photo, crop, "five-points", networks["mobilefacenet"]).shape == (112, 112, 3)
    with pytest.raises(ValueError, match="five-points"):
        crops.chip_of(photo, crop, "six-points", networks["dlib"])


def test_only_groups_that_can_be_read_are_chosen(training_photos: Path) -> None:
    finish = module("finish")
    chosen = finish.choose(module("crops").read_index(training_photos), 1)
    assert sorted(map(finish.group_of, chosen)) == ["aaf east_asian f", "aaf east_asian m", "utkface east_asian f"]


@pytest.mark.parametrize("name", ["dlib", "mobilefacenet"])
def test_a_written_manifest_is_what_the_product_loads(name: str, tmp_path: Path) -> None:
    network, calibration = module("spec").load(name).network, load_manifest().embedding.calibration
    model = tmp_path / "some.tflite"
    model.write_bytes(b"weights")
    written = module("manifest_file").write(network, f"{network['id']}-int8", model, calibration).embedding
    assert written.id == f"{network['id']}-int8"
    assert written.calibration == calibration
    described = msgspec.convert({**network, "id": written.id}, NetworkSpec)
    assert (described.input, described.alignment, described.dimension) == (written.input, written.alignment, written.dimension)


@pytest.mark.parametrize(("name", "folder"), [("distilled", "."), ("dlib", "dlib")])
def test_the_shipped_manifests_are_the_recipes(name: str, folder: str, root_of_recipe: Path) -> None:
    network, shipped = (
        module("spec").load(name).network,
        load_manifest(root_of_recipe.parent / folder / "manifest.toml").embedding,
    )
    described = msgspec.convert({**network, "id": shipped.id}, NetworkSpec)
    assert (described.input, described.alignment, described.dimension) == (shipped.input, shipped.alignment, shipped.dimension)
    assert shipped.id.startswith(network["id"])
