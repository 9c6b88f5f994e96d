"""What the kiosk's benchmark shows: a clip of somebody who comes and goes, an empty room, and a device that knows the person."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench import kiosk_run
from bench.frames import evaluation_folder
from camera.frame import Image

PHOTOS = 5
SHORT, LONG = 480, 640
"""Pixels of what is shown, upright or across as the clip is."""
AWAY_S = 4.0
"""Seconds without anybody between two showings."""
SOAK_FPS = 12.0
"""Frames a second of the soak's clip: enough for blinks, and no more than needed."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A device and what can be shown to it."""

    config: Path
    visits: Path
    """Somebody who is enrolled, and then nobody, again and again."""
    nobody: Path
    """A room without anybody."""
    somebody: Path
    """The person without a break."""
    period_s: float
    """From one coming of the person in `visits` to the next."""


@contextmanager
def scene(fps: float | None = None, away_s: float = AWAY_S) -> Iterator[Scene | None]:
    """A new device with the clip's person enrolled from its second half, and the first half to show; None without the data.

    Args:
        fps: of what is shown; None: the clip's own.
        away_s: seconds without anybody between two showings.
    """
    clip = evaluation_folder() / "video" / kiosk_run.CLIP
    if not clip.is_file():
        yield None
        return
    frames, own = _read(clip)
    first, second = frames[: len(frames) // 2], frames[len(frames) // 2 :]
    step = 1 if fps is None else own / fps
    shown = [first[round(number * step)] for number in range(int(len(first) / step))]
    rate, empty = fps or own, np.full_like(first[0], 40)
    with kiosk_run.device() as config, tempfile.TemporaryDirectory(prefix="facekiosk-bench-") as folder:
        photos = [Path(folder, f"{number}.jpg") for number in range(PHOTOS)]
        for path, image in zip(photos, second[:: max(1, len(second) // PHOTOS)], strict=False):
            cv2.imwrite(str(path), image)
        kiosk_run.kioskctl(config, "enroll", "subject", *map(str, photos))
        change(config, "loop", "true")
        # A recording that comes again shows the same frames again.
        change(config, "seen_hours", "0.0")
        nobody = [empty] * round(away_s * rate)
        yield Scene(
            config,
            # Mirrored the second time: what comes again is, rightly, taken for a recording.
            _write(Path(folder, "visits.avi"), [*nobody, *shown, *nobody, *(np.fliplr(each) for each in shown)], rate),
            _write(Path(folder, "nobody.avi"), nobody, rate),
            _write(Path(folder, "somebody.avi"), shown, rate),
            (len(shown) + len(nobody)) / rate,
        )


def _read(clip: Path) -> tuple[list[Image], float]:
    video = cv2.VideoCapture(str(clip))
    count, fps = int(video.get(cv2.CAP_PROP_FRAME_COUNT)), float(video.get(cv2.CAP_PROP_FPS))
    frames = [filled(np.asarray(image, dtype=np.uint8)) for read, image in (video.read() for _ in range(count)) if read]
    video.release()
    return frames, fps


def filled(image: Image) -> Image:
    """The picture scaled to fill 480x640, or 640x480, and cut: with bars beside it, it would look like a screen's."""
    height, width = image.shape[:2]
    wide, high = (SHORT, LONG) if height > width else (LONG, SHORT)
    scale = max(wide / width, high / height)
    size = (max(wide, round(width * scale)), max(high, round(height * scale)))
    grown = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    top, left = (grown.shape[0] - high) // 4, (grown.shape[1] - wide) // 2
    return np.ascontiguousarray(grown[top : top + high, left : left + wide], dtype=np.uint8)


def _write(path: Path, frames: list[Image], fps: float) -> Path:
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (width, height))
    for image in frames:
        writer.write(np.ascontiguousarray(image))
    writer.release()
    return path


def change(config: Path, key: str, value: str) -> None:
    """Set a key of the configuration file, which has it commented out, to a TOML value."""
    text = config.read_text(encoding="utf-8")
    changed, count = re.subn(rf"(?m)^#?\s*{key} = .*", f"{key} = {value}", text, count=1)
    if not count:
        raise ValueError(f"{config} has no {key}")
    config.write_text(changed, encoding="utf-8")
