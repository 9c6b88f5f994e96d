"""Training photos: a folder of tars of 192x192 crops with an index.csv, and the chips that a network takes out of them.

The crop is the dlib chip with a margin: `crop[34:184, 21:171]` is that chip, exactly. Any folder of this form will do.
"""

import csv
import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inference.align import fit_similarity, warp
from inference.manifest import NetworkSpec

Image = npt.NDArray[np.uint8]
POINTS = ("leye", "reye", "nose", "lmouth", "rmouth")
_HELD_OUT = 26
"""Of the 256 values of a name's first hash byte: a tenth."""


@dataclass(frozen=True)
class Photo:
    """One row of the index; `points` are five (x, y) in crop coordinates."""

    source: str
    file: str
    sex: str
    group: str
    points: tuple[tuple[float, float], ...]


def is_held_out(photo: Photo) -> bool:
    """Whether a tenth, fixed by hash of the name, keeps this photo out of training: for validation, calibration, evaluation."""
    return hashlib.sha256(f"{photo.source}/{photo.file}".encode()).digest()[0] < _HELD_OUT


def read_index(folder: Path) -> list[Photo]:
    """All rows of the folder's index, in its order."""
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        return [_photo(row) for row in csv.DictReader(file)]


def _photo(row: dict[str, str]) -> Photo:
    points = tuple((float(row[f"{name}_x"]), float(row[f"{name}_y"])) for name in POINTS)
    return Photo(row["source"], row["file"], row["sex"], row["group"], points)


def read_crops(folder: Path, photos: Iterable[Photo]) -> Iterator[tuple[Photo, Image]]:
    """The photos' crops, (192, 192, 3) uint8 BGR, a source after the other, in the order of its tar."""
    wanted = {(photo.source, photo.file): photo for photo in photos}
    for source in sorted({photo.source for photo in wanted.values()}):
        with tarfile.open(folder / f"{source}.tar") as archive:
            for member in archive:
                photo = wanted.get((source, member.name))
                content = archive.extractfile(member) if photo else None
                if photo and content:
                    crop = cv2.imdecode(np.frombuffer(content.read(), np.uint8), cv2.IMREAD_COLOR)
                    yield photo, np.asarray(crop, dtype=np.uint8)


def chip_of(photo: Photo, crop: Image, rule: str, network: NetworkSpec) -> Image:
    """The network's chip: `dlib-window` cuts the window, `five-points` fits the index's points to the network's targets."""
    if rule == "dlib-window":
        return crop[34:184, 21:171]
    if rule == "five-points":
        fit = fit_similarity(network.alignment.targets, photo.points)
        return warp(crop, fit, network.input.width, network.input.height)
    raise ValueError(f"no rule {rule!r} for chips; known are dlib-window, five-points")
