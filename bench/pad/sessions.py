"""Every presentation through the device's own pipeline: what was scored frame by frame, and what each policy makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.pad.data import Presentation
from bench.pad.judges import Recorder, Scored
from inference.liveness import fusion
from inference.liveness.fusion import Cue, Judgement, Verdict
from inference.liveness.passive import Bands, Windows
from inference.liveness.policy import POLICIES, Level, Policy
from inference.observation import LivenessEvidence
from inference.pipeline import Pipeline
from inference.settings import VisionSettings
from inference.stages import Embedder

WINDOW = 5
"""Frames of a window, as the policies judge them."""
GESTURES = (3, 1, 0.25)
"""Frames, blinks and motion that `basic` asks for by default."""
OUTCOMES = {
    Verdict.PASSED: "accepted",
    Verdict.FAILED: "refused",
    Verdict.WAITING: "not_decided",
    Verdict.DOUBTFUL: "not_decided",
}


@dataclass(slots=True)
class Session:
    """One presentation, judged."""

    presentation: Presentation
    frames: int = 0
    conditions: dict[str, int] = field(default_factory=dict)
    """How many frames could not be used, by why."""
    scored: list[Scored] = field(default_factory=list)
    decisions: dict[str, str] = field(default_factory=dict)
    """By policy: `accepted`, `refused`, `not_decided`, or `challenged` (a recording cannot answer)."""
    reasons: dict[str, str] = field(default_factory=dict)

    def windows(self, judge: str = "") -> list[float]:
        """Mean scores of windows that follow each other; the shipped network's or another judge's."""
        scores = [row.others[judge] if judge else row.shipped for row in self.scored]
        return [sum(scores[at : at + WINDOW]) / WINDOW for at in range(0, len(scores) - WINDOW + 1, WINDOW)]


@dataclass(slots=True)
class Shown:
    """What a track has shown so far, as the session of control keeps it."""

    bands: Bands
    windows: Windows = field(default_factory=Windows)
    evidence: LivenessEvidence | None = None

    def take(self, time: float, evidence: LivenessEvidence) -> None:
        """One more frame."""
        self.evidence = evidence
        if evidence.passive is not None:
            self.windows = self.windows.seen(time, evidence.passive)

    def judge(self, policy: Policy) -> Judgement:
        """What the policy says now."""
        return fusion.fuse(policy, self._cues(may_ask=policy.challenge != "never"))

    def _cues(self, *, may_ask: bool) -> Sequence[Cue]:
        seen = self.evidence
        if seen is None:
            return ()
        needed = GESTURES
        return (
            fusion.gestures((seen.frames, needed[0]), (seen.blinks, needed[1]), (seen.motion, needed[2])),
            fusion.passive(self.windows, self.bands, may_ask=may_ask),
            fusion.integrity(seen.alarms),
            fusion.planarity(seen.turns),
        )


def run(presentation: Presentation, recorder: Recorder, embedder: Embedder, settings: VisionSettings) -> Session:
    """Show it to the pipeline: a clip as a stream, a folder's photos each on its own."""
    session = Session(presentation)
    bands = bands_of(recorder)
    shown = Shown(bands)
    whole = presentation.path.is_dir()
    make = Pipeline.photos if whole else Pipeline.stream
    recorder.rows = session.scored
    with make(embedder, settings, passive=recorder) as pipeline:
        track: Any = None
        for frame in presentation.frames():
            seen = pipeline.observe(frame)
            session.frames += 1
            if seen.condition:
                session.conditions[seen.condition] = session.conditions.get(seen.condition, 0) + 1
            if not whole and seen.track != track:
                shown, track = Shown(bands), seen.track
            if seen.liveness is not None:
                shown.take(frame.time, seen.liveness)
                _decide(session, shown)
    for level in Level:
        session.decisions.setdefault(level, "not_decided")
    return session


def bands_of(recorder: Recorder) -> Bands:
    """The network's threshold and grey band."""
    model = recorder.network.model
    return Bands(live_from=model.grey[1], attack_below=model.grey[0], threshold=model.threshold)


def _decide(session: Session, shown: Shown) -> None:
    """The first decision of each policy stands."""
    for level, policy in POLICIES.items():
        if session.decisions.get(level, "challenged") != "challenged":
            continue
        judged = shown.judge(policy)
        outcome = OUTCOMES[judged.verdict]
        waits_for_challenge = judged.verdict is Verdict.WAITING and judged.reason.startswith("challenge")
        if waits_for_challenge:
            outcome = "challenged"
        if outcome != "not_decided":
            session.decisions[level], session.reasons[level] = outcome, judged.reason
