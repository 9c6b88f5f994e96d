"""Photos to embeddings, with the device's own face finder, mesh, alignment and network; kept below build/ between runs.

Of several faces the one nearest to the middle of the photo is taken: that is whom the photo is of, by the convention of
these sets. The device's candidate rule and quality limits are not applied here; they are counted in a report of their own.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.progress import Progress

from bench.accuracy.data import Photo, read_bytes
from bench.accuracy.metrics import Vectors
from camera.frame import Image
from inference.embedder import Embedder
from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.manifest import EmbeddingModel, load_manifest
from inference.mesh import Landmarks
from inference.observation import Box, Embedding
from inference.stages import Face

_BATCH = 64


@dataclass
class _Worker:
    finder: MediaPipeFinder
    mesher: MediaPipeMesher
    embedder: Embedder


_workers: list[_Worker] = []
"""The one of this worker process: graphs and networks cannot be handed over."""


def _start(manifest: Path) -> None:
    cv2.setNumThreads(1)
    embedder = Embedder.open(load_manifest(manifest).embedding, threads=1)
    _workers.append(_Worker(MediaPipeFinder(), MediaPipeMesher(tracking=False), embedder))


def central_landmarks(finder: MediaPipeFinder, mesher: MediaPipeMesher, image: Image) -> Landmarks | None:
    """The mesh of the face nearest to the middle of the photo; None when there is none."""
    height, width = image.shape[:2]
    faces = finder.find(image) or (Face(Box(0, 0, width, height), 0.0),)
    middle = np.array([width / 2, height / 2])
    nearest = min(faces, key=lambda face: float(np.linalg.norm(np.array(face.centre) - middle)))
    return mesher.start(image, nearest)


def _embed(content: bytes) -> Embedding | None:
    worker = _workers[0]
    image = np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), dtype=np.uint8)
    landmarks = central_landmarks(worker.finder, worker.mesher, image)
    return None if landmarks is None else worker.embedder.embed(image, landmarks)


def _embed_batch(contents: list[bytes]) -> list[Embedding | None]:
    return [_embed(content) for content in contents]


def embeddings(photos: Sequence[Photo], manifest: Path, cache: Path, title: str) -> Vectors:
    """One unit row a photo, (n, dimension) float32; zeros where no face was found. Progress is shown under `title`."""
    model = load_manifest(manifest).embedding
    kept = cache / f"{_key(photos, model)}.npy"
    if kept.exists():
        return np.asarray(np.load(kept))
    rows: Vectors = np.zeros((len(photos), model.dimension), dtype=np.float32)
    with (
        ProcessPoolExecutor(os.cpu_count(), initializer=_start, initargs=(manifest,)) as pool,
        Progress(transient=True) as progress,
    ):
        bar = progress.add_task(title, total=len(photos))
        for positions, found in _in_batches(pool, photos):
            for position, row in zip(positions, found, strict=True):
                if row is not None:
                    rows[position] = row
            progress.advance(bar, len(positions))
    cache.mkdir(parents=True, exist_ok=True)
    np.save(kept, rows)
    return rows


def _in_batches(pool: ProcessPoolExecutor, photos: Sequence[Photo]) -> Iterator[tuple[list[int], list[Embedding | None]]]:
    numbered = list(read_bytes(list(photos)))
    batches = [numbered[start : start + _BATCH] for start in range(0, len(numbered), _BATCH)]
    results = pool.map(_embed_batch, [[content for _, content in batch] for batch in batches])
    for batch, found in zip(batches, results, strict=True):
        yield [position for position, _ in batch], found


def _key(photos: Sequence[Photo], model: EmbeddingModel) -> str:
    """Names the answer: the network's file and template, and the photos with their sizes."""
    digest = hashlib.sha256(f"{model.sha256} {model.alignment} {model.input}".encode())
    for photo in photos:
        digest.update(f"{photo.path.name}/{photo.member}/{photo.person}/{photo.path.stat().st_size}\n".encode())
    return f"{model.id}-{digest.hexdigest()[:16]}"
