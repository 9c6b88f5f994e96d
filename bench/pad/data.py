"""Which presentations the PAD report reads: whose, of what, by which camera, and whether the network learned from them.

A folder is laid out like this: `pad/live/SUBJECT/*.jpg`, `pad/SPECIES/SUBJECT/*.jpg` for each species of attack, and clips
`video/live_NAME.mp4`, `video/spoof_SPECIES_NAME.mp4`. The frames of a folder are in the order of their names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from camera.frame import Frame, Image

BONA_FIDE = "live"
SEEN_SUBJECTS = ("01", "02", "03", "04", "05")
SEEN_CLIPS = ("live_two_people",)
"""What models/build/passive learns from."""
SPECIES = {"monitor_replay": "replay", "phone_replay": "replay", "replay": "replay", "print": "print"}
"""How the name of a spoof clip begins, and which species that is; another is a species of its own."""
PHOTO_INTERVAL_S = 0.1
"""Between two photos of a folder: they are frames of a webcam, picked out."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """One session before a camera: a folder of frames, or a clip."""

    source: str
    """`webcam` or the clip's name; each source is one camera."""
    subject: str
    species: str
    """`live`, or the kind of attack."""
    seen: bool
    """Whether the network was trained on it."""
    path: Path

    @property
    def live(self) -> bool:
        """Whether a living person stood there."""
        return self.species == BONA_FIDE

    @property
    def name(self) -> str:
        """For reports."""
        return f"{self.species}/{self.subject}" if self.path.is_dir() else self.source

    def frames(self) -> Iterator[Frame]:
        """The frames in order, with times in seconds: of a clip those of its file."""
        return _photos(self.path) if self.path.is_dir() else _clip(self.path)


def presentations(folder: Path) -> list[Presentation]:
    """Everything in the folder, live first."""
    found = []
    for path in sorted((folder / "pad").glob("*/*/")):
        species, subject = path.parent.name, path.name
        found.append(Presentation("webcam", subject, species, subject in SEEN_SUBJECTS, path))
    for path in sorted((folder / "video").glob("*.mp4")):
        kind, _, rest = path.stem.partition("_")
        if kind in (BONA_FIDE, "spoof"):
            species = BONA_FIDE if kind == BONA_FIDE else species_of(rest)
            found.append(Presentation(path.stem, path.stem, species, path.stem in SEEN_CLIPS, path))
    return sorted(found, key=lambda one: (not one.live, one.species, one.source, one.subject))


def species_of(rest: str) -> str:
    """The species of a spoof clip, by its name without `spoof_`."""
    return next((species for start, species in SPECIES.items() if rest.startswith(start)), rest.partition("_")[0])


def _photos(folder: Path) -> Iterator[Frame]:
    for number, path in enumerate(sorted(folder.glob("*.jpg"))):
        yield Frame(number, number * PHOTO_INTERVAL_S, _image(cv2.imread(str(path), cv2.IMREAD_COLOR)))


def _clip(path: Path) -> Iterator[Frame]:
    clip = cv2.VideoCapture(str(path))
    rate, number = clip.get(cv2.CAP_PROP_FPS) or 30.0, 0
    try:
        while (read := clip.read())[0]:
            yield Frame(number, number / rate, _image(read[1]))
            number += 1
    finally:
        clip.release()


def _image(picture: object) -> Image:
    return np.asarray(picture, dtype=np.uint8)
