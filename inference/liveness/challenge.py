"""Challenge and response: steps in an order and at times that nobody can know before, and whether they were done. Pure.

Only what begins after a step was asked for counts, and only within its time: a film does its turns and blinks when it does.
Left and right turns alone are asked of the head, since a picture that is tilted passes for a nod.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, TypeVar

from inference.liveness.fusion import Cue, Verdict
from inference.observation import Observation, Turn

T = TypeVar("T")

STEP_S = 4.0
"""Seconds from being asked in which a step must be done."""
REACTION_S = 0.15
"""Seconds after being asked before which nobody can have begun (the fastest choice reactions are about .2 s)."""
TURNED = 18.0
AHEAD = 12.0
"""Degrees of yaw from which a head counts as turned, and up to which it looks ahead."""
CLOSED_S = 0.65
"""Seconds that the eyes must stay closed: longer than any blink (.6 s), and five frames at 5 a second."""
PAUSES = (0.3, 1.2)
"""Seconds between one step and the next, at least and at most, where something is doubted."""
BRIEF_PAUSES = (0.2, 0.5)
"""The same where nothing is: everybody waits for them, every morning."""
BLINK_FPS = 10.0
"""Frames a second below which blinks are missed, and none is asked for."""
FEWEST, MOST = 2, 3
"""Steps of a challenge: the fewest where nothing is doubted, else either by chance."""


class Move(StrEnum):
    """What can be asked; each is an instruction of the wire contract."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    CLOSE_EYES = "close_eyes"
    BLINK = "blink"


TURNS = frozenset({Move.TURN_LEFT, Move.TURN_RIGHT})
CANNOT = {"turn": TURNS, "close_eyes": frozenset({Move.CLOSE_EYES, Move.BLINK})}
"""What a person's record can say that the person cannot do → what is not asked then."""


class Chance(Protocol):
    """Random numbers: `secrets.SystemRandom()`, or a test's."""

    def uniform(self, a: float, b: float) -> float:
        """A number between `a` and `b`."""

    def sample(self, population: Sequence[T], k: int) -> list[T]:
        """`k` different ones, in an order by chance."""

    def choice(self, seq: Sequence[T]) -> T:
        """One of them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    move: Move
    pause: float
    """Seconds before it is asked for."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What one frame shows of a response."""

    time: float
    yaw: float | None
    eyes_closed: bool = False
    closed_s: float = 0.0
    blinks: int = 0
    turns: tuple[Turn, ...] = ()


def glimpse(observation: Observation) -> Glimpse | None:
    """What the frame shows; None where nobody is in front."""
    seen, pose = observation.liveness, observation.pose
    if seen is None:
        return None
    yaw = None if pose is None else pose.yaw
    return Glimpse(observation.time, yaw, seen.eyes_closed, seen.closed_s, seen.blinks, seen.turns)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge under way. Times are seconds of the frames' clock."""

    steps: tuple[Step, ...]
    began: float
    turned_evidence: bool = False
    """Whether a step that is a turn counts only with what tells a head from a picture (the policy's planarity)."""
    done: int = 0
    rest_at: float | None = None
    """When the last step was done; None before the first."""
    ready_at: float | None = None
    """Since when the next step's pause runs: eyes open, looking ahead."""
    asked_at: float | None = None
    """When the present step was asked for; None in a pause."""
    armed_at: float | None = None
    """Since when the present step can be begun: the person was seen not doing it yet."""
    blinks: int = 0
    """As counted when it was armed."""
    reached: bool = False
    """A turn was made, and what it tells is awaited."""
    turns: tuple[Turn, ...] = ()
    """The turns that steps brought about."""
    failed: str = ""

    @property
    def step(self) -> Step | None:
        """The present step; None when all are done."""
        return self.steps[self.done] if self.done < len(self.steps) else None

    @property
    def over(self) -> bool:
        """Whether it passed or failed."""
        return bool(self.failed) or self.step is None

    @property
    def instruction(self) -> str:
        """What to ask now, in the wire contract's words; between two steps, and when all are done, to look ahead."""
        step = self.step
        asking = step is not None and self.asked_at is not None and not self.reached and not self.failed
        return str(step.move) if step is not None and asking else "look_straight"

    @property
    def not_again(self) -> tuple[Move, ...]:
        """What a retry must not ask for: the step that failed, or the turn that told nothing."""
        if self.step is not None:
            return (self.step.move,)
        return tuple(step.move for step in self.steps if step.move in TURNS)[-1:]

    @property
    def longest_s(self) -> float:
        """Seconds that it can take from its beginning."""
        return len(self.steps) * (2 * STEP_S + PAUSES[1])

    def cue(self) -> Cue:
        """The challenge as evidence."""
        if self.failed:
            return Cue("challenge", Verdict.FAILED, self.failed, float(self.done))
        if self.step is not None:
            return Cue("challenge", Verdict.WAITING, "not_done_yet", float(self.done))
        return Cue("challenge", Verdict.PASSED, "+".join(step.move for step in self.steps), float(self.done))


def possible(cannot: Sequence[str], fps: float) -> tuple[Move, ...]:
    """The moves that can be asked of a person: what the record says they cannot do is left out, and blinks that are not seen."""
    barred = frozenset[Move]().union(*(CANNOT.get(word, frozenset()) for word in cannot))
    if fps < BLINK_FPS:
        barred |= {Move.BLINK}
    return tuple(move for move in Move if move not in barred)


