"""The levels of liveness as an operator chooses among them: what each asks of people, how long it takes, what it leaves open."""

from dataclasses import dataclass

from inference.liveness.policy import LEAVES_OPEN, Level


@dataclass(frozen=True, slots=True)
class LevelView:
    """One level."""

    level: str
    asks: str
    seconds: str
    """Measured, from a face in range to the grant; how, is in docs/policies.md."""
    leaves_open: tuple[str, ...]


_ASKS = {
    Level.BASIC: "frames, a blink and motion",
    Level.PASSIVE: "nothing: frames of the face are looked at",
    Level.ADAPTIVE: "as passive; in doubt two or three turns of the head or closed eyes",
    Level.STRICT: "two turns of the head or closed eyes, always; in doubt two or three",
}
_SECONDS = {
    Level.BASIC: "1.3 / 6.2",
    Level.PASSIVE: ".27 / .27",
    Level.ADAPTIVE: ".27 / .27, with a challenge 4.5 / 6.9",
    Level.STRICT: "3.5 / 3.9",
}

LEVELS = tuple(LevelView(level.value, _ASKS[level], _SECONDS[level], LEAVES_OPEN[level]) for level in Level)
"""All of them, lowest first."""
