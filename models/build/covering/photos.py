"""The photos that coverings are drawn over, at half size and with their face meshes, kept in shards below the work folder.

Runs in the product's environment: the meshes are MediaPipe's. What comes after reads the shards alone.
"""

import argparse
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from embedding.crops import Photo, is_held_out, read_crops, read_index
from rich.progress import Progress

from inference.landmarks import MediaPipeMesher
from inference.observation import Box
from inference.stages import Face

SIDE = 96
"""Pixels of a kept picture: the 192-pixel crop halved once, as the device's warp halves it."""
_SHARD = 500


@dataclass(frozen=True)
class Photos:
    """Photos in a row, all arrays of the same length."""

    names: npt.NDArray[np.str_]
    """`source/file`."""
    groups: npt.NDArray[np.str_]
    """`group sex`, or `unlabelled`."""
    pictures: npt.NDArray[np.uint8]
    """(n, 96, 96, 3) BGR."""
    meshes: npt.NDArray[np.float32]
    """(n, 468, 2) x, y in pixels of the picture."""

    def only(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> "Photos":
        """Those photos."""
        return Photos(self.names[chosen], self.groups[chosen], self.pictures[chosen], self.meshes[chosen])

    def held_out(self) -> npt.NDArray[np.bool_]:
        """(n,) which of them are never trained on."""
        return np.array([is_held_out(Photo(*name.split("/", 1), "", "", ())) for name in self.names], dtype=np.bool_)


def _digest(photo: Photo) -> bytes:
    return hashlib.sha256(f"{photo.source}/{photo.file}".encode()).digest()


def load(work: Path) -> Photos:
    """All photos of the work folder.

    Raises:
        FileNotFoundError: none were prepared.
    """
    shards = [np.load(path) for path in sorted((work / "photos").glob("*.npz"))]
    if not shards:
        raise FileNotFoundError(f"{work}/photos holds no photos: run `python -m covering.photos` first")
    return Photos(*(np.concatenate([shard[key] for shard in shards]) for key in ("names", "groups", "pictures", "meshes")))


def choose(photos: list[Photo], per_group: int, most: int) -> list[Photo]:
    """Photos held out and at most `per_group` others of each group, mixed by hash."""
    taken: dict[str, int] = defaultdict(int)
    chosen = []
    for photo in sorted(photos, key=_digest):
        if is_held_out(photo) or taken[group_of(photo)] < per_group:
            taken[group_of(photo)] += not is_held_out(photo)
            chosen.append(photo)
    return sorted(chosen, key=lambda photo: _digest(photo)[::-1])[:most]


def group_of(photo: Photo) -> str:
    """`group sex`, or `unlabelled`."""
    return f"{photo.group} {photo.sex}".strip() or "unlabelled"


def prepare(folder: Path, work: Path, chosen: list[Photo]) -> None:
    """Fill the work folder's shards; those that are there stay."""
    (work / "photos").mkdir(parents=True, exist_ok=True)
    mesher = MediaPipeMesher(tracking=False)
    with Progress() as progress:
        task = progress.add_task("meshes", total=len(chosen))
        for start in range(0, len(chosen), _SHARD):
            path = work / "photos" / f"{start:06}.npz"
            if not path.exists():
                _write_shard(path, folder, chosen[start : start + _SHARD], mesher)
            progress.advance(task, _SHARD)


def _write_shard(path: Path, folder: Path, chosen: list[Photo], mesher: MediaPipeMesher) -> None:
    rows = []
    for photo, crop in read_crops(folder, chosen):
        mesh = mesh_of(crop, mesher)
        if mesh is not None:
            rows.append((f"{photo.source}/{photo.file}", group_of(photo), np.asarray(cv2.pyrDown(crop)), mesh / 2))
    names, groups, pictures, meshes = (np.array(column) for column in zip(*rows, strict=True))
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, names=names, groups=groups, pictures=pictures, meshes=meshes)
    partial.rename(path)


def mesh_of(crop: npt.NDArray[np.uint8], mesher: MediaPipeMesher) -> npt.NDArray[np.float32] | None:
    """(468, 2) landmarks of the one face in a crop, in its pixels; None when there is none."""
    height, width = crop.shape[:2]
    found = mesher.start(crop, Face(Box(0, 0, width, height), width / 3.5))
    return None if found is None else found[:468, :2].astype(np.float32)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of tars with index.csv")
    parser.add_argument("--work", type=Path, required=True, help="folder to keep the shards in")
    parser.add_argument("--per-group", type=int, default=1400, help="most photos of a group to train on")
    parser.add_argument("--most", type=int, default=14500, help="most photos of all")
    given = parser.parse_args()
    if not (given.photos / "index.csv").is_file():
        parser.error(f"{given.photos}/index.csv is absent: a folder laid out like it is needed")
    prepare(given.photos, given.work, choose(read_index(given.photos), given.per_group, given.most))


if __name__ == "__main__":
    main()
