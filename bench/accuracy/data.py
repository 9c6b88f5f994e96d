"""Which photos the accuracy protocols read, and who is on them. Nothing is decoded here."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.accuracy import recipe

PHOTOS_A_PERSON = 10
SOURCES = ("aaf", "utkface")
"""Of the training photos: those in which nearly every photo shows another person."""
WORST_OF = "aaf"
"""The source whose labels allow the lowest rates: its worst group is the one that thresholds are named after."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo to read: where, whose, and its session (for `pad`)."""

    path: Path
    person: str
    group: str = ""
    member: str = ""
    """Kept in the key of what is cached; empty."""


def lfw(folder: Path) -> list[Photo]:
    """At most ten photos a person, first by name."""
    people = sorted(entry for entry in (folder / "lfw").iterdir() if entry.is_dir())
    return [Photo(path, person.name) for person in people for path in sorted(person.glob("*.jpg"))[:PHOTOS_A_PERSON]]


def pad_live(folder: Path) -> list[Photo]:
    """Live webcam frames of the PAD subjects; the group is the session, the fourth field of the file's name."""
    subjects = sorted(entry for entry in (folder / "pad" / "live").iterdir() if entry.is_dir())
    return [Photo(path, s.name, path.stem.split("_")[3]) for s in subjects for path in sorted(s.glob("*.jpg"))]


def group_name(photo: recipe.Photo) -> str:
    """Source, group and sex; empty where one is not known or the source repeats people."""
    if photo.source not in SOURCES or not photo.sex or photo.group in ("", "other"):
        return ""
    return f"{photo.source} {photo.group} {'women' if photo.sex == 'f' else 'men'}"


def held_out_groups(folder: Path) -> dict[str, list[recipe.Photo]]:
    """The adults of the training tables that were kept out of training, by source, group and sex."""
    return _by_group(photo for photo in recipe.read_index(folder) if recipe.is_held_out(photo))


def trained_on(folder: Path, a_group: int) -> dict[str, list[recipe.Photo]]:
    """At most `a_group` of the photos that were trained on of each group, evenly spread: for cohorts, never for rates."""
    groups = _by_group(photo for photo in recipe.read_index(folder) if not recipe.is_held_out(photo))
    spread = {name: np.linspace(0, len(of) - 1, min(len(of), a_group)).astype(int) for name, of in groups.items()}
    return {name: [groups[name][i] for i in picked] for name, picked in spread.items()}


def _by_group(photos: Iterator[recipe.Photo]) -> dict[str, list[recipe.Photo]]:
    groups: dict[str, list[recipe.Photo]] = {}
    for photo in photos:
        groups.setdefault(group_name(photo), []).append(photo)
    groups.pop("", None)
    return dict(sorted(groups.items()))
