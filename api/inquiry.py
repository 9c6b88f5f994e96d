"""What a session asks of whoever stands in front: its policy's cues, fused, and the challenges that follow. Pure.

The candidate is known before anything is asked, and only this module knows it: a stranger is asked for the same as anybody, so
that the screen tells nobody whom it recognised. What somebody cannot do is left out; the decision then needs something else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from secrets import SystemRandom

from api.evidence import Evidence
from api.settings import SessionSettings
from inference.liveness import challenge as challenges
from inference.liveness import fusion
from inference.liveness.challenge import CANNOT, TURNS, Challenge, Chance
from inference.liveness.fusion import Cue, Judgement, Verdict
from inference.liveness.passive import FEWEST_FRAMES, Bands
from inference.liveness.policy import POLICIES, Challenging, Level, Policy
from inference.observation import Observation

TRIES = 2
"""Challenges in one session: the first, and one retry."""
SETTLE_S = 1.0
"""Seconds until a retry begins: whoever was asked for something just now may still be doing it."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What liveness is in one session."""

    policy: Policy = POLICIES[Level.BASIC]
    bands: Bands = field(default_factory=Bands)
    """Of the passive network."""
    window: int = FEWEST_FRAMES
    """Frames of a passive verdict."""
    watch_s: float = 0.0
    """Seconds for which a stream is watched before it counts as sound."""
    doubts: tuple[str, ...] = ()
    """Why a challenge is due, or a longer one, whoever comes: the hour, an earlier refusal."""
    chance: Chance = field(default_factory=SystemRandom, compare=False)
    """Where orders and times of challenges come from."""


@dataclass(frozen=True, slots=True)
class Known:
    """Whom the samples may show; nobody outside control learns it before the decision."""

    user_id: str | None = None
    cannot: tuple[str, ...] = ()
    """What the person's record says is not to be asked, of `inference.liveness.challenge.CANNOT`."""
    doubts: tuple[str, ...] = ()
    """Why a challenge is due, or a longer one, for this person: the group."""
    times: float = 1.0
    """How many times longer than others the person may take."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a decision must know of the inquiry before it."""

    user_id: str | None = None
    """Whom the session took the person for."""
    identified: bool = False
    """Whether it looked."""
    challenged: bool = False
    """Whether a challenge was passed."""
    left_out: tuple[str, ...] = ()
    """What should have been asked, and was not, since the person cannot do it: something else must make up for it."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The inquiry between two frames."""

    known: Known | None = None
    challenge: Challenge | None = None
    track: int = 0
    """Of the challenge: what one face did never counts for another."""
    tries: int = 0
    failures: tuple[str, ...] = ()
    """Why challenges failed."""
    left_out: tuple[str, ...] = ()
    nothing_left: bool = False
    """A challenge was due, and the person can do none of it."""

    def asked(self) -> Asked:
        """What the decision must know."""
        known = self.known
        passed = self.challenge is not None and self.challenge.cue().verdict is Verdict.PASSED
        return Asked(None if known is None else known.user_id, known is not None, passed, self.left_out)

    def detail(self) -> dict[str, object]:
        """For the sealed detail of an attempt."""
        moves = [] if self.challenge is None else [str(step.move) for step in self.challenge.steps]
        return {"asked": moves, "tries": self.tries, "failures": list(self.failures), "left_out": list(self.left_out)}


def judged(demands: Demands, rules: SessionSettings, evidence: Evidence, inquiry: Inquiry) -> Judgement:
    """Liveness as of now."""
    doubts = demands.doubts + (() if inquiry.known is None else inquiry.known.doubts)
    return fusion.fuse(demands.policy, _cues(demands, rules, evidence, inquiry), doubts=doubts)


def _cues(demands: Demands, rules: SessionSettings, evidence: Evidence, inquiry: Inquiry) -> list[Cue]:
    cues = [
        fusion.gestures(
            (evidence.frames, rules.face_min_liveness_frames),
            (evidence.blinks, rules.face_min_liveness_blinks),
            (evidence.motion, rules.face_min_liveness_motion),
        ),
        fusion.passive(evidence.windows, demands.bands, may_ask=demands.policy.challenge is Challenging.IN_DOUBT),
        fusion.integrity(evidence.alarms, evidence.until - evidence.since, demands.watch_s),
    ]
    if inquiry.nothing_left:
        cues.append(Cue("challenge", Verdict.PASSED, "left_out"))
    elif inquiry.challenge is not None:
        cues.append(inquiry.challenge.cue())
    if "turn" in inquiry.left_out:
        cues.append(Cue("planarity", Verdict.PASSED, "left_out"))
    elif inquiry.challenge is not None:
        cues.append(fusion.planarity(inquiry.challenge.turns))
    return cues


def unknown(demands: Demands, inquiry: Inquiry) -> bool:
    """Whether it must be seen first who it may be."""
    return inquiry.known is None and demands.policy.challenge is not Challenging.NEVER


def due(demands: Demands, inquiry: Inquiry, judgement: Judgement) -> bool:
    """Whether a challenge is to be made now."""
    if inquiry.known is None or inquiry.challenge is not None or inquiry.nothing_left:
        return False
    return demands.policy.challenge is Challenging.ALWAYS or judgement.waits_for == "challenge"


def challenged(demands: Demands, inquiry: Inquiry, evidence: Evidence, now: float, not_again: Sequence[str] = ()) -> Inquiry:
    """With a challenge begun, of what the person can do."""
    cannot = () if inquiry.known is None else tuple(word for word in inquiry.known.cannot if word in CANNOT)
    moves = challenges.possible(cannot, evidence.fps)
    bars = [move for move in moves if move in not_again]
    turned = demands.policy.planarity and bool(TURNS.intersection(moves))
    retry = inquiry.tries > 0
    brief = not (retry or _doubted(demands, inquiry))
    began = now + SETTLE_S * retry
    made = challenges.plan(moves, demands.chance, began, not_again=bars, turned_evidence=turned, brief=brief)
    begun = replace(inquiry, left_out=cannot, tries=inquiry.tries + 1, track=evidence.track)
    return replace(begun, challenge=made) if made is not None else replace(begun, challenge=None, nothing_left=True)


def _doubted(demands: Demands, inquiry: Inquiry) -> bool:
    """Whether the challenge is made for a doubt, and not because everybody gets one."""
    doubts = demands.doubts or (inquiry.known is not None and inquiry.known.doubts)
    return bool(doubts) or demands.policy.challenge is not Challenging.ALWAYS


def followed(demands: Demands, inquiry: Inquiry, evidence: Evidence, seen: Observation, now: float) -> Inquiry:
    """After one more frame: a challenge that failed is tried once more, with other steps."""
    under_way = inquiry.challenge
    if under_way is None:
        return inquiry
    if evidence.track != inquiry.track:
        on = replace(under_way, failed="another_track")
    else:
        glimpse = challenges.glimpse(seen)
        on = under_way if glimpse is None else challenges.follow(under_way, glimpse, now)
    if not on.failed or on.failed == under_way.failed:
        return replace(inquiry, challenge=on)
    failed = replace(inquiry, challenge=on, failures=(*inquiry.failures, on.failed))
    if failed.tries >= TRIES:
        return failed
    return challenged(demands, failed, evidence, now, on.not_again)
