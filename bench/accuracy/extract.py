"""Photos to embeddings, with the device's own face finder, mesh, alignment and network; kept below build/ between runs.

Of several faces the one nearest to the middle of the photo is taken: that is whom the photo is of, by the convention of
these sets. The device's candidate rule and quality limits are not applied here; they are counted in a report of their own.
The mesh is found once for all networks. Training crops are cut where the recipe cuts them: they were aligned by that mesh.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.accuracy import coverings, recipe
from bench.accuracy.data import Photo
from bench.accuracy.metrics import Vectors
from bench.accuracy.networks import Subject
from camera.frame import Image
from inference.align import AlignmentError
from inference.embedder import Embedder
from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.mesh import POINTS, Landmarks
from inference.observation import Box
from inference.stages import Face

_BATCH = 32
Meshes = npt.NDArray[np.float32]
"""(photos, 478, 2): x, y in pixels; zeros where no face was found."""


@dataclass
class _Worker:
    """What a process keeps: graphs and networks cannot be handed over."""

    finder: MediaPipeFinder | None = None
    mesher: MediaPipeMesher | None = None
    embedders: dict[str, Embedder] = field(default_factory=dict)

    def mesh(self, image: Image) -> Landmarks | None:
        """The mesh of the central face."""
        if self.finder is None or self.mesher is None:
            self.finder, self.mesher = MediaPipeFinder(), MediaPipeMesher(tracking=False)
        return central_landmarks(self.finder, self.mesher, image)

    def embedder(self, subject: Subject) -> Embedder:
        """The network, opened once."""
        if subject.sha256 not in self.embedders:
            self.embedders[subject.sha256] = subject.open()
        return self.embedders[subject.sha256]


_worker = _Worker()


@dataclass(frozen=True)
class Pictures:
    """Photos to be read as they are, or with something drawn over the face."""

    title: str
    photos: Sequence[Photo]
    drawn: str = ""
    """One of `coverings.CONDITIONS`; empty for the photos as they are."""

    def read(self, position: int, clean: Meshes | None) -> Image:
        """The picture at `position`, drawn on where the clean photo's mesh is known."""
        content = self.photos[position].path.read_bytes()
        image = np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), dtype=np.uint8)
        if not self.drawn or clean is None or not clean[position].any():
            return image
        return coverings.draw(self.drawn, image, clean[position], seed=hashlib.sha256(content).digest())


def central_landmarks(finder: MediaPipeFinder, mesher: MediaPipeMesher, image: Image) -> Landmarks | None:
    """The mesh of the face nearest to the middle of the photo; None when there is none."""
    height, width = image.shape[:2]
    faces = finder.find(image) or (Face(Box(0, 0, width, height), 0.0),)
    middle = np.array([width / 2, height / 2])
    nearest = min(faces, key=lambda face: float(np.linalg.norm(np.array(face.centre) - middle)))
    return mesher.start(image, nearest)


