"""A kiosk whose models cannot be used does not start, says which file is wrong, and leaves no half of it behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.manifest import load_manifest

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def models(device: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configured folder of models, empty."""
    folder = tmp_path_factory.mktemp("models")
    text = device.read_text(encoding="utf-8").replace("\n[vision]\n", f'\n[vision]\nmodels = "{folder}"\n', 1)
    device.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def folder(models: Path) -> Iterator[Path]:
    """Where a test puts a model; nothing is left of it."""
    yield models / "one"
    for file in (models / "one").iterdir():
        file.unlink()
    (models / "one").rmdir()


def refused(start, device: Path) -> str:
    """What a start says that comes to nothing."""
    before = device.read_bytes()
    running = start("device.app", "--config", str(device), "--camera", "demo")
    assert running.wait(60) == 1
    assert before == device.read_bytes()
    assert not (device.parent / "run" / "admin.sock").exists()
    assert not any("ready" in line for line in running.lines)
    return running.errors.read_text(encoding="utf-8")


def test_a_damaged_covering_network_is_refused(start, device: Path, folder: Path, install_covering) -> None:
    manifest = install_covering(folder, b"damaged")
    said = refused(start, device)
    assert f"{manifest.with_name('covering.tflite')}: sha256 is" in said
    assert "restore the model file" in said


def test_a_covering_network_that_is_none_is_refused(start, device: Path, folder: Path, install_covering) -> None:
    install_covering(folder, b"no network", b"no network")
    assert "the TFLite runtime cannot load this network" in refused(start, device)


def test_an_embedding_whose_calibration_is_not_monotone_is_refused(start, device: Path, folder: Path, install_embedding) -> None:
    manifest = install_embedding(folder, "not-monotone", load_manifest().embedding.read())
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("cosines = [", "cosines = [0.9999,", 1), encoding="utf-8")
    configured = device.read_text(encoding="utf-8").replace("\nmodels = ", f'\nmanifest = "{manifest}"\nmodels = ', 1)
    device.write_text(configured, encoding="utf-8")
    try:
        said = refused(start, device)
    finally:
        lines = device.read_text(encoding="utf-8").splitlines(keepends=True)
        device.write_text("".join(line for line in lines if not line.startswith("manifest = ")), encoding="utf-8")
    assert str(manifest) in said
    assert "calibration" in said
