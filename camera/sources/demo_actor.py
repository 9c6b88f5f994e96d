"""How the demo's person moves: sways, blinks, does what is asked after a human's reaction time. Pixels are drawn elsewhere."""

import math
import random
from dataclasses import dataclass, field, replace

REACTION_S = 0.4
"""From being asked to beginning to move: the usual choice reaction of an adult."""

BLINK_S = (0.08, 0.10, 0.12)
"""Closing, closed, opening: a blink of .3 s, found at 15 frames a second and more."""

LONG_S = 1.5
"""How long the eyes stay closed when that is asked, unless the person hears before that it is enough."""

TURN_DEG = 34.0
HOLD_S = 1.4
"""How far the head turns when that is asked, and how long until it turns back."""

CLOSER, FURTHER = 1.3, 0.78
"""Size when asked to come closer or to go back, against the usual."""

SWIFTNESS = 9.0
"""Of the critically damped movements, per second: nine tenths of the way after .43 s."""

OBEYED = ("blink", "close_eyes", "turn_left", "turn_right", "move_closer", "move_back", "look_straight", "hold_still")


@dataclass(slots=True)
class Spring:
    """A value that follows its goal like a muscle moves a limb: critically damped, solved exactly for any step."""

    value: float
    speed: float = 0.0

    def step(self, goal: float, seconds: float) -> None:
        """Let `seconds` pass."""
        away = self.value - goal
        pull = self.speed + SWIFTNESS * away
        fade = math.exp(-SWIFTNESS * seconds)
        self.value = goal + (away + pull * seconds) * fade
        self.speed = (self.speed - SWIFTNESS * pull * seconds) * fade


@dataclass(frozen=True, slots=True)
class Closure:
    """The eyes closing once: when it begins, and how long they stay closed in between."""

    start: float
    held: float

    @property
    def end(self) -> float:
        """When the eyes are open again."""
        return self.start + BLINK_S[0] + self.held + BLINK_S[2]

    def ended(self, now: float) -> "Closure":
        """The eyes open at `now`, where they are closed then."""
        shut_at = self.start + BLINK_S[0]
        return replace(self, held=now - shut_at) if shut_at <= now < shut_at + self.held else self

    def at(self, moment: float) -> float:
        """How far the eyes are closed, 0 to 1."""
        passed = moment - self.start
        shut = min(passed / BLINK_S[0], (self.end - moment) / BLINK_S[2], 1.0)
        return max(0.0, shut)


@dataclass(slots=True)
class Actor:
    """One person during one visit. Times are seconds into the scene and only go forward."""

    seed: int
    blinks: list[float]
    yaw: Spring = field(default_factory=lambda: Spring(0.0))
    size: Spring = field(default_factory=lambda: Spring(1.0))
    calm: Spring = field(default_factory=lambda: Spring(1.0))
    closures: list[Closure] = field(default_factory=list)
    _now: float = 0.0
    _asked: list[tuple[float, str]] = field(default_factory=list)
    _busy: dict[str, float] = field(default_factory=dict)
    _heard: str = ""
    _turn: tuple[float, float] = (0.0, 0.0)
    _goal_size: float = 1.0
    _still_until: float = 0.0
    _phases: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)  # noqa: S311  # a screenplay, not a secret
        self._phases = [chance.uniform(0.0, math.tau) for _ in range(10)]
        self.closures = [Closure(start, BLINK_S[1]) for start in self.blinks]

    def ask(self, instruction: str) -> None:
        """Hear an instruction. The same one again is ignored while it is being obeyed; unknown ones always.

        To look straight is heard anew after every other instruction: it ends that one.
        """
        ends, self._heard = instruction == "look_straight" != self._heard, instruction
        if instruction in OBEYED and (ends or self._now >= self._busy.get(instruction, 0.0)):
            self._asked.append((self._now + REACTION_S, instruction))
            self._busy[instruction] = self._now + REACTION_S + HOLD_S + 0.6

    def step(self, now: float) -> None:
        """Go on to `now`, seconds into the scene."""
        seconds, self._now = max(0.0, now - self._now), max(self._now, now)
        for when, instruction in [asked for asked in self._asked if asked[0] <= now]:
            self._asked.remove((when, instruction))
            self._begin(instruction, now)
        angle, until = self._turn
        self.yaw.step(angle if now < until else 0.0, seconds)
        self.size.step(self._goal_size, seconds)
        self.calm.step(0.12 if now < self._still_until else 1.0, seconds)

    def closure(self) -> float:
        """How far the eyes are closed now, 0 to 1."""
        return max((closure.at(self._now) for closure in self.closures), default=0.0)

    def blinked(self) -> int:
        """How often the eyes closed and opened again since the person came, long closures included."""
        return sum(closure.end <= self._now for closure in self.closures)

    def sway(self, index: int, amplitude: float) -> float:
        """An unconscious movement: two sines of unrelated periods, so that it never repeats; smaller while holding still."""
        first, second = self._phases[index], self._phases[(index + 5) % len(self._phases)]
        rate = 0.9 + 0.17 * index
        wave = 0.65 * math.sin(rate * self._now + first) + 0.35 * math.sin(2.618 * rate * self._now + second)
        return amplitude * wave * self.calm.value

    def _begin(self, instruction: str, now: float) -> None:
        match instruction:
            case "blink" | "close_eyes":
                self._close_eyes(now, BLINK_S[1] if instruction == "blink" else LONG_S)
            case "turn_left" | "turn_right":
                self._turn = (TURN_DEG if instruction == "turn_left" else -TURN_DEG, now + HOLD_S)
            case "move_closer" | "move_back":
                self._goal_size = CLOSER if instruction == "move_closer" else FURTHER
            case "look_straight":
                self._turn, self._goal_size = (0.0, now), 1.0
                self.closures = [closure.ended(now) for closure in self.closures]
            case "hold_still":
                self._still_until = now + 2.0

    def _close_eyes(self, now: float, held: float) -> None:
        """Close the eyes now; blinks of one's own that would fall together with it are left out."""
        asked = Closure(now, held)
        self.closures = [c for c in self.closures if c.start < now or c.start > asked.end + 0.4] + [asked]
