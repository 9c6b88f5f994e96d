"""What is measured of a mounted kiosk, and how it is judged. Pure: what the pipeline saw is handed in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Literal

import msgspec

from device.status_commands import Sight

EYES_PX = {"0.5": 80.0, "1.0": 60.0, "1.5": 40.0}
"""Metres → least pixels between the eyes: below, recognition loses (docs/installer.md)."""
SEEN = 0.9
"""Share of the frames in which a face must be found."""
USABLE = 0.7
"""Share of the frames of which a recognition could be made: people blink and move."""

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
    conditions: dict[str, int] = msgspec.field(default_factory=dict)
    """Why frames could not be judged, as error codes, with their number."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the installer has somebody do."""

    id: str
    prompt: str
    eyes_px: float
    """Least pixels between the eyes."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A step that was done."""

    step: str
    at: str
    measured: Measured
    problems: tuple[str, ...]


def steps(part: Part) -> Iterator[Step]:
    """What is done once by day and once by night."""
    light = "all lamps as in daily use" if part == "day" else "dark outside, the lamps as at night"
    for metres, least in EYES_PX.items():
        yield Step(
            id=f"{part} {metres} m",
            eyes_px=least,
            prompt=f"({light}) Somebody stands {metres} m before the screen and looks at it.",
        )
    nearer = EYES_PX["1.5"]
    yield Step(
        id=f"{part} backlight",
        eyes_px=nearer,
        prompt=f"({light}) The same person at 1 m, with what is brightest behind: the door open, the sun in, the lamp on.",
    )
    yield Step(
        id=f"{part} seated",
        eyes_px=nearer,
        prompt=f"({light}) Somebody sits at 1 m, as in a wheelchair, and looks at the screen.",
    )
    yield Step(id=f"{part} tall", eyes_px=nearer, prompt=f"({light}) Somebody of 1.9 m or more stands at 1 m (or on a step).")


def measured(sights: Sequence[Sight]) -> Measured:
    """What the frames come to."""
    faces = [sight for sight in sights if sight.track]
    usable = sum(not sight.condition for sight in faces)
    conditions = Counter(sight.condition for sight in sights if sight.condition)
    count = len(sights)
    if not faces:
        return Measured(frames=count, seen=0.0, usable=0.0, conditions=dict(conditions))
    return Measured(
        frames=count,
        seen=round(len(faces) / count, 3),
        usable=round(usable / count, 3),
        eye_distance=round(median(sight.eye_distance for sight in faces), 1),
        sharpness=_middle(faces, "sharpness"),
        exposure=_middle(faces, "exposure"),
        clipping=_middle(faces, "clipping"),
        pitch=round(median([sight.pitch for sight in faces if sight.pitch is not None] or [0.0]), 1),
        conditions=dict(conditions),
    )


def _middle(faces: Sequence[Sight], name: str) -> float:
    values = [measure.value for sight in faces for measure in sight.measures if measure.name == name]
    return round(median(values), 3) if values else 0.0


def problems(step: Step, found: Measured) -> tuple[str, ...]:
    """What the installer should change, in words; empty: nothing."""
    said = []
    if found.seen < SEEN:
        said.append(f"a face was found in {found.seen:.0%} of the frames only: is the person in the picture?")
    elif found.eye_distance < step.eyes_px:
        said.append(f"{found.eye_distance:.0f} px between the eyes, {step.eyes_px:.0f} are needed: a longer lens, or more pixels")
    if found.seen >= SEEN and found.usable < USABLE:
        worst = max(found.conditions, key=lambda code: found.conditions[code], default="")
        said.append(
            f"{found.usable:.0%} of the frames could be judged{_ADVICE.get(worst, f' (mostly {worst})' if worst else '')}"
        )
    return tuple(said)


_ADVICE = {
    "poor_image_quality": ": the face is not sharp; focus the lens, clean it, give more light",
    "too_dark": ": the face is too dark; light from the front, no bright thing behind",
    "too_bright": ": the face is too bright; no direct sun or lamp on the face",
    "face_not_centered": ": the face is turned or outside the zone; aim the camera at it",
    "face_too_small": ": the face is too small",
    "multiple_faces": ": several faces; is there a mirror or a poster?",
}
