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


class LivenessEvidence(msgspec.Struct, frozen=True):
    """What the candidate's track has shown since it began. Counts only ever rise within a track."""

    frames: int
    blinks: int
    long_closures: int
    eyes_closed: bool
    motion: Annotated[float, msgspec.Meta(ge=0, le=1)]
    """Movement of the face over the last 2 s, 0 (a still picture) to 1."""


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
