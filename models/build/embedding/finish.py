"""Second step of the recipe: calibrate the built models on the training photos, and write their manifests.

Runs in the product's environment, with the product's own embedder: what is calibrated is what a device computes.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track

from embedding import calibrate, manifest_file, spec
from embedding.calibrate import Group
from embedding.crops import Image, Photo, chip_of, is_held_out, read_crops, read_index
from inference.embedder import Embedder
from inference.manifest import NetworkSpec
from inference.observation import Embedding
from inference.runtime import open_network

READABLE = {"aaf": 1e-5, "utkface": 1e-4}
"""Lowest false match rate that each source's labels allow once the referee has left out pairs of one person."""

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


class Subject:
    """A built network that embeds training photos, and remembers what it has embedded."""

    def __init__(self, model: str, out: Path) -> None:
        name, precision = model.split(":")
        self.spec = spec.load(name)
        self.model = self.spec.model_file(out, precision)
        network = {**self.spec.network, "id": f"{self.spec.network['id']}-{precision}"}
        self.embedder = Embedder(msgspec.convert(network, NetworkSpec), open_network(self.model.read_bytes()))
        self._known: dict[tuple[str, str], Embedding] = {}

    def embed(self, photo: Photo, crop: Image) -> Embedding:
        """Unit vector of face and mirror image."""
        key = (photo.source, photo.file)
        if key not in self._known:
            self._known[key] = self.embedder.embed_chip(chip_of(photo, crop, self.spec.crops, self.embedder.model))
        return self._known[key]


def embed(folder: Path, photos: list[Photo], subject: Subject, referee: Subject) -> tuple[Vectors, Vectors]:
    """Both networks' vectors by group, photos in the same order."""
    vectors: Vectors = defaultdict(list)
    refereed: Vectors = defaultdict(list)
    crops = track(read_crops(folder, photos), f"{subject.embedder.model_id}: embedding photos", len(photos))
    for photo, crop in crops:
        vectors[group_of(photo)].append(subject.embed(photo, crop))
        refereed[group_of(photo)].append(referee.embed(photo, crop))
    return vectors, refereed


def measure(vectors: Vectors, refereed: Vectors) -> dict[str, Group]:
    """The comparisons within each group."""
    return {
        name: calibrate.measure(name, np.array(group), READABLE[name.split()[0]], np.array(refereed[name]))
        for name, group in sorted(vectors.items())
    }


def report(groups: dict[str, Group], cosine: float, console: Console) -> None:
    """A line a group: what the worst group's threshold means for it."""
    for group in groups.values():
        rate = float(group.fmr(cosine))
        console.print(
            f"  {group.name:24} {group.photos:5} photos  FMR {rate:.1e} at {cosine:.4f}  {group.left_out:5} pairs left out",
            highlight=False,
        )


def describe(groups: dict[str, Group], best: Group, referee: str) -> str:
    """Where the calibration comes from, in a sentence."""
    photos, pairs = sum(g.photos for g in groups.values()), sum(g.pairs for g in groups.values())
    return (
        f"the worst of {len(groups)} groups at every rate: {photos} photos, {pairs} pairs within groups "
        f"({sum(g.left_out for g in groups.values())} more left out as one person by {referee}); "
        f"measured down to {best.floor:.0e} ({best.name}), fitted below"
    )


def finish(subject: Subject, referee: Subject, folder: Path, per_group: int, console: Console) -> None:
    """Calibrate one built model and write its manifest."""
    photos = [photo for photo in read_index(folder) if is_held_out(photo) or not subject.spec.trained]
    groups = measure(*embed(folder, choose(photos, per_group), subject, referee))
    best = min(groups.values(), key=lambda group: group.floor)
    fitted = calibrate.envelope(groups, describe(groups, best, referee.embedder.model_id))
    report(groups, fitted.cosine_at_fmr(1e-3), console)
    calibration = msgspec.structs.replace(fitted, averaging=subject.spec.averaging)
    manifest = manifest_file.write(subject.spec.network, subject.embedder.model_id, subject.model, calibration)
    console.print(f"{manifest.path}: calibrated; at 1e-3 the worst group is {calibration.group}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", help="NAME:PRECISION, as exported")
    parser.add_argument("--photos", type=Path, required=True, help="folder with index.csv and its tars")
    parser.add_argument("--out", type=Path, required=True, help="folder the models were built in")
    parser.add_argument("--per-group", type=int, default=6000, help="most photos of a group")
    parser.add_argument("--referee", default="mobilefacenet:float32", help="NAME:PRECISION that finds pairs of one person")
    arguments = parser.parse_args()
    if not (arguments.photos / "index.csv").is_file():
        parser.error(f"{arguments.photos}/index.csv is absent: the calibration needs the training photos (--photos)")
    subjects = {model: Subject(model, arguments.out) for model in {*arguments.models, arguments.referee}}
    for name in arguments.models:
        finish(subjects[name], subjects[arguments.referee], arguments.photos, arguments.per_group, Console())


if __name__ == "__main__":
    main()
