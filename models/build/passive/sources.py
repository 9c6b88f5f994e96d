"""The pictures that the passive network may learn from, with their face meshes, kept below the work folder. Nothing else is read.

Runs in the product's environment: the meshes are MediaPipe's.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from rich.progress import track

from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.mesh import eye_centres
from inference.stages import Face

Mesh = npt.NDArray[np.float32]
"""(478, 2) x, y in pixels of the picture."""
Picture = npt.NDArray[np.uint8]
"""(height, width, 3) BGR."""

SUBJECTS = ("01", "02", "03", "04", "05")
LAST_LETTER = "M"
CLIP = "live_two_people"
CLIP_FRAMES = 240
KINDS = ("webcam_live", "webcam_print", "photo", "clip")


@dataclass(frozen=True)
class Source:
    """One picture with one face: its kind, its name, and where the mesh lies."""

    kind: str
    name: str
    picture: Picture
    mesh: Mesh

    @property
    def attack(self) -> bool:
        """Whether it was shown to its camera on paper."""
        return self.kind == "webcam_print"


def pictures(folder: Path) -> Iterator[tuple[str, str, Picture]]:
    """Kind, name and picture of everything that may be trained on, in a fixed order."""
    for kind, part in (("webcam_live", "live"), ("webcam_print", "print")):
        for path in (path for subject in SUBJECTS for path in sorted((folder / "pad" / part / subject).glob("*.jpg"))):
            yield kind, f"{part}/{path.parent.name}/{path.name}", _read(path)
    people = sorted(path for path in (folder / "lfw").iterdir() if path.name[0].upper() <= LAST_LETTER)
    for path in (path for person in people for path in sorted(person.glob("*.jpg"))[:2]):
        yield "photo", path.name, _read(path)
    yield from (("clip", f"{CLIP}/{number}", frame) for number, frame in frames(folder / "video" / f"{CLIP}.mp4", CLIP_FRAMES))


def frames(path: Path, count: int) -> Iterator[tuple[int, Picture]]:
    """About `count` frames of a clip, evenly spread, with their numbers."""
    clip = cv2.VideoCapture(str(path))
    total = int(clip.get(cv2.CAP_PROP_FRAME_COUNT))
    for number in range(total):
        if not clip.grab():
            return
        if number % max(1, total // count) == 0:
            yield number, np.asarray(clip.retrieve()[1], dtype=np.uint8)


def _read(path: Path) -> Picture:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), dtype=np.uint8)


class Meshes:
    """Finds the faces of pictures, the largest first."""

    def __init__(self) -> None:
        self._finder, self._mesher = MediaPipeFinder(), MediaPipeMesher(tracking=False)

    def largest(self, picture: Picture) -> Mesh | None:
        """The mesh of the largest face; None where there is none."""
        found = sorted(self._finder.find(picture), key=lambda face: face.box.width, reverse=True)
        return self.of(picture, found[0]) if found else None

    def of(self, picture: Picture, face: Face) -> Mesh | None:
        """The mesh of that face."""
        mesh = self._mesher.start(picture, face)
        return None if mesh is None or np.hypot(*(np.diff(eye_centres(mesh), axis=0)[0])) < 20 else mesh[:, :2].copy()


def prepare(folder: Path, work: Path) -> None:
    """Write `sources.npz`: kinds, names and meshes. The pictures themselves stay where they are."""
    if (work / "sources.npz").exists():
        return
    meshes, rows = Meshes(), []
    for kind, name, picture in track(list(pictures(folder)), "meshes"):
        mesh = meshes.largest(picture)
        if mesh is not None:
            rows.append((kind, name, mesh))
    kinds, names, found = zip(*rows, strict=True)
    work.mkdir(parents=True, exist_ok=True)
    partial = work / "sources.partial"
    with partial.open("wb") as file:
        np.savez(file, kinds=np.array(kinds), names=np.array(names), meshes=np.array(found))
    partial.rename(work / "sources.npz")


def load(folder: Path, work: Path) -> list[Source]:
    """All sources with their pictures.

    Raises:
        FileNotFoundError: they were not prepared.
    """
    if not (work / "sources.npz").exists():
        raise FileNotFoundError(f"{work}/sources.npz is absent: run `python -m passive.sources` first")
    kept = np.load(work / "sources.npz")
    meshes = {str(name): (str(kind), mesh) for kind, name, mesh in zip(kept["kinds"], kept["names"], kept["meshes"], strict=True)}
    return [Source(meshes[name][0], name, picture, meshes[name][1]) for _, name, picture in pictures(folder) if name in meshes]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eval", type=Path, required=True, help="folder with pad/, lfw/ and video/")
    parser.add_argument("--work", type=Path, required=True, help="folder to keep meshes and views in")
    given = parser.parse_args()
    if not (given.eval / "pad").is_dir():
        parser.error(f"{given.eval}/pad is absent: a folder laid out like the evaluation data is needed")
    cv2.setNumThreads(1)
    prepare(given.eval, given.work)


if __name__ == "__main__":
    main()