def plan(
    moves: Sequence[Move],
    chance: Chance,
    began: float,
    *,
    not_again: Sequence[Move] = (),
    turned_evidence: bool = False,
    brief: bool = False,
) -> Challenge | None:
    """A challenge of two or three moves in an order by chance, as far as there are so many; None: nothing is left.

    Args:
        moves: what can be asked of the person.
        chance: a cryptographically secure source of chance.
        began: seconds; frames from before it are passed over.
        not_again: what failed before: a retry asks for something else.
        turned_evidence: as of `Challenge`.
        brief: nothing is doubted: two moves, after short pauses.
    """
    left = [move for move in moves if move not in not_again]
    # Everybody, and every film of somebody, blinks every few seconds unasked: it is for whoever cannot turn the head.
    better: list[Move] = [move for move in left if move is not Move.BLINK]
    left = better if len(better) >= FEWEST else left
    if not left:
        return None
    asked = chance.sample(left, min(len(left), FEWEST if brief else chance.choice((FEWEST, MOST))))
    pauses = BRIEF_PAUSES if brief else PAUSES
    return Challenge(tuple(Step(move, chance.uniform(*pauses)) for move in asked), began, turned_evidence)


def follow(challenge: Challenge, seen: Glimpse, now: float) -> Challenge:
    """One more frame.

    Args:
        challenge: before it.
        seen: what it shows; its time is when it was taken, so one taken before a step was asked for cannot answer it.
        now: seconds of the same clock: when what follows from it is told.
    """
    step = challenge.step
    if challenge.over or step is None:
        return challenge
    if challenge.asked_at is None:
        return _waited(challenge, step, seen, now)
    if challenge.reached:
        return _told_by_turn(challenge, step, seen, challenge.asked_at)
    if seen.time <= challenge.asked_at:
        return challenge
    if seen.time - challenge.asked_at > STEP_S:
        return replace(challenge, failed=f"{step.move}_not_in_time")
    return _turning(challenge, step, seen) if step.move in TURNS else _blinking(challenge, step, seen)


def _waited(challenge: Challenge, step: Step, seen: Glimpse, now: float) -> Challenge:
    """In a pause: it runs from when the person looks ahead with open eyes."""
    if seen.time < challenge.began:
        return challenge
    if challenge.ready_at is None:
        if _at_rest(seen):
            return replace(challenge, ready_at=seen.time)
        since = challenge.began if challenge.rest_at is None else challenge.rest_at
        return replace(challenge, failed="did_not_look_ahead") if seen.time - since > STEP_S else challenge
    if (seen.yaw is not None and abs(seen.yaw) >= TURNED) or seen.closed_s >= CLOSED_S:
        return replace(challenge, failed="moved_unasked")
    if seen.time - challenge.ready_at < step.pause:
        return challenge
    return replace(challenge, asked_at=now, armed_at=None)


def _at_rest(seen: Glimpse) -> bool:
    return seen.yaw is not None and abs(seen.yaw) <= AHEAD and not seen.eyes_closed


def _turning(challenge: Challenge, step: Step, seen: Glimpse) -> Challenge:
    if seen.yaw is None or challenge.asked_at is None:
        return challenge
    if challenge.armed_at is None:
        return replace(challenge, armed_at=seen.time) if abs(seen.yaw) <= AHEAD else challenge
    if seen.closed_s >= CLOSED_S:
        return replace(challenge, failed=f"{step.move}_eyes_closed_instead")
    if abs(seen.yaw) < TURNED:
        return challenge
    if seen.time - challenge.asked_at < REACTION_S:
        return replace(challenge, armed_at=None)
    if (seen.yaw > 0) is not (step.move is Move.TURN_LEFT):
        return replace(challenge, failed=f"{step.move}_other_side")
    return replace(challenge, reached=True) if challenge.turned_evidence else _next(challenge, seen)


def _told_by_turn(challenge: Challenge, step: Step, seen: Glimpse, asked_at: float) -> Challenge:
    """A turn was made; what it tells comes when the head is on its way back."""
    made = [turn for turn in seen.turns if turn.at > asked_at and (turn.yaw > 0) is (step.move is Move.TURN_LEFT)]
    if made:
        told = replace(challenge, turns=(*challenge.turns, made[-1]))
        return replace(told, failed=f"{step.move}_flat") if made[-1].solid is False else _next(told, seen)
    late = seen.time - asked_at > 2 * STEP_S
    return replace(challenge, failed=f"{step.move}_not_in_time") if late else challenge


def _blinking(challenge: Challenge, step: Step, seen: Glimpse) -> Challenge:
    asked_at = challenge.asked_at or 0.0
    if seen.yaw is not None and abs(seen.yaw) >= TURNED:
        return replace(challenge, failed=f"{step.move}_turned_instead")
    if challenge.armed_at is None:
        return challenge if seen.eyes_closed else replace(challenge, armed_at=seen.time, blinks=seen.blinks)
    if step.move is Move.BLINK:
        in_time = seen.blinks > challenge.blinks and seen.time - asked_at >= REACTION_S
        return _next(challenge, seen) if in_time else challenge
    began = seen.time - seen.closed_s
    in_time = seen.eyes_closed and seen.closed_s >= CLOSED_S and began - asked_at >= REACTION_S
    return _next(challenge, seen) if in_time else challenge


def _next(challenge: Challenge, seen: Glimpse) -> Challenge:
    """The step is done; where that counts, a turn that told a head from a picture must be among them after the last one."""
    on = replace(
        challenge, done=challenge.done + 1, rest_at=seen.time, ready_at=None, asked_at=None, armed_at=None, reached=False
    )
    asked = any(step.move in TURNS for step in on.steps)
    untold = on.step is None and on.turned_evidence and asked and not any(turn.solid for turn in on.turns)
    return replace(on, failed="no_turn_that_told") if untold else on
