"""Fixtures that every package's tests share: where the evaluation data is, and what skips without it."""

import os
from pathlib import Path

import pytest

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
