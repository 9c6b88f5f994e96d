"""How heads and hands move in the rendered turns: out to one side, a moment there, and back, never quite still. Pure."""

import math
import random
from dataclasses import dataclass, field

AHEAD_S, STAY_S = 0.7, 0.5
"""Seconds of looking ahead first, and of staying out."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees, and shifts in pixels."""

    yaw: float
    pitch: float
    roll: float
    x: float
    y: float
    scale: float


@dataclass(frozen=True, slots=True)
class Script:
    """One turn to `yaw` degrees (signed) that takes `rise_s` out and as long back, at `fps`."""

    yaw: float
    rise_s: float
    fps: float
    seed: int
    sway: float = 1.0
    _phases: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)  # noqa: S311  # a screenplay, not a secret
        self._phases.extend(chance.uniform(0, math.tau) for _ in range(6))

    @property
    def times(self) -> list[float]:
        """Of the frames, seconds."""
        seconds = 2 * AHEAD_S + 2 * self.rise_s + STAY_S
        return [number / self.fps for number in range(int(seconds * self.fps))]

    def at(self, time: float) -> Pose:
        """The pose at a time."""
        wave = [self.sway * math.sin((0.9 + 0.31 * index) * time + phase) for index, phase in enumerate(self._phases)]
        out = self._out(time)
        return Pose(
            yaw=self.yaw * out + 1.5 * wave[0] * (1 - out),
            pitch=2.5 * wave[1],
            roll=2.0 * wave[2],
            x=10 * wave[3],
            y=6 * wave[4],
            scale=1 + 0.02 * wave[5],
        )

    def _out(self, time: float) -> float:
        """How far it has gone, 0 to 1, with no jump in speed."""
        came = (time - AHEAD_S) / self.rise_s
        left = (time - AHEAD_S - self.rise_s - STAY_S) / self.rise_s
        share = min(max(came, 0.0), 1.0) - min(max(left, 0.0), 1.0)
        return share * share * (3 - 2 * share)


def scripts(count: int, yaws: tuple[float, float], seed: int) -> list[Script]:
    """`count` turns between these degrees, to both sides, quick and slow, at 10, 15 and 24 frames a second."""
    chance = random.Random(seed)  # noqa: S311
    return [
        Script(
            yaw=chance.uniform(*yaws) * (-1) ** number,
            rise_s=chance.uniform(0.35, 0.9),
            fps=(10.0, 15.0, 24.0)[number // 2 % 3],
            seed=seed + number,
        )
        for number in range(count)
    ]
