"""The passive network's scores, judged over windows of frames, three ways: live, attack, or neither. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

FEWEST_FRAMES = 5
"""Frames below which nothing is said: single frames err far more often than the mean of a few."""

MOST_YAW = 20.0
"""Degrees past which a face shows too little of itself for the network, which learnt from faces that look at the camera."""


class Likeness(StrEnum):
    """What a window looks like."""

    LIVE = "live"
    GREY = "grey"
    ATTACK = "attack"


@dataclass(frozen=True, slots=True)
class Bands:
    """Means of scores (0 attack to 1 live) that count as live, or as attack; in between is the grey band."""

    live_from: float = 0.65
    attack_below: float = 0.35
    threshold: float = 0.5
    """Where nobody can be asked anything more: live from here on."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.attack_below <= self.threshold <= self.live_from <= 1.0:
            raise ValueError("a threshold lies inside its grey band, and both in 0..1")

    def likeness(self, mean: float) -> Likeness:
        """Three ways."""
        if mean >= self.live_from:
            return Likeness.LIVE
        return Likeness.ATTACK if mean < self.attack_below else Likeness.GREY


@dataclass(frozen=True, slots=True)
class Window:
    """A full window."""

    mean: float
    since: float
    """Time of its first frame, seconds."""


@dataclass(frozen=True, slots=True)
class Windows:
    """One track's scores, in windows that follow each other: no frame counts twice, and no run of lucky frames is picked out."""

    size: int = FEWEST_FRAMES
    full: tuple[Window, ...] = ()
    """The newest two."""
    scores: tuple[float, ...] = ()
    """Of the window that is being filled."""
    since: float = 0.0

    def __post_init__(self) -> None:
        if self.size < FEWEST_FRAMES:
            raise ValueError(f"a window needs {FEWEST_FRAMES} frames or more")

    def seen(self, time: float, score: float) -> "Windows":
        """With one more frame's score, 0..1, at `time` in seconds."""
        scores = (*self.scores, score)
        since = self.since if self.scores else time
        if len(scores) < self.size:
            return replace(self, scores=scores, since=since)
        window = Window(mean_of(scores), since)
        return replace(self, full=(*self.full[-1:], window), scores=(), since=0.0)

    @property
    def last(self) -> Window | None:
        """The newest full window."""
        return self.full[-1] if self.full else None


def mean_of(scores: Sequence[float]) -> float:
    """The arithmetic mean of at least one score."""
    return sum(scores) / len(scores)
