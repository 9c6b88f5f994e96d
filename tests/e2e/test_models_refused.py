"""A kiosk whose models cannot be used does not start, says which file is wrong, and leaves no half of it behind."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.manifest import load_manifest

pytestmark = pytest.mark.timeout(120)

COVERING = """version = 1
[covering]
id = "covering"
licence = "CC0-1.0"
origin = "a test"
file = "covering.tflite"
sha256 = "{sha256}"
size = 10
regions = ["eyes", "nose_mouth", "forehead"]
thresholds = [0.5, 0.5, 0.5]
[covering.input]
width = 80
height = 80
layout = "nhwc"
channels = "rgb"
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
[covering.alignment]
landmarks = [[33], [263]]
targets = [[20.0, 30.0], [60.0, 30.0]]
"""


@pytest.fixture(scope="module")
def models(device: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configured folder of models, empty."""
    folder = tmp_path_factory.mktemp("models")
    text = device.read_text(encoding="utf-8").replace("\n[vision]\n", f'\n[vision]\nmodels = "{folder}"\n', 1)
    device.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def manifest(models: Path) -> Iterator[Path]:
    """Where a test puts a manifest; nothing is left of it."""
    folder = models / "one"
    folder.mkdir()
    yield folder / "manifest.toml"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def refused(start, device: Path) -> str:
    """What a start says that comes to nothing."""
    before = device.read_bytes()
    running = start("device.app", "--config", str(device), "--camera", "demo")
    assert running.wait(60) == 1
    assert before == device.read_bytes()
    assert not (device.parent / "run" / "admin.sock").exists()
    assert not any("ready" in line for line in running.lines)
    return running.errors.read_text(encoding="utf-8")


def test_a_damaged_covering_network_is_refused(start, device: Path, manifest: Path) -> None:
    digest = hashlib.sha256(b"as it was").hexdigest()
    manifest.write_text(COVERING.format(sha256=digest), encoding="utf-8")
    (manifest.parent / "covering.tflite").write_bytes(b"damaged")
    said = refused(start, device)
    assert f"{manifest.parent / 'covering.tflite'}: sha256 is" in said
    assert "restore the model file" in said


def test_a_covering_network_that_is_none_is_refused(start, device: Path, manifest: Path) -> None:
    manifest.write_text(COVERING.format(sha256=hashlib.sha256(b"no network").hexdigest()), encoding="utf-8")
    (manifest.parent / "covering.tflite").write_bytes(b"no network")
    assert "the TFLite runtime cannot load this network" in refused(start, device)


def test_an_embedding_whose_calibration_is_not_monotone_is_refused(start, device: Path, manifest: Path) -> None:
    model = load_manifest().embedding
    text = model.path.with_name("manifest.toml").read_text(encoding="utf-8")
    (manifest.parent / model.file).symlink_to(model.path)
    manifest.write_text(text.replace("cosines = [", "cosines = [0.9999,", 1), encoding="utf-8")
    device.write_text(device.read_text(encoding="utf-8").replace("\nmodels = ", f'\nmanifest = "{manifest}"\nmodels = ', 1))
    try:
        said = refused(start, device)
    finally:
        lines = device.read_text(encoding="utf-8").splitlines(keepends=True)
        device.write_text("".join(line for line in lines if not line.startswith("manifest = ")), encoding="utf-8")
    assert str(manifest) in said
    assert "calibration" in said
