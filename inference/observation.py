"""What vision tells control about one frame: plain values that travel over a socket. How they are found is not known here."""

from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

Embedding = npt.NDArray[np.float32]
"""(dimension,) float32, unit length."""

USABLE = ""
"""The condition of a frame whose candidate can be judged; every other condition is an error code of the wire contract."""

COVERED = "face_covered"
"""The condition of a face of which something covers a region, and the reason of that region's measure."""


class Box(msgspec.Struct, frozen=True):
    """A face's bounding box in pixels of the frame: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float


class Pose(msgspec.Struct, frozen=True):
    """Head pose in degrees, relative to the ray from camera to face: yaw > 0 to the person's left, pitch > 0 up."""

    yaw: float
    pitch: float
    roll: float


class Measure(msgspec.Struct, frozen=True):
    """One named quality measure: its value in its own unit, its score 0..1 (.6 is usable), and the reason when it is not."""

    name: str
    value: float
    score: float
    reason: str = USABLE


class Quality(msgspec.Struct, frozen=True):
    """Quality of a face for recognition: the lowest of its measures is the score, 0..1, where .6 is usable."""

    score: float
    measures: tuple[Measure, ...]

    @property
    def reason(self) -> str:
        """The error code of the worst measure, or `USABLE`."""
        return min(self.measures, key=lambda measure: measure.score).reason if self.measures else USABLE


ALARMS = ("duplicated_frames", "identity_changed", "looped_stream", "second_face", "still_picture", "unordered_frames")
"""What can be wrong with a stream of frames, by the names that evidence carries."""

SAME_SCENE = 2
"""Bits in which the scene hashes of two frames differ at most when both show the same picture. Measured (`make bench-cues`):
encoded again with noise, 95 % of frames differ by at most 2; photos of one person in two sessions by 14 at least. But
a person who stands still is 0 to 3 from the moment before: one frame proves nothing, a run of frames with unlike hashes does.
"""

MOST_TURNS = 8
"""Turns that evidence carries: the newest."""


class Turn(msgspec.Struct, frozen=True):
    """A head turn of one track: from looking ahead out to one side and on its way back. Lengths are in eye distances."""

    yaw: float
    """Its signed extreme in degrees, relative to the ray from the camera, > 0 to the person's left."""
    at: float
    """When: the time of the frame with that extreme."""
    mesh: float
    """What is left of the mesh after the best plane-to-plane mapping (homography) from looking ahead to the extreme, rms."""
    nose: float
    """How far the tip of the nose moved between the eyes."""
    corners: float | None
    """As `mesh`, of corners tracked in the picture; None where their track was lost."""
    outliers: float | None
    """Share of those corners that the best such mapping leaves out, 0..1; None where their track was lost."""
    solid: bool | None
    """Whether it turned as a head does (True) or as a flat or bent picture does (False); None: not enough evidence."""


class LivenessEvidence(msgspec.Struct, frozen=True):
    """What the candidate's track has shown since it began. Counts only ever rise within a track."""

    frames: int
    blinks: int
    long_closures: int
    eyes_closed: bool
    motion: Annotated[float, msgspec.Meta(ge=0, le=1)]
    """Movement of the face over the last 2 s, 0 (a still picture) to 1."""
    closed_s: float = 0.0
    """Seconds that the eyes have been closed for now; 0 while they are open."""
    turns: tuple[Turn, ...] = ()
    """The newest turns of the head, at most `MOST_TURNS`, oldest first."""
    passive: float | None = None
    """This frame's passive score, 0 (attack) to 1 (live); None: not computed. It never leaves the device."""
    alarms: tuple[str, ...] = ()
    """What was wrong with the stream on this track so far, of `ALARMS`, sorted."""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One frame as vision saw it. Where it came from is known from the socket, never from a field."""

    seq: int
    time: float
    """Boot-time seconds of the capture (local camera) or of arrival (a client's frame)."""
    width: int
    height: int
    track: int = 0
    """Number of the candidate's track; another person, or the same after being lost, has another. 0: no candidate."""
    condition: str = USABLE
    """Why the frame cannot be judged, as an error code; `USABLE` when it can."""
    faces: tuple[Box, ...] = ()
    """All faces seen, the candidate first when there is one."""
    eye_distance: float = 0.0
    """Pixels between the candidate's eye centres."""
    pose: Pose | None = None
    quality: Quality | None = None
    liveness: LivenessEvidence | None = None
    embedding: bytes | None = None
    """Unit float32 vector, little-endian: the normalised mean over the face and its mirror image. None on frames not worth it."""
    beside: bytes | None = None
    """The same frame's embedding by the model from which the device is moving on; None where there is no transition."""
    exact: bytes | None = None
    """Hash of the frame as it arrived, 8 bytes (BLAKE2b): the same bytes again have the same. None: nothing arrived as bytes."""
    scene: int | None = None
    """Perceptual hash of the picture that was analysed, 64 bits: few bits differ when it is shown again."""
    idle: bool = False
    """Nobody is there and nothing moves: the frame was looked at for motion alone, or for a face now and then."""
    grey: float | None = None
    """Mean grey value of the whole picture, 0..255, where the local camera's frames are looked at for motion."""
    timings_ms: dict[str, float] = {}

    @property
    def covered(self) -> tuple[str, ...]:
        """The regions of the face that something covers, as their measures are named."""
        measures = () if self.quality is None else self.quality.measures
        return tuple(measure.name for measure in measures if measure.reason == COVERED)

    def vector(self) -> Embedding | None:
        """The embedding as an array, shape (dimension,); None where the frame has none."""
        return _array(self.embedding)

    def vector_beside(self) -> Embedding | None:
        """`beside` as an array; None where the frame has none."""
        return _array(self.beside)


def _array(content: bytes | None) -> Embedding | None:
    return None if content is None else np.frombuffer(content, dtype="<f4")
