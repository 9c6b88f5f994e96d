"""Fixtures that every package's tests share: where the evaluation data is, and what skips without it."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.manifest import load_manifest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def eval_data() -> Path:
    """The folder of photos and clips of real people; tests that need it are skipped, saying so, where it is absent."""
    folder = Path(os.environ.get("FACEKIOSK_EVAL", ROOT.parent / "shared" / "eval"))
    if not (folder / "lfw").is_dir():
        pytest.skip(f"evaluation data absent: {folder} (set FACEKIOSK_EVAL)")
    return folder


@pytest.fixture(scope="session")
def clips(eval_data: Path) -> Path:
    """The folder of video clips of real people."""
    return eval_data / "video"


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return ROOT


COVERING = """version = 1
[covering]
id = "covering-test"
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


@pytest.fixture(scope="session")
def install_embedding() -> Callable[[Path, str, bytes], Path]:
    """Puts the shipped embedding's manifest under another id into a new folder, for a file of these bytes; its path."""
    model = load_manifest().embedding
    shipped = model.path.with_name("manifest.toml").read_text(encoding="utf-8")

    def install(folder: Path, model_id: str, content: bytes) -> Path:
        folder.mkdir(parents=True)
        (folder / model.file).write_bytes(content)
        text = shipped.replace(f'"{model.id}"', f'"{model_id}"', 1)
        text = text.replace(model.sha256, hashlib.sha256(content).hexdigest(), 1)
        (folder / "manifest.toml").write_text(text, encoding="utf-8")
        return folder / "manifest.toml"

    return install


@pytest.fixture(scope="session")
def install_covering() -> Callable[..., Path]:
    """Puts the manifest of a covering network `meant`, and a file of `content`, into a new folder; the manifest's path."""

    def install(folder: Path, content: bytes, meant: bytes = b"a network", text: str = COVERING) -> Path:
        folder.mkdir(parents=True)
        (folder / "covering.tflite").write_bytes(content)
        (folder / "manifest.toml").write_text(text.format(sha256=hashlib.sha256(meant).hexdigest()), encoding="utf-8")
        return folder / "manifest.toml"

    return install


@pytest.fixture(scope="session")
def covering_text() -> str:
    """A covering network's manifest, its hash left open."""
    return COVERING
