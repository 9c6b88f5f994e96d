"""Liveness decided from all cues together: each says what it found and why, the policy says which of them must pass. Pure.

No cue makes up for another, and what was not seen has not passed. Numbers are for the sealed detail of an attempt, never for
whoever stands in front: a score that can be seen can be climbed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from inference.liveness.passive import Bands, Likeness, Windows
from inference.liveness.policy import Challenging, Policy
from inference.observation import Turn


class Verdict(StrEnum):
    """What a cue, or all of them together, say."""

    PASSED = "passed"
    WAITING = "waiting"
    """Not enough was seen yet."""
    DOUBTFUL = "doubtful"
    """Enough was seen, and it says neither."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue's evidence."""

    name: str
    verdict: Verdict
    reason: str
    """Why, in a word; for the sealed detail."""
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """All cues together."""

    verdict: Verdict
    reason: str
    """Of the cue that decided."""
    cues: tuple[Cue, ...] = ()
    waits_for: str = ""
    """The cue that is awaited."""

    def detail(self) -> dict[str, object]:
        """For the sealed detail of an attempt."""
        found = {
            cue.name: f"{cue.verdict}: {cue.reason}" + ("" if cue.value is None else f" {cue.value:.3f}") for cue in self.cues
        }
        return {"verdict": str(self.verdict), "reason": self.reason, **found}


def gestures(frames: tuple[int, int], blinks: tuple[int, int], motion: tuple[float, float]) -> Cue:
    """The reference's cue, each as what was seen and what is needed."""
    for name, (seen, needed) in (("frames", frames), ("blinks", blinks), ("motion", motion)):
        if seen < needed:
            return Cue("gestures", Verdict.WAITING, f"too_few_{name}" if name != "motion" else "too_little_motion", seen)
    return Cue("gestures", Verdict.PASSED, "frames_blinks_motion")


def passive(windows: Windows, bands: Bands, *, may_ask: bool) -> Cue:
    """The passive network's cue.

    A window that is not live is tried again once, on new frames: two in a row decide. Where a challenge may be asked for, what
    lies in the grey band, or is live only at the second try, is doubtful; where it may not, one threshold decides.

    Args:
        windows: what the track has shown.
        bands: of the network.
        may_ask: whether a challenge can settle a doubt.
    """
    last = windows.last
    if last is None:
        return Cue("passive", Verdict.WAITING, "too_few_frames", float(len(windows.scores)))
    looks = [_likeness(window.mean, bands, may_ask=may_ask) for window in windows.full]
    if looks[-1] is Likeness.ATTACK:
        twice = len(looks) > 1 and looks[-2] is Likeness.ATTACK
        return Cue("passive", Verdict.FAILED if twice else Verdict.WAITING, "looks_like_a_picture", last.mean)
    if looks[-1] is Likeness.GREY or (may_ask and Likeness.ATTACK in looks):
        return Cue("passive", Verdict.DOUBTFUL, "in_the_grey_band", last.mean)
    return Cue("passive", Verdict.PASSED, "looks_live", last.mean)


def _likeness(mean: float, bands: Bands, *, may_ask: bool) -> Likeness:
    if may_ask:
        return bands.likeness(mean)
    return Likeness.LIVE if mean >= bands.threshold else Likeness.ATTACK


def integrity(alarms: Collection[str], watched_s: float = 0.0, needed_s: float = 0.0) -> Cue:
    """The stream's cue: any alarm fails, since a camera raises none.

    Args:
        alarms: what was raised.
        watched_s: seconds for which the stream was watched.
        needed_s: seconds before which the absence of alarms says nothing: a loop must come round once to be seen.
    """
    if alarms:
        return Cue("integrity", Verdict.FAILED, "+".join(sorted(alarms)), float(len(alarms)))
    if watched_s < needed_s:
        return Cue("integrity", Verdict.WAITING, "watched_too_briefly", watched_s)
    return Cue("integrity", Verdict.PASSED, "no_alarm")


def planarity(turns: Sequence[Turn]) -> Cue:
    """The cue of the turns that a challenge brought about: one flat turn fails, one solid turn must be seen."""
    if any(turn.solid is False for turn in turns):
        return Cue("planarity", Verdict.FAILED, "turned_as_a_picture_does")
    solid = sum(turn.solid is True for turn in turns)
    if not solid:
        return Cue("planarity", Verdict.WAITING, "no_turn_that_tells", float(len(turns)))
    return Cue("planarity", Verdict.PASSED, "turned_as_a_head_does", float(solid))


def fuse(policy: Policy, cues: Sequence[Cue], *, doubts: Sequence[str] = ()) -> Judgement:
    """Liveness under a policy.

    Args:
        policy: what is demanded; a cue of it that is not among `cues` has not been seen.
        cues: what was found.
        doubts: reasons from outside the picture for which a challenge is due: the hour, an earlier refusal, the person's group.
    """
    found = {cue.name: cue for cue in cues}
    demanded = [found.get(name, Cue(name, Verdict.WAITING, "not_seen")) for name in _demanded(policy)]
    doubtful = [cue.reason for cue in demanded if cue.verdict is Verdict.DOUBTFUL] + list(doubts)
    if policy.challenge is Challenging.ALWAYS or (policy.challenge is Challenging.IN_DOUBT and doubtful):
        demanded.append(found.get("challenge", Cue("challenge", Verdict.WAITING, doubtful[0] if doubtful else "not_asked")))
    for verdict in (Verdict.FAILED, Verdict.WAITING):
        if deciding := next((cue for cue in demanded if cue.verdict is verdict), None):
            awaited = deciding.name if verdict is Verdict.WAITING else ""
            return Judgement(verdict, f"{deciding.name}: {deciding.reason}", tuple(demanded), awaited)
    if doubtful and policy.challenge is Challenging.NEVER:
        return Judgement(Verdict.DOUBTFUL, doubtful[0], tuple(demanded))
    return Judgement(Verdict.PASSED, policy.name, tuple(demanded))


def _demanded(policy: Policy) -> list[str]:
    names = ("gestures", "passive", "integrity", "planarity")
    return [name for name in names if getattr(policy, name)]
