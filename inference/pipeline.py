"""From a frame to an observation: the stages in their order, and what is kept of a track. No socket and no camera here."""

import itertools
import time
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Protocol, Self

import msgspec
import numpy as np

from camera.frame import Frame, Image, boot_time
from inference import fingerprint
from inference.align import AlignmentError
from inference.candidate import Rule
from inference.graphs import Graphs
from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.liveness.crops import CropError
from inference.liveness.meter import LivenessMeter
from inference.liveness.passive import FEWEST_FRAMES
from inference.liveness.watch import StreamWatch
from inference.luma import Luma, luma_of
from inference.mesh import Landmarks, centroid, eye_distance
from inference.observation import USABLE, Embedding, LivenessEvidence, Measure, Observation, Pose, Quality
from inference.patch import cut
from inference.pose import head_pose
from inference.quality import SCORE_USABLE, assess
from inference.settings import VisionSettings
from inference.stages import Covering, Embedder, Passive
from inference.tracking import PhotoTracker, Sighting, StreamTracker

_NEW_POSE = 8.0
"""Degrees of yaw or pitch from the last embedded frame that make another worth it at once."""
_NEW_QUALITY = 0.15
"""Gain of quality score that makes another frame worth it at once."""

_PASSIVE_INTERVAL_S = 0.09
"""Between two passive scores of a track: more than ten a second would be of pictures that are nearly the same."""
_PASSIVE_AT_ONCE_S = 0.03
"""The same of a track's first window: somebody waits, and cameras show up to 30 frames a second."""

_track_numbers = itertools.count(int(boot_time() * 1000))
"""Shared by all pipelines of the process and, by beginning at the time, never used again by the next process."""


class Tracker(Protocol):
    """What finds and follows the candidate: `StreamTracker` or `PhotoTracker`."""

    def see(self, image: Image, time: float) -> Sighting:
        """The next frame."""

    def split(self) -> int:
        """Another person has taken the track; the number of the new one."""

    def reset(self) -> None:
        """Forget the stream so far."""

    def close(self) -> None:
        """Release what it holds."""


@dataclass
class _Track:
    """What is kept of the candidate while its track lasts."""

    number: int
    liveness: LivenessMeter = field(default_factory=LivenessMeter)
    looked_at: float = -1e9
    """When a frame was last found worth an embedding, whether or not a covering then stood against it."""
    embedding: Embedding | None = None
    pose: Pose | None = None
    quality: float = 0.0
    coverings: tuple[Measure, ...] = ()
    """As of `looked_at`: they hold for the frames in between."""
    scored_at: float = -1e9
    """When a frame was last given a passive score."""
    scores: int = 0
    """How many frames were."""


