"""Training views, drawn once and kept in shards below the work folder: a run that is killed goes on where it stood."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from rich.progress import Progress

from covering import draw

if TYPE_CHECKING:
    from covering.photos import Photos

SHARD = 1000
HELD_OUT_SEED, HELD_OUT_COUNT = 9, 2000
"""Views of photos that are never trained on, for the curve."""


def folder(work: Path, seed: int) -> Path:
    """Where the views of a seed lie."""
    return work / f"views-{seed}"


def load(work: Path, seed: int, count: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Chips (n, 80, 80, 3) RGB, labels (n, 3), and whether nothing hides anything there; at most `count`.

    Raises:
        FileNotFoundError: none were drawn.
    """
    paths = sorted(folder(work, seed).glob("*.npz"))[: count // SHARD]
    if not paths:
        raise FileNotFoundError(f"{folder(work, seed)} holds no views: run `python -m covering.views` first")
    shards = [np.load(path) for path in paths]
    chips, labels, bare = (np.concatenate([shard[key] for shard in shards]) for key in ("chips", "labels", "bare"))
    return chips, labels, bare


def draw_shard(source: "Photos", first: int, seed: int, progress: Progress) -> dict[str, npt.NDArray[np.generic]]:
    """Views number `first` and on. Each depends on its number and the seed alone."""
    views = []
    order = np.random.default_rng(seed).permutation(len(source.names))
    task = progress.add_task(f"views from {first}", total=SHARD)
    for number in range(first, first + SHARD):
        at = order[number % len(source.names)]
        views.append(draw.view(source.pictures[at], source.meshes[at], np.random.default_rng((seed, 1, number))))
        progress.advance(task)
    progress.remove_task(task)
    bare = [not any(name in draw.COVERINGS for name in view.drawn) for view in views]
    return {
        "chips": np.stack([view.chip for view in views]),
        "labels": np.stack([view.labels for view in views]),
        "bare": np.array(bare),
    }


def prepare(work: Path, seed: int, count: int) -> None:
    """Draw what is not there yet."""
    from covering import photos

    every = photos.load(work)
    held_out = every.held_out()
    source = every.only(held_out if seed == HELD_OUT_SEED else ~held_out)
    folder(work, seed).mkdir(parents=True, exist_ok=True)
    with Progress() as progress:
        task = progress.add_task("all views", total=count)
        for first in range(0, count, SHARD):
            path = folder(work, seed) / f"{first:07}.npz"
            if not path.exists():
                partial = path.with_suffix(".partial")
                with partial.open("wb") as file:
                    np.savez(file, **draw_shard(source, first, seed, progress))
                partial.rename(path)
            progress.advance(task, SHARD)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="work folder with prepared photos")
    parser.add_argument("--count", type=int, default=60000, help="views to draw")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    prepare(given.work, HELD_OUT_SEED, HELD_OUT_COUNT)
    prepare(given.work, given.seed, given.count)


if __name__ == "__main__":
    main()
