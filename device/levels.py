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
    Level.STRICT: "two or three turns of the head or closed eyes, always",
}
_SECONDS = {
    Level.BASIC: "1.3 / 6.2",
    Level.PASSIVE: "0.5 / 3.1",
    Level.ADAPTIVE: "0.5 / 3.1, with a challenge 6.0 / 7.8",
    Level.STRICT: "6.0 / 7.8",
}

LEVELS = tuple(LevelView(level.value, _ASKS[level], _SECONDS[level], LEAVES_OPEN[level]) for level in Level)
"""All of them, lowest first."""
