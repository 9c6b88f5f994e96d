"""Training views, drawn once and kept in shards below the work folder: a run that is killed goes on where it stood."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from covering import draw
from covering.worn import worn

if TYPE_CHECKING:
    from rich.progress import Progress

    from covering.photos import Photos

SHARD = 1000
HELD_OUT_SEED, HELD_OUT_COUNT = 9, 2000
"""Views of photos that are never trained on, for the curve."""
WORN_SEED = 8
"""Views of photos on which something is really worn: few are, and drawn hats are no hats, so they are shown oftener."""
BARE_SEED = 7
"""Views with nothing drawn on them: real fringes and beards are what looks most like a covering."""

HIGH_SEED = 6
"""Views with headwear alone that leaves the forehead free: or any hat in the picture would mean "covered"."""

_ALONE: dict[int, tuple[str, ...]] = {BARE_SEED: (), HIGH_SEED: (draw.HIGH_HAT,)}


def folder(work: Path, seed: int) -> Path:
    """Where the views of a seed lie."""
    return work / f"views-{seed}"


def load(work: Path, seed: int, count: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Chips (n, 80, 80, 3) RGB and labels (n, 3), of what is drawn and of what is worn; at most `count`.

    Raises:
        FileNotFoundError: none were drawn.
    """
    paths = sorted(folder(work, seed).glob("*.npz"))[: count // SHARD]
    if not paths:
        raise FileNotFoundError(f"{folder(work, seed)} holds no views: run `python -m covering.views` first")
    shards = [np.load(path) for path in paths]
    chips, drawn, names = (np.concatenate([shard[key] for shard in shards]) for key in ("chips", "labels", "names"))
    there = worn(names)
    return chips, np.where((there == 1) | (drawn == 0), there, drawn)


def draw_shard(source: "Photos", first: int, seed: int, progress: "Progress") -> dict[str, npt.NDArray[np.generic]]:
    """Views number `first` and on. Each depends on its number and the seed alone."""
    views, shown = [], []
    order = np.random.default_rng(seed).permutation(len(source.names))
    task = progress.add_task(f"views from {first}", total=SHARD)
    for number in range(first, first + SHARD):
        at = order[number % len(source.names)]
        shown.append(at)
        random = np.random.default_rng((seed, 1, number))
        names = _ALONE[seed] if seed in _ALONE else draw.choose(random)
        views.append(draw.view(source.pictures[at], source.meshes[at], random, names))
        progress.advance(task)
    progress.remove_task(task)
    return {
        "chips": np.stack([view.chip for view in views]),
        "labels": np.stack([view.labels for view in views]),
        "names": source.names[shown],
    }


def prepare(work: Path, seed: int, count: int) -> None:
    """Draw what is not there yet. What it needs is in the product's environment, not in those that train and export."""
    from rich.progress import Progress

    from covering import photos

    paths = {first: folder(work, seed) / f"{first:07}.npz" for first in range(0, count, SHARD)}
    if all(path.exists() for path in paths.values()):
        return
    every = photos.load(work)
    held_out = every.held_out()
    source = every.only(held_out if seed == HELD_OUT_SEED else ~held_out)
    if seed == WORN_SEED:
        source = source.only((worn(source.names) == 1).any(axis=1))
    folder(work, seed).mkdir(parents=True, exist_ok=True)
    with Progress() as progress:
        task = progress.add_task("all views", total=count)
        for first, path in paths.items():
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
    parser.add_argument("--worn", type=int, default=4000, help="views to draw besides of photos on which something is worn")
    parser.add_argument("--bare", type=int, default=11000, help="views to draw besides with nothing drawn on them")
    parser.add_argument(
        "--high", type=int, default=6000, help="views to draw besides with headwear that leaves the forehead free"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    sets = {
        HELD_OUT_SEED: HELD_OUT_COUNT,
        given.seed: given.count,
        WORN_SEED: given.worn,
        BARE_SEED: given.bare,
        HIGH_SEED: given.high,
    }
    for seed, count in sets.items():
        prepare(given.work, seed, count)


if __name__ == "__main__":
    main()
