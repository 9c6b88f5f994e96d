"""Who is followed from frame to frame: looks around, applies the candidate rule, keeps the mesh on the candidate, numbers tracks.

A track is one face seen without a break. It ends when the mesh jumps (boxes of two frames overlap too little, or the size
leaps), when the candidate is away for longer than `lost_s`, when another face takes the place in front, or when whoever
compares identities says so (`split`). What a person showed on one track never counts for another.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from camera.frame import Image
from inference import mesh
from inference.candidate import Rule, choose
from inference.mesh import Landmarks
from inference.observation import USABLE, Box
from inference.stages import Face, Finder, Mesher

_LEAST_OVERLAP = 0.3
"""Intersection over union of the boxes in two frames that follow each other, below which the mesh has jumped."""
_LARGEST_LEAP = 1.5
"""Ratio of eye distances in two frames that follow each other, above which it is another face."""
_LONGEST_GAP = 3.0
"""Seconds between two frames after which nobody knows who stood there in between, whatever the rate of frames."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen in one frame: all faces, the candidate first when there is one, and its mesh and track."""

    faces: tuple[Face, ...]
    condition: str
    track: int = 0
    landmarks: Landmarks | None = None


class StreamTracker:
    """Follows the candidate of a stream.

    Args:
        finder: finds all faces; runs every `look_interval` seconds, and in every frame while there is no candidate.
        mesher: a tracking one.
        rule: who is the candidate.
        look_interval: seconds.
        lost_s: seconds that the candidate may be away and still be the same.
        numbers: where track numbers come from.
    """

    def __init__(
        self, finder: Finder, mesher: Mesher, rule: Rule, look_interval: float, lost_s: float, numbers: Iterator[int]
    ) -> None:
        self._finder, self._mesher, self._rule = finder, mesher, rule
        self._look_interval, self._lost_s = look_interval, lost_s
        self._numbers = numbers
        self._others: tuple[Face, ...] = ()
        self._last: Landmarks | None = None
        self._seen_at = self._looked_at = -1e9
        self._missed = False
        self._settled = False
        self._track = 0

    def see(self, image: Image, time: float) -> Sighting:
        """The candidate and all faces of the next frame; `time` in seconds."""
        height, width = image.shape[:2]
        landmarks = self._followed(image)
        if landmarks is None or not self._settled or time - self._looked_at >= self._look_interval:
            self._looked_at = time
            self._others = tuple(face for face in self._finder.find(image) if landmarks is None or not holds(face.box, landmarks))
        faces = self._others if landmarks is None else (face_of(landmarks), *self._others)
        choice = choose(faces, self._rule, width, height)
        self._settled = choice.index is not None
        if choice.index is None:
            return self._nobody(faces, choice.condition)
        if landmarks is None or choice.index > 0:
            landmarks = self._mesher.start(image, faces[choice.index])
            self._others = tuple(face for index, face in enumerate(faces) if index != choice.index)
            if landmarks is None:
                self._settled = False
                return self._nobody(faces, "no_face_detected")
        self._keep(landmarks, time)
        return Sighting((face_of(landmarks), *self._others), choice.condition, self._track, landmarks)

    def split(self) -> int:
        """Begin a new track with the face that is followed, because it turned out to be another person; its number."""
        self._track = next(self._numbers)
        return self._track

    def reset(self) -> None:
        """Forget the stream so far; the next frame begins another one."""
        self._others, self._last, self._settled = (), None, False

    def close(self) -> None:
        """Release finder and mesher."""
        self._finder.close()
        self._mesher.close()

    def _followed(self, image: Image) -> Landmarks | None:
        if self._last is None:
            return None
        landmarks = self._mesher.follow(image)
        return landmarks if landmarks is not None and continuous(self._last, landmarks) else None

    def _nobody(self, faces: tuple[Face, ...], condition: str) -> Sighting:
        self._missed = True
        return Sighting(faces, condition)

    def _keep(self, landmarks: Landmarks, time: float) -> None:
        gap = time - self._seen_at
        away = gap > _LONGEST_GAP or (self._missed and gap > self._lost_s)
        if self._last is None or away or not continuous(self._last, landmarks):
            self.split()
        self._last, self._seen_at, self._missed = landmarks, time, False


class PhotoTracker:
    """Sees every picture on its own: each has a track of its own.

    Args:
        finder: finds all faces.
        mesher: one that does not track.
        rule: who is the candidate; None takes the face nearest to the middle, whoever stands beside it: only for measuring
            on collections of photos of which each is *of* somebody.
        numbers: where track numbers come from.
    """

    def __init__(self, finder: Finder, mesher: Mesher, rule: Rule | None, numbers: Iterator[int]) -> None:
        self._finder, self._mesher, self._rule, self._numbers = finder, mesher, rule, numbers

    def see(self, image: Image, time: float) -> Sighting:
        """The candidate and all faces of one picture."""
        height, width = image.shape[:2]
        faces = self._finder.find(image)
        if self._rule is None:
            index, condition = _central(faces, width, height), USABLE if faces else "no_face_detected"
        else:
            choice = choose(faces, self._rule, width, height)
            index, condition = choice.index, choice.condition
        if index is None:
            return Sighting(faces, condition)
        landmarks = self._mesher.start(image, faces[index])
        if landmarks is None:
            return Sighting(faces, "no_face_detected")
        others = tuple(face for number, face in enumerate(faces) if number != index)
        return Sighting((face_of(landmarks), *others), condition, next(self._numbers), landmarks)

    def split(self) -> int:
        """A number of its own; each picture has one anyway."""
        return next(self._numbers)

    def reset(self) -> None:
        """Nothing is kept from picture to picture."""

    def close(self) -> None:
        """Release finder and mesher."""
        self._finder.close()
        self._mesher.close()


def face_of(landmarks: Landmarks) -> Face:
    """The face that a mesh lies on."""
    return Face(mesh.box(landmarks), mesh.eye_distance(landmarks))


def holds(box: Box, landmarks: Landmarks) -> bool:
    """Whether a found box is of the face that the mesh lies on: the middle of the mesh is well inside the box."""
    x, y = (float(value) for value in mesh.centroid(landmarks))
    return 0.1 <= (x - box.x) / max(box.width, 1e-6) <= 0.9 and 0.1 <= (y - box.y) / max(box.height, 1e-6) <= 0.9


def continuous(before: Landmarks, after: Landmarks) -> bool:
    """Whether the meshes of two frames that follow each other can be of one face."""
    leap = mesh.eye_distance(after) / max(mesh.eye_distance(before), 1e-6)
    return overlap(mesh.box(before), mesh.box(after)) >= _LEAST_OVERLAP and 1 / _LARGEST_LEAP <= leap <= _LARGEST_LEAP


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (one.width * one.height + other.width * other.height - common)


def _central(faces: tuple[Face, ...], width: int, height: int) -> int | None:
    def off(index: int) -> float:
        x, y = faces[index].centre
        return abs(x - width / 2) + abs(y - height / 2)

    return min(range(len(faces)), key=off, default=None)
