"""The demo's screenplay: who is in front of the camera when. Pure: times in, scenes out. How they move is the actor's."""

import random
from dataclasses import dataclass
from typing import Literal

Kind = Literal["empty", "person", "photo"]

SLIDE_S = 0.5
"""Seconds in which somebody comes into the picture, or leaves it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A part of the screenplay: nobody, a person, or a photo held up, for so many seconds, entrance and exit included."""

    kind: Kind
    subject: str
    seconds: float
    side: int = 0
    """Where the subject comes from and goes to: -1 left, 1 right, 0 below."""


SCENES = (
    Scene("empty", "", 2.0),
    Scene("person", "grace", 7.0, side=-1),
    Scene("empty", "", 3.0),
    Scene("person", "collins", 9.0, side=1),
    Scene("empty", "", 3.0),
    Scene("photo", "grace", 11.0),
    Scene("empty", "", 3.0),
)
"""One round: the enrolled person, an unknown one, and the flat photo of the first as an attack."""

ROUND_S = sum(scene.seconds for scene in SCENES)


@dataclass(frozen=True, slots=True)
class Moment:
    """Where in the screenplay a time lies: which scene, the how-manieth from the start, and how far into it."""

    scene: Scene
    number: int
    seconds: float

    @property
    def inside(self) -> float:
        """How far the subject is in the picture: 0 outside, 1 fully in; smooth, over `SLIDE_S` at each end."""
        if self.scene.kind == "empty":
            return 0.0
        share = min(1.0, self.seconds / SLIDE_S, (self.scene.seconds - self.seconds) / SLIDE_S)
        share = max(0.0, share)
        return share * share * (3.0 - 2.0 * share)


def at(seconds: float) -> Moment:
    """The moment at `seconds` (>= 0) of the screenplay, which repeats for ever."""
    rounds, rest = divmod(seconds, ROUND_S)
    for index, scene in enumerate(SCENES):
        if rest < scene.seconds:
            return Moment(scene, int(rounds) * len(SCENES) + index, rest)
        rest -= scene.seconds
    # Only rounding leads here: the end of a round is the start of the next.
    return Moment(SCENES[0], (int(rounds) + 1) * len(SCENES), 0.0)


def blink_times(scene: Scene, number: int, seed: int) -> list[float]:
    """When a person blinks of their own accord, seconds into the scene: about every two, a little different each time."""
    if scene.kind != "person":
        return []
    chance = random.Random(f"{seed}:{number}")  # noqa: S311  # a screenplay, not a secret
    moment, times = SLIDE_S + chance.uniform(0.5, 0.9), []
    while moment < scene.seconds - SLIDE_S - 0.4:
        times.append(moment)
        moment += chance.uniform(1.6, 2.4)
    return times