class Extractor:
    """Finds meshes and embeds, in as many processes as there are processors; answers lie below `cache`."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache

    def meshes(self, pictures: Pictures) -> Meshes:
        """Where the face is in each picture."""
        clean = self.meshes(Pictures(pictures.title, pictures.photos)) if pictures.drawn else None
        key = f"mesh{_drawing(pictures.drawn)}-{_digest('', pictures.photos)}"
        work = partial(_find, pictures, clean)
        return self._rows(key, f"faces: {pictures.title}", len(pictures.photos), (POINTS, 2), work)

    def embeddings(self, pictures: Pictures, subject: Subject) -> Vectors:
        """One unit row a photo, (n, dimension) float32; zeros where no face was found."""
        spec = subject.spec
        plain = f"{subject.sha256} {spec.alignment} {spec.input}"
        key = f"{subject.name}{_drawing(pictures.drawn)}-{_digest(plain, pictures.photos)}"
        if (kept := self._kept(key)) is not None:
            return kept
        clean = self.meshes(Pictures(pictures.title, pictures.photos)) if pictures.drawn else None
        work = partial(_embed, pictures, clean, self.meshes(pictures), subject)
        return self._rows(key, f"{subject.name}: {pictures.title}", len(pictures.photos), (spec.dimension,), work)

    def crop_embeddings(self, folder: Path, photos: Sequence[recipe.Photo], subject: Subject, title: str) -> Vectors:
        """One unit row a training crop, (n, dimension) float32."""
        names = "\n".join(f"{photo.source}/{photo.file}" for photo in photos)
        digest = hashlib.sha256(f"{subject.sha256} {subject.spec.alignment} {subject.spec.input}\n{names}".encode())
        key = f"{subject.name}-crops-{digest.hexdigest()[:16]}"
        if (kept := self._kept(key)) is not None:
            return kept
        crops = {(photo.source, photo.file): crop for photo, crop in recipe.read_crops(folder, photos)}
        ordered = [crops[photo.source, photo.file] for photo in photos]
        work = partial(_embed_crops, list(photos), ordered, subject)
        return self._rows(key, f"{subject.name}: {title}", len(photos), (subject.spec.dimension,), work)

    def _kept(self, key: str) -> npt.NDArray[np.float32] | None:
        path = self._cache / f"{key}.npy"
        return np.asarray(np.load(path)) if path.exists() else None

    def _rows(
        self, key: str, title: str, count: int, shape: tuple[int, ...], work: Callable[[range], npt.NDArray[np.float32]]
    ) -> npt.NDArray[np.float32]:
        if (kept := self._kept(key)) is not None:
            return kept
        rows: npt.NDArray[np.float32] = np.zeros((count, *shape), dtype=np.float32)
        for positions, found in _in_parallel(title, count, work):
            rows[positions.start : positions.stop] = found
        self._cache.mkdir(parents=True, exist_ok=True)
        partly = self._cache / f"{key}.partial.npy"
        np.save(partly, rows)
        partly.rename(self._cache / f"{key}.npy")
        return rows


def _in_parallel(title: str, count: int, work: Callable[[range], Any]) -> Iterator[tuple[range, Any]]:
    """Every batch of positions with its answer, progress and time left shown."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    batches = [range(start, min(start + _BATCH, count)) for start in range(0, count, _BATCH)]
    # The work, pictures included, is handed to each process once: with every batch it would take longer than the work.
    with (
        ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), _start, (work,)) as pool,
        Progress(*columns, transient=True) as progress,
    ):
        bar = progress.add_task(title, total=count)
        for batch, found in zip(batches, pool.map(_do, batches), strict=True):
            yield batch, found
            progress.advance(bar, len(batch))


_work: list[Callable[[range], Any]] = []


def _start(work: Callable[[range], Any]) -> None:
    cv2.setNumThreads(1)
    _work[:] = [work]


def _do(batch: range) -> Any:  # noqa: ANN401 - whatever the work answers
    return _work[0](batch)


def _find(pictures: Pictures, clean: Meshes | None, batch: range) -> Meshes:
    rows = np.zeros((len(batch), POINTS, 2), dtype=np.float32)
    for row, position in enumerate(batch):
        found = _worker.mesh(pictures.read(position, clean))
        if found is not None:
            rows[row] = found[:, :2]
    return rows


def _embed(pictures: Pictures, clean: Meshes | None, meshes: Meshes, subject: Subject, batch: range) -> Vectors:
    embedder = _worker.embedder(subject)
    rows = np.zeros((len(batch), subject.spec.dimension), dtype=np.float32)
    for row, position in enumerate(batch):
        if meshes[position].any():
            try:
                rows[row] = embedder.embed(pictures.read(position, clean), meshes[position])
            except AlignmentError:
                continue
    return rows


def _embed_crops(photos: list[recipe.Photo], crops: list[Image], subject: Subject, batch: range) -> Vectors:
    embedder = _worker.embedder(subject)
    chips = (recipe.chip_of(photos[position], crops[position], subject.chips, subject.spec) for position in batch)
    return np.array([embedder.embed_chip(chip) for chip in chips])


def _drawing(condition: str) -> str:
    return f"-{condition}{coverings.VERSION}" if condition else ""


def _digest(network: str, photos: Sequence[Photo]) -> str:
    """Names the answer: the network's file and template, and the photos with their sizes."""
    digest = hashlib.sha256(network.encode())
    for photo in photos:
        digest.update(f"{photo.path.name}/{photo.member}/{photo.person}/{photo.path.stat().st_size}\n".encode())
    return digest.hexdigest()[:16]
