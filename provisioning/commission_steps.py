"""What is asked for and measured of a mounted kiosk. Pure: what the pipeline saw is handed in, and judged elsewhere."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Literal

import msgspec

from device.status_commands import Sight
from inference.observation import Measure

EYES_PX = {"0.5": 80.0, "1.0": 60.0, "1.5": 40.0}
"""Metres → least pixels between the eyes: below, recognition loses (docs/installer.md)."""
MEASURES = ("sharpness", "exposure", "clipping", "pose")
OFF_LEVEL_PX = 55.0
"""The same at 1 m for people who sit or are tall: up to .4 m above or below the lens they are 1.08 m away from it."""

Part = Literal["day", "night"]
PARTS: tuple[Part, ...] = ("day", "night")


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a few seconds in front of the camera came to; medians over the frames with a face."""

    frames: int
    seen: float
    """Share of the frames with a face."""
    usable: float
    """Share of the frames that could be judged."""
    eye_distance: float = 0.0
    sharpness: float = 0.0
    exposure: float = 0.0
    clipping: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    turned: float = 0.0
    """Degrees off a frontal face: the largest of yaw, pitch from level, and weighted roll."""
    scores: dict[str, float] = msgspec.field(default_factory=dict)
    """Of those measures that were taken, 0 to 1."""
    nearest_eyes: float = 0.0
    farthest_eyes: float = 0.0
    """Pixels between the eyes that a tenth of the frames exceed, and fall short of."""
    embedded: float = 0.0
    """Share of the frames of which an embedding was computed."""
    conditions: dict[str, int] = msgspec.field(default_factory=dict)
    """Why frames could not be judged, as error codes, with their number."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the installer has somebody do."""

    id: str
    prompt: str
    eyes_px: float = 0.0
    """Least pixels between the eyes."""
    zone: Literal["", "off", "on"] = ""
    """Whether it is about the mark of a public frontage: somebody off it, or on it."""
    mark_px: float = 0.0
    """From how many pixels between the eyes somebody counts as on the mark."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A step that was done."""

    step: str
    at: str
    measured: Measured
    problems: tuple[str, ...]


def steps(part: Part, mark_px: float | None = None) -> Iterator[Step]:
    """What is done once by day and once by night; the mark of a public frontage only by day, as light does not move it."""
    light = "all lamps as in daily use" if part == "day" else "dark outside, the lamps as at night"
    for metres, least in EYES_PX.items():
        yield Step(
            id=f"{part} {metres} m",
            eyes_px=least,
            prompt=f"({light}) Somebody stands {metres} m before the screen and looks at it.",
        )
    yield Step(
        id=f"{part} backlight",
        eyes_px=EYES_PX["1.0"],
        prompt=f"({light}) The same person at 1 m, with what is brightest behind: the door open, the sun in, the lamp on.",
    )
    yield Step(
        id=f"{part} seated",
        eyes_px=OFF_LEVEL_PX,
        prompt=f"({light}) Somebody sits at 1 m, as in a wheelchair, and looks at the screen.",
    )
    yield Step(
        id=f"{part} tall", eyes_px=OFF_LEVEL_PX, prompt=f"({light}) Somebody of 1.9 m or more stands at 1 m (or on a step)."
    )
    if mark_px is not None and part == "day":
        yield from _mark_steps(mark_px)


def _mark_steps(mark_px: float) -> Iterator[Step]:
    yield Step(
        id="day off the mark",
        zone="off",
        mark_px=mark_px,
        prompt="Nobody touches the screen. Once it rests, somebody stands half a metre farther away than the mark.",
    )
    yield Step(
        id="day on the mark",
        zone="on",
        mark_px=mark_px,
        prompt="Nobody touches the screen. Somebody stands on the mark and looks at the screen.",
    )


def measured(sights: Sequence[Sight]) -> Measured:
    """What the frames come to."""
    faces = [sight for sight in sights if sight.track]
    usable = sum(not sight.condition for sight in faces)
    conditions = Counter(sight.condition for sight in sights if sight.condition)
    count = len(sights)
    if not faces:
        return Measured(frames=count, seen=0.0, usable=0.0, conditions=dict(conditions))
    eyes = sorted(sight.eye_distance for sight in faces)
    tenth = len(eyes) // 10
    return Measured(
        frames=count,
        seen=round(len(faces) / count, 3),
        usable=round(usable / count, 3),
        eye_distance=round(median(eyes), 1),
        nearest_eyes=round(eyes[-1 - tenth], 1),
        farthest_eyes=round(eyes[tenth], 1),
        sharpness=_middle(faces, "sharpness"),
        exposure=_middle(faces, "exposure"),
        clipping=_middle(faces, "clipping"),
        turned=_middle(faces, "pose"),
        pitch=round(median([sight.pitch for sight in faces if sight.pitch is not None] or [0.0]), 1),
        yaw=round(median([sight.yaw for sight in faces if sight.yaw is not None] or [0.0]), 1),
        scores={name: _middle(faces, name, score=True) for name in MEASURES if _found(faces, name)},
        embedded=round(sum(sight.embedded for sight in faces) / count, 3),
        conditions=dict(conditions),
    )


def _middle(faces: Sequence[Sight], name: str, *, score: bool = False) -> float:
    found = _found(faces, name)
    return round(median(measure.score if score else measure.value for measure in found), 3) if found else 0.0


def _found(faces: Sequence[Sight], name: str) -> list[Measure]:
    return [measure for sight in faces for measure in sight.measures if measure.name == name]
