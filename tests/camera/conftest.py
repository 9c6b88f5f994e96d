"""Fixtures of the camera tests: clips and photos made on the spot, in which every picture tells its number."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest


def numbered(number: int) -> np.ndarray:
    image = np.full((48, 64, 3), 20, np.uint8)
    image[:, :, 0] = 10 * number % 250
    return image


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """Writes a video of numbered frames: blue is ten times the number."""

    def make(frames: int = 12, fps: float = 24.0, name: str = "clip.avi") -> Path:
        path = tmp_path / name
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*("mp4v" if path.suffix == ".mkv" else "MJPG")), fps, (64, 48))
        for number in range(frames):
            writer.write(numbered(number))
        writer.release()
        return path

    return make


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of five numbered photos, and a file that is none."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(5):
        cv2.imwrite(str(folder / f"{number}.png"), numbered(number))
    (folder / "notes.txt").write_text("not a photo")
    return folder