class Pipeline:
    """Observes the frames of one stream, or photos. Not safe to share between threads.

    Args:
        tracker: finds the candidate; closed with the pipeline.
        embedder: the network; not closed with the pipeline, as several share one.
        settings: limits.
        same_person: cosine between two embeddings that follow each other on one track below which the person has changed.
        beside: a second embedding network that sees the same frames; not closed with the pipeline.
        covering: says what is covered, before anything is embedded; None: nobody asks. Not closed with the pipeline.
        passive: says of usable frames whether the face is live; None: nobody asks. Not closed with the pipeline.
        watched: the frames are a stream whose integrity is judged; False: photos that have nothing to do with each other.
    """

    def __init__(
        self,
        tracker: Tracker,
        embedder: Embedder,
        settings: VisionSettings,
        same_person: float = -1.0,
        *,
        beside: Embedder | None = None,
        covering: Covering | None = None,
        passive: Passive | None = None,
        watched: bool = True,
    ) -> None:
        self._tracker, self._embedder = tracker, embedder
        self._beside, self._covering, self._passive = beside, covering, passive
        self._settings = settings
        self._same_person = same_person
        self._track = _Track(0)
        self.embedding = True
        """Whether embeddings are computed at all: not before somebody on a public frontage asks to be recognised."""
        self._watched = watched
        self._watch = StreamWatch()

    @classmethod
    def stream(
        cls,
        embedder: Embedder,
        settings: VisionSettings,
        same_person: float = -1.0,
        *,
        beside: Embedder | None = None,
        covering: Covering | None = None,
        passive: Passive | None = None,
        graphs: Graphs | None = None,
    ) -> Self:
        """A pipeline that tracks the candidate from frame to frame, on MediaPipe: by graphs of its own, or lent ones."""
        finder, mesher = graphs.borrow() if graphs else (MediaPipeFinder(), MediaPipeMesher(tracking=True))
        look, lost = settings.look_interval_s, settings.lost_s
        tracker = StreamTracker(finder, mesher, rule_of(settings), look, lost, _track_numbers)
        return cls(tracker, embedder, settings, same_person, beside=beside, covering=covering, passive=passive)

    @classmethod
    def photos(
        cls,
        embedder: Embedder,
        settings: VisionSettings,
        *,
        central: bool = False,
        covering: Covering | None = None,
        passive: Passive | None = None,
    ) -> Self:
        """A pipeline that sees every picture on its own, on MediaPipe.

        Args:
            embedder: the network.
            settings: limits.
            covering: as of the class.
            passive: as of the class.
            central: take the face nearest to the middle whatever stands beside it; only for measuring on collections.
        """
        rule = None if central else rule_of(settings)
        tracker = PhotoTracker(MediaPipeFinder(), MediaPipeMesher(tracking=False), rule, _track_numbers)
        return cls(tracker, embedder, settings, covering=covering, passive=passive, watched=False)

    def observe(self, frame: Frame) -> Observation:
        """Everything that is to be known about one frame. Frames of a stream come in order of time."""
        clock = _Stopwatch()
        height, width = frame.image.shape[:2]
        sighting = self._tracker.see(frame.image, frame.time)
        clock.lap("detect")
        seen = Observation(
            seq=frame.seq,
            time=frame.time,
            width=width,
            height=height,
            condition=sighting.condition,
            faces=tuple(face.box for face in sighting.faces),
        )
        if sighting.landmarks is None:
            self._watch.nobody(sighting.condition)
            return _with(seen, timings_ms=clock.total())
        return self._judge(frame, sighting, sighting.landmarks, seen, clock)

    def reset(self) -> None:
        """Forget the stream so far: the next frame begins another one. Cheaper than a new pipeline."""
        self._tracker.reset()
        self._track, self._watch = _Track(0), StreamWatch()

    def close(self) -> None:
        """Release finder and mesh; closing twice is harmless."""
        self._tracker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _judge(
        self, frame: Frame, sighting: Sighting, landmarks: Landmarks, seen: Observation, clock: "_Stopwatch"
    ) -> Observation:
        if sighting.track != self._track.number:
            self._track = _Track(sighting.track)
        pose = head_pose(landmarks, seen.width, seen.height)
        patch = cut(frame.image, landmarks)
        quality = assess(patch, landmarks, pose, self._settings.min_eye_distance)
        condition = seen.condition or (quality.reason if quality.score < SCORE_USABLE else USABLE)
        clock.lap("quality")
        liveness = self._track.liveness.update(frame.time, landmarks, pose, patch)
        clock.lap("liveness")
        luma = self._watch_stream(frame, sighting, landmarks)
        scene = fingerprint.scene(luma.grey, sighting.faces[0].box, luma.scale)
        clock.lap("integrity")
        embedding = beside = passive = None
        if condition == USABLE:
            worth_it = self._worth_it(frame.time, pose, quality, liveness)
            if worth_it:
                self._track.looked_at, self._track.pose, self._track.quality = frame.time, pose, quality.score
                self._track.coverings = self._coverings(frame, landmarks)
                clock.lap("covering")
            quality = _joined(quality, self._track.coverings)
            condition = quality.reason if quality.score < SCORE_USABLE else USABLE
            passive = self._score(frame, landmarks, recognised=worth_it) if condition == USABLE else None
            clock.lap("passive")
            if worth_it and condition == USABLE:
                embedding, beside = self._embed(frame, landmarks, liveness)
                if self._track.number != sighting.track:
                    liveness = self._track.liveness.update(frame.time, landmarks, pose, patch)
                clock.lap("embed")
        return _with(
            seen,
            track=self._track.number,
            condition=condition,
            eye_distance=sighting.faces[0].eye_distance,
            pose=pose,
            quality=quality,
            liveness=msgspec.structs.replace(liveness, passive=passive, alarms=self._watch.alarms),
            scene=scene,
            embedding=_bytes(embedding),
            beside=_bytes(beside),
            timings_ms=clock.total(),
        )

    def _watch_stream(self, frame: Frame, sighting: Sighting, landmarks: Landmarks) -> Luma:
        luma = luma_of(frame.image)
        if self._watched:
            x, y = centroid(landmarks) / max(eye_distance(landmarks), 1.0)
            self._watch.face(frame.time, sighting.track, luma, (float(x), float(y)), sighting.faces[0].box)
        return luma

    def _worth_it(self, now: float, pose: Pose | None, quality: Quality, liveness: LivenessEvidence) -> bool:
        """Whether an embedding would tell more than the last: eyes open, and time has passed or the face shows anew."""
        track = self._track
        if not self.embedding:
            track.embedding = None
            return False
        if liveness.eyes_closed:
            return False
        return (
            now - track.looked_at >= self._settings.embed_interval_s
            or quality.score >= track.quality + _NEW_QUALITY
            or _apart(pose, track.pose) >= _NEW_POSE
        )

    def _score(self, frame: Frame, landmarks: Landmarks, *, recognised: bool) -> float | None:
        """The frame's passive score; None where nobody asks, one was given just now, or the face is cut off.

        A frame that is `recognised` always gets one: who it is and whether it lives are told of the same picture.
        """
        track = self._track
        interval = _PASSIVE_AT_ONCE_S if track.scores < FEWEST_FRAMES else _PASSIVE_INTERVAL_S
        soon = 0 <= frame.time - track.scored_at < interval
        if self._passive is None or (soon and not recognised):
            return None
        track.scored_at, track.scores = frame.time, track.scores + 1
        try:
            return self._passive.score(frame.image, landmarks)
        except CropError:
            return None

    def _coverings(self, frame: Frame, landmarks: Landmarks) -> tuple[Measure, ...]:
        try:
            return () if self._covering is None else self._covering.measure(frame.image, landmarks)
        except AlignmentError:
            return ()

    def _embed(self, frame: Frame, landmarks: Landmarks, shown: LivenessEvidence) -> tuple[Embedding | None, Embedding | None]:
        """The frame's embeddings; a new track where what was shown so far may have been another person's."""
        try:
            embedding = self._embedder.embed(frame.image, landmarks)
            beside = None if self._beside is None else self._beside.embed(frame.image, landmarks)
        except AlignmentError:
            return None, None
        before = self._track.embedding
        # Whose eyes closed while no frame was good enough to tell who it is? And somebody can take another's place without a
        # jump: a photo slid before a face.
        unknown = before is None and shown.blinks + shown.long_closures > 0
        swapped = before is not None and float(before @ embedding) < self._same_person
        if unknown or swapped:
            seen = self._track
            self._track = replace(seen, number=self._tracker.split(), liveness=LivenessMeter())
            if swapped:
                self._watch.swapped(self._track.number)
        self._track.embedding = embedding
        return embedding, beside


class _Stopwatch:
    """Milliseconds of each stage and of all of them."""

    def __init__(self) -> None:
        self._began = self._lapped = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = (now - self._lapped) * 1000
        self._lapped = now

    def total(self) -> dict[str, float]:
        self._laps["total"] = (time.perf_counter() - self._began) * 1000
        return {name: round(value, 3) for name, value in self._laps.items()}


def rule_of(settings: VisionSettings) -> Rule:
    """The candidate rule that the settings say."""
    return Rule(settings.zone, settings.candidate_ratio, settings.min_eye_distance)


def _joined(quality: Quality, measures: tuple[Measure, ...]) -> Quality:
    """The quality with more measures."""
    return Quality(min((quality.score, *(measure.score for measure in measures))), (*quality.measures, *measures))


def _bytes(embedding: Embedding | None) -> bytes | None:
    return None if embedding is None else embedding.astype("<f4").tobytes()


def _apart(one: Pose | None, other: Pose | None) -> float:
    if one is None or other is None:
        return 0.0
    return float(np.hypot(one.yaw - other.yaw, one.pitch - other.pitch))


def _with(observation: Observation, **changes: object) -> Observation:
    return msgspec.structs.replace(observation, **changes)
