"""Every presentation through the device's own pipeline: what was scored frame by frame, and what each policy makes of it."""

from dataclasses import dataclass, field

import msgspec

from api.evidence import Evidence
from bench.pad.data import Presentation
from bench.pad.judges import Recorder, Scored
from inference.liveness import fusion
from inference.liveness.fusion import Judgement, Verdict
from inference.liveness.passive import Bands
from inference.liveness.policy import POLICIES, Challenging, Level, Policy
from inference.observation import USABLE, Observation
from inference.pipeline import Pipeline
from inference.probe import SamplePool
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
    counted: list[bool] = field(default_factory=list)
    """Of each scored frame, whether policies take it into a window: eyes open, face towards the camera."""
    decisions: dict[str, str] = field(default_factory=dict)
    """By policy: `accepted`, `refused`, `not_decided`, or `challenged` (a recording cannot answer)."""
    reasons: dict[str, str] = field(default_factory=dict)

    def windows(self, judge: str = "") -> list[float]:
        """Mean scores of windows that follow each other; the shipped network's or another judge's."""
        rows = [row for row, counts in zip(self.scored, self.counted, strict=True) if counts]
        scores = [row.others[judge] if judge else row.shipped for row in rows]
        return [sum(scores[at : at + WINDOW]) / WINDOW for at in range(0, len(scores) - WINDOW + 1, WINDOW)]


class Shown:
    """What a session's track has shown so far, kept as control keeps it."""

    def __init__(self, bands: Bands) -> None:
        self.bands, self.evidence = bands, Evidence(SamplePool(1))

    def take(self, seen: Observation) -> bool:
        """One more frame; whether its score went into a window."""
        usable = seen.condition == USABLE
        before = self.evidence.seen(seen)
        self.evidence = before.scored(seen) if usable else before
        return self.evidence.windows != before.windows

    def judge(self, policy: Policy) -> Judgement:
        """What the policy says now."""
        seen, (frames, blinks, motion) = self.evidence, GESTURES
        cues = (
            fusion.gestures((seen.frames, frames), (seen.blinks, blinks), (seen.motion, motion)),
            fusion.passive(seen.windows, self.bands, may_ask=policy.challenge is not Challenging.NEVER),
            fusion.integrity(sorted(seen.alarms)),
        )
        return fusion.fuse(policy, cues)


def run(presentation: Presentation, recorder: Recorder, embedder: Embedder, settings: VisionSettings) -> Session:
    """Show it to the pipeline: a clip as a stream, a folder's photos each on its own, as one track."""
    session, shown = Session(presentation), Shown(bands_of(recorder))
    stills = presentation.path.is_dir()
    make = Pipeline.photos if stills else Pipeline.stream
    recorder.rows = session.scored
    with make(embedder, settings, passive=recorder) as pipeline:
        for frame in presentation.frames():
            seen = pipeline.observe(frame)
            session.frames += 1
            if seen.condition:
                session.conditions[seen.condition] = session.conditions.get(seen.condition, 0) + 1
            counted = shown.take(msgspec.structs.replace(seen, track=min(seen.track, 1)) if stills else seen)
            session.counted += [counted] * (len(session.scored) - len(session.counted))
            _decide(session, shown)
    for level in Level:
        session.decisions.setdefault(level, "not_decided")
    return session


def bands_of(recorder: Recorder) -> Bands:
    """The network's threshold and grey band."""
    model = recorder.network.model
    return Bands(live_from=model.grey[1], attack_below=model.grey[0], threshold=model.threshold)


def _decide(session: Session, shown: Shown) -> None:
    """The first decision of each policy stands; that a challenge is due is none yet."""
    for level, policy in POLICIES.items():
        if session.decisions.get(level, "challenged") != "challenged":
            continue
        judged = shown.judge(policy)
        due = judged.verdict is Verdict.WAITING and judged.reason.startswith(("challenge", "planarity"))
        outcome = "challenged" if due else OUTCOMES[judged.verdict]
        if outcome != "not_decided":
            session.decisions[level], session.reasons[level] = outcome, judged.reason
