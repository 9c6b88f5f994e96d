"""What a manifest may say, and the refusals: every one names the file and what is wrong with it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from inference.manifest import ManifestError, default_manifest, load_manifest

SHIPPED = default_manifest().read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the shipped manifest and a link to its model file."""
    model = load_manifest().embedding
    (tmp_path / model.file).symlink_to(model.path)
    (tmp_path / "manifest.toml").write_text(SHIPPED, encoding="utf-8")
    return tmp_path


def changed(folder: Path, old: str, new: str) -> Path:
    assert old in SHIPPED
    path = folder / "manifest.toml"
    path.write_text(SHIPPED.replace(old, new, 1), encoding="utf-8")
    return path


def line(key: str) -> str:
    return next(text for text in SHIPPED.splitlines() if text.startswith(f"{key} = "))


def without(folder: Path, table: str) -> Path:
    head, _, rest = SHIPPED.partition(f"[{table}]\n")
    _, bracket, tail = rest.partition("\n[")
    path = folder / "manifest.toml"
    path.write_text(head + (bracket + tail if bracket else ""), encoding="utf-8")
    return path


def test_the_shipped_manifest_describes_the_shipped_file() -> None:
    manifest = load_manifest()
    model = manifest.embedding
    assert manifest.path == default_manifest()
    assert model.path.parent == default_manifest().parent
    assert model.size == model.path.stat().st_size == len(model.read())
    assert model.dimension == 128
    assert model.calibration.group
    assert 0.5 < model.calibration.confidence(0.5) < model.calibration.confidence(0.6) <= 0.99


def test_a_copy_elsewhere_loads(folder: Path) -> None:
    assert load_manifest(folder / "manifest.toml").embedding.path.parent == folder


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("dimension = ", "dimensions = ", "dimension"),
        ("dimension = 128", "dimension = 128\ncolour = 1", "colour"),
        ("version = 1", "version = 2", "version 2"),
        ("version = 1", "version = one", "TOML"),
        ('layout = "nhwc"', 'layout = "chwn"', "chwn"),
        ("width = 150", "width = 0", "width"),
        ("width = 150", 'width = "150"', "width"),
        ("std = [1.0,", "std = [0.0,", "std"),
        ("[[33], ", "[[478], ", "landmarks"),
        ("[[33], ", "[[], ", "without a landmark"),
        ("[[33], ", "[", "as many landmarks as targets"),
        (line("file"), 'file = "../model.tflite"', "file"),
        (line("sha256"), 'sha256 = "abc"', "sha256"),
        ("tail_exponent = ", "tail_exponent = -", "tail_exponent"),
        ("cosines = [", "cosines = [0.99, ", "calibration"),
    ],
)
def test_a_wrong_manifest_is_refused(folder: Path, old: str, new: str, says: str) -> None:
    path = changed(folder, old, new)
    with pytest.raises(ManifestError, match=says) as refusal:
        load_manifest(path)
    assert str(path) in str(refusal.value)


@pytest.mark.parametrize("table", ["embedding.calibration", "embedding.alignment", "embedding.input"])
def test_a_missing_table_is_refused(folder: Path, table: str) -> None:
    with pytest.raises(ManifestError, match=table.split(".")[1]):
        load_manifest(without(folder, table))


def test_a_calibration_that_is_not_monotone_is_refused(folder: Path) -> None:
    first, second = re.findall(r"-\d\.\d+", SHIPPED.partition("log10_fmr")[2])[:2]
    path = changed(folder, f"{first}, {second}", f"{second}, {first}")
    with pytest.raises(ManifestError, match="fall strictly"):
        load_manifest(path)


def test_an_absent_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="No such file"):
        load_manifest(tmp_path / "manifest.toml")


def test_an_absent_model_file_is_refused(folder: Path) -> None:
    model = folder / load_manifest().embedding.file
    model.unlink()
    with pytest.raises(ManifestError, match=model.name):
        load_manifest(folder / "manifest.toml")


def test_an_altered_model_file_is_refused_naming_both_hashes(folder: Path) -> None:
    model = load_manifest().embedding
    content = bytearray(model.read())
    content[len(content) // 2] ^= 1
    (folder / model.file).unlink()
    (folder / model.file).write_bytes(content)
    with pytest.raises(ManifestError) as refusal:
        load_manifest(folder / "manifest.toml")
    hashes = [word.strip(",;") for word in str(refusal.value).split() if len(word.strip(",;")) == 64]
    assert model.file in str(refusal.value)
    assert len(set(hashes)) == 2
    assert model.sha256 in hashes


def test_reading_it_imports_no_runtime_and_no_image_library() -> None:
    code = (
        "import sys; from inference.manifest import load_manifest; load_manifest();"
        "print([m for m in ('cv2', 'mediapipe', 'ai_edge_litert', 'tflite_runtime') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=default_manifest().parent.parent
    )
    assert done.stdout.strip() == "[]"
