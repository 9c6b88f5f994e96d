"""Second step of the recipe: calibrate the built models on the training photos, and write their manifests.

Runs in the product's environment, with the product's own embedder: what is calibrated is what a device computes.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import Progress

from embedding import calibrate, manifest_file, spec
from embedding.calibrate import Group
from embedding.crops import Photo, chip_of, read_crops, read_index
from inference.embedder import Embedder
from inference.manifest import NetworkSpec
from inference.observation import Embedding
from inference.runtime import open_network

READABLE = {"aaf": 1e-4, "utkface": 1e-3}
"""Lowest false match rate that each source's labels allow: about five to ten times its share of pairs of one person."""

Vectors = dict[str, list[Embedding]]


def group_of(photo: Photo) -> str:
    """The group whose photos are compared with each other; empty for photos of unknown or too mixed groups."""
    if photo.source not in READABLE or not photo.sex or photo.group in ("", "other"):
        return ""
    return f"{photo.source} {photo.group} {photo.sex}"


def choose(photos: list[Photo], per_group: int) -> list[Photo]:
    """At most `per_group` photos of each group, spread evenly over the index."""
    groups: dict[str, list[Photo]] = defaultdict(list)
    for photo in photos:
        groups[group_of(photo)].append(photo)
    groups.pop("", None)
    spread = {name: np.linspace(0, len(g) - 1, min(len(g), per_group)).astype(int) for name, g in groups.items()}
    return [groups[name][i] for name, picked in spread.items() for i in picked]


def embed(folder: Path, photos: list[Photo], rule: str, embedder: Embedder, progress: Progress) -> Vectors:
    """Unit vectors of face and mirror image, by group."""
    vectors: Vectors = defaultdict(list)
    task = progress.add_task(f"{embedder.model_id}: embedding photos", total=len(photos))
    for photo, crop in read_crops(folder, photos):
        chip = chip_of(photo, crop, rule, embedder.model)
        vectors[group_of(photo)].append(embedder.embed_chip(chip))
        progress.advance(task)
    return vectors


def measure(vectors: Vectors) -> dict[str, Group]:
    """The comparisons within each group."""
    readable = {name: READABLE[name.split()[0]] for name in vectors}
    return {name: calibrate.measure(name, np.array(group), readable[name]) for name, group in sorted(vectors.items())}


def report(groups: dict[str, Group], cosine: float, console: Console) -> None:
    """A line a group: what the worst group's threshold means for it."""
    for group in groups.values():
        rate = float(group.fmr(cosine))
        console.print(f"  {group.name:24} {group.photos:5} photos  FMR {rate:.1e} at cosine {cosine:.4f}", highlight=False)


def finish(name: str, precision: str, folder: Path, out: Path, per_group: int) -> None:
    """Calibrate one built model and write its manifest."""
    description, console = spec.load(name), Console()
    network = msgspec.convert({**description.network, "id": f"{description.network['id']}-{precision}"}, NetworkSpec)
    model = description.model_file(out, precision)
    embedder = Embedder(network, open_network(model.read_bytes()))
    with Progress(console=console) as progress:
        groups = measure(embed(folder, choose(read_index(folder), per_group), description.crops, embedder, progress))
    worst = calibrate.worst(groups)
    report(groups, worst.cosine_at(1e-3), console)
    source = f"{worst.photos} photos of {worst.name.split()[0]}, {worst.pairs} pairs; worst of {len(groups)} groups"
    manifest = manifest_file.write(description.network, network.id, model, calibrate.fit(worst, source))
    console.print(f"{manifest.path}: calibrated on {worst.name}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", help="NAME:PRECISION, as exported")
    parser.add_argument("--photos", type=Path, required=True, help="folder with index.csv and its tars")
    parser.add_argument("--out", type=Path, required=True, help="folder the models were built in")
    parser.add_argument("--per-group", type=int, default=4000, help="most photos of a group")
    arguments = parser.parse_args()
    if not (arguments.photos / "index.csv").is_file():
        parser.error(f"{arguments.photos}/index.csv is absent: the calibration needs the training photos (--photos)")
    for model in arguments.models:
        name, precision = model.split(":")
        finish(name, precision, arguments.photos, arguments.out, arguments.per_group)


if __name__ == "__main__":
    main()
