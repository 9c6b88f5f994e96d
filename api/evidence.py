"""What one face has shown since the session began: liveness counts and samples of a single track. Pure; decides nothing."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from api.errors import MESSAGE
from inference.liveness.passive import MOST_YAW, Windows
from inference.observation import ALARMS, MOST_TURNS, Embedding, LivenessEvidence, Observation, Turn
from inference.probe import Sample, SamplePool

_UNIT_TOLERANCE = 1e-3
_LARGEST_COUNT = 2**53
_EXACT_BYTES = 8
_SCENE_BITS = 64
_LONGEST_S = 86_400.0
_LARGEST_LENGTH = 100.0
"""Eye distances that a point of a face can be off in a picture that still shows it."""
SLOW_FPS = 10.0
"""Frames a second below which natural blinks are missed, so that a long closure of the eyes counts as one (measured)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The candidate's track as this session saw it. Another track starts from nothing: one's blink never counts for another."""

    pool: SamplePool
    track: int = 0
    first: LivenessEvidence | None = None
    """The track's counts when the session first saw it; only what came after it is this session's."""
    last: LivenessEvidence | None = None
    since: float = 0.0
    until: float = 0.0
    motion: float = 0.0
    """Most movement seen, 0..1."""
    live_at: float | None = None
    """When liveness passed, boot-time seconds."""
    sampled_at: float | None = None
    """When the newest sample was tried."""
    windows: Windows = field(default_factory=Windows)
    """The passive scores of the track."""
    alarms: frozenset[str] = frozenset()
    """What was wrong with the stream in this session, on whatever track."""
    before: Embedding | None = None
    """The face of the session's track before this one."""
    seq: int = 0
    """Number of the track's newest frame."""

    @property
    def frames(self) -> int:
        """Frames of this track since the session first saw it, that one included."""
        return 0 if self.first is None or self.last is None else self.last.frames - self.first.frames + 1

    @property
    def blinks(self) -> int:
        """Blinks since then; below `SLOW_FPS` a long closure counts as one."""
        if self.first is None or self.last is None:
            return 0
        closures = self.last.long_closures - self.first.long_closures if self.slow else 0
        return self.last.blinks - self.first.blinks + closures

    @property
    def slow(self) -> bool:
        """Whether frames come too rarely to see natural blinks."""
        seconds = self.until - self.since
        return seconds > 0 and (self.frames - 1) / seconds < SLOW_FPS

    @property
    def fps(self) -> float:
        """Frames a second of the track; 0 while it is not known."""
        seconds = self.until - self.since
        return (self.frames - 1) / seconds if seconds > 0 else 0.0

    def seen(self, observation: Observation) -> "Evidence":
        """With one more frame. A frame without a candidate changes nothing."""
        counts = observation.liveness
        if observation.track == 0 or counts is None:
            return self
        alarms = self.alarms.union(counts.alarms)
        if observation.track != self.track or self.last is None or _fell(self.last, counts):
            # Counts that fall mean that vision was restarted and the number is another face's now.
            return Evidence(
                SamplePool(self.pool.capacity),
                observation.track,
                counts,
                counts,
                observation.time,
                observation.time,
                counts.motion,
                windows=Windows(self.windows.size),
                alarms=alarms,
                before=self.pool.mean() if len(self.pool) else self.before,
                seq=observation.seq,
            )
        if observation.time <= self.until or observation.seq <= self.seq:
            alarms = alarms.union(("unordered_frames",))
        until, seq = max(self.until, observation.time), max(self.seq, observation.seq)
        return replace(self, last=counts, until=until, seq=seq, motion=max(self.motion, counts.motion), alarms=alarms)

    def scored(self, observation: Observation) -> "Evidence":
        """With the passive score of a frame that can be judged: a face that looks at the camera, its eyes open."""
        seen, pose = observation.liveness, observation.pose
        if seen is None or seen.passive is None or seen.eyes_closed or pose is None or abs(pose.yaw) > MOST_YAW:
            return self
        return replace(self, windows=self.windows.seen(observation.time, seen.passive))

    def alarmed(self, *names: str) -> "Evidence":
        """With alarms of our own."""
        return replace(self, alarms=self.alarms.union(names))

    def offered(self, sample: Sample) -> "Evidence":
        """With one more sample tried; the pool keeps it where it is worth its place."""
        return replace(self, pool=self.pool.offer(sample), sampled_at=sample.time)


def _fell(before: LivenessEvidence, after: LivenessEvidence) -> bool:
    return after.frames < before.frames or after.blinks < before.blinks or after.long_closures < before.long_closures


def believable(observation: Observation) -> bool:
    """Whether the condition is known, and every number one that a frame can have.

    Vision decodes clients' images and is not trusted; what is not a number is neither above nor below any bar, and no JSON.
    """
    numbers = [observation.time, *observation.timings_ms.values()]
    shares, counts = [], [observation.track, observation.seq]
    if observation.pose is not None:
        numbers += [observation.pose.yaw, observation.pose.pitch, observation.pose.roll]
    if observation.quality is not None:
        shares.append(observation.quality.score)
        numbers += [measure.score for measure in observation.quality.measures]
    if observation.liveness is not None:
        seen = observation.liveness
        shares += [seen.motion] if seen.passive is None else [seen.motion, seen.passive]
        counts += [seen.frames, seen.blinks, seen.long_closures]
    if observation.condition and observation.condition not in MESSAGE:
        return False
    if not _believable_hashes(observation) or not _believable_shown(observation.liveness, observation.time):
        return False
    if not all(map(math.isfinite, numbers)) or not all(0 <= share <= 1 for share in shares):
        return False
    return all(0 <= count <= _LARGEST_COUNT for count in counts)


def _believable_hashes(observation: Observation) -> bool:
    exact, scene = observation.exact, observation.scene
    return (exact is None or len(exact) == _EXACT_BYTES) and (scene is None or 0 <= scene < 2**_SCENE_BITS)


def _believable_shown(seen: LivenessEvidence | None, now: float) -> bool:
    """Whether what the track has shown can be: eyes closed for a time, turns that were, alarms that exist, once and in order."""
    if seen is None:
        return True
    alarms = set(seen.alarms) <= set(ALARMS) and list(seen.alarms) == sorted(set(seen.alarms))
    turns = len(seen.turns) <= MOST_TURNS and all(_believable_turn(turn, now) for turn in seen.turns)
    return alarms and turns and 0 <= seen.closed_s <= _LONGEST_S


def _believable_turn(turn: Turn, now: float) -> bool:
    lengths = [turn.mesh, turn.nose] if turn.corners is None else [turn.mesh, turn.nose, turn.corners]
    if not all(0 <= length <= _LARGEST_LENGTH for length in lengths) or not -180 <= turn.yaw <= 180:
        return False
    return -math.inf < turn.at <= now and (turn.outliers is None or 0 <= turn.outliers <= 1)


def sample_of(observation: Observation) -> Sample | None:
    """The frame's sample; None where it has no embedding, or one that is no unit vector (vision is not trusted)."""
    vector, beside = _unit(observation.vector()), _unit(observation.vector_beside())
    if vector is None:
        return None
    quality = 0.0 if observation.quality is None else observation.quality.score
    return Sample(vector, quality, observation.pose, observation.time, observation.track, beside)


def _unit(vector: Embedding | None) -> Embedding | None:
    """The vector, where it is one of length 1."""
    return vector if vector is not None and abs(float(np.linalg.norm(vector)) - 1.0) < _UNIT_TOLERANCE else None
