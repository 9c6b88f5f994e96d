"""Which photos the accuracy protocols read, and who is on them. Nothing is decoded here but the tars' members."""

import csv
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PHOTOS_A_PERSON = 10
ADULT = 18


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo to read: where, whose, and a group label (a session for `pad`, sex and group for the training sets)."""

    path: Path
    person: str
    group: str = ""
    member: str = ""
    """Name inside the tar `path`, where it is one."""


def lfw(folder: Path) -> list[Photo]:
    """At most ten photos a person, first by name."""
    people = sorted(entry for entry in (folder / "lfw").iterdir() if entry.is_dir())
    return [Photo(path, person.name) for person in people for path in sorted(person.glob("*.jpg"))[:PHOTOS_A_PERSON]]


def pad_live(folder: Path) -> list[Photo]:
    """Live webcam frames of the PAD subjects; the group is the session, the fourth field of the file's name."""
    subjects = sorted(entry for entry in (folder / "pad" / "live").iterdir() if entry.is_dir())
    return [Photo(path, s.name, path.stem.split("_")[3]) for s in subjects for path in sorted(s.glob("*.jpg"))]


def train_groups(folder: Path, a_group: int) -> dict[str, list[Photo]]:
    """Adults of the training tables by source, group and sex, at most `a_group` evenly spread over each table.

    Only sources in which nearly every photo is another person are read: `aaf` and `utkface`.
    """
    groups: dict[str, list[Photo]] = {}
    with (folder / "index.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            known = row["sex"] and row["group"] and row["age"] and row["group"] != "other"
            if row["source"] not in {"aaf", "utkface"} or not known or int(row["age"]) < ADULT:
                continue
            name = f"{row['source']} {row['group']} {'women' if row['sex'] == 'f' else 'men'}"
            photo = Photo(folder / f"{row['source']}.tar", f"{row['source']}/{row['file']}", name, row["file"])
            groups.setdefault(name, []).append(photo)
    return {name: photos[:: max(1, len(photos) // a_group)][:a_group] for name, photos in sorted(groups.items())}


def read_bytes(photos: list[Photo]) -> Iterator[tuple[int, bytes]]:
    """Every photo's bytes with its position, tars read in one pass each."""
    by_tar: dict[Path, dict[str, int]] = {}
    for position, photo in enumerate(photos):
        if photo.member:
            by_tar.setdefault(photo.path, {})[photo.member] = position
        else:
            yield position, photo.path.read_bytes()
    for path, members in by_tar.items():
        with tarfile.open(path) as archive:
            for member in archive:
                found = members.get(member.name)
                if found is not None and (stream := archive.extractfile(member)):
                    yield found, stream.read()
