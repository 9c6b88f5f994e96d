"""Who of the faces in a frame stands in front: the candidate rule. Pure; how faces are found or followed is not known here."""

from collections.abc import Sequence
from dataclasses import dataclass

from inference.observation import USABLE
from inference.settings import ZoneSettings
from inference.stages import Face


@dataclass(frozen=True, slots=True)
class Rule:
    """When a face is the candidate."""

    zone: ZoneSettings
    ratio: float
    """How many times larger than any other face's its eye distance must be."""
    min_eye_distance: float
    """Pixels."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What came of a frame's faces: the candidate's index, or why there is none that can be judged.

    A face that is alone but too small or off the zone is named with its condition: it is who the advice is meant for.
    """

    index: int | None
    condition: str


def choose(faces: Sequence[Face], rule: Rule, width: int, height: int) -> Choice:
    """Apply the rule to all faces of one frame.

    The largest face must dominate the whole frame, not the zone alone: somebody as large beside the zone is a second person
    in front, and a frame with two of those is nobody's.

    Args:
        faces: all faces of the frame.
        rule: the limits.
        width: of the frame, pixels.
        height: of the frame, pixels.
    """
    if not faces:
        return Choice(None, "no_face_detected")
    order = sorted(range(len(faces)), key=lambda index: -faces[index].eye_distance)
    first = order[0]
    if len(order) > 1 and faces[first].eye_distance < rule.ratio * faces[order[1]].eye_distance:
        return Choice(None, "multiple_faces")
    return Choice(first, condition(faces[first], rule, width, height))


def condition(face: Face, rule: Rule, width: int, height: int) -> str:
    """Why a dominating face cannot be judged where it is; `USABLE` when it can."""
    if not in_zone(face, rule.zone, width, height):
        return "face_not_centered"
    return "face_too_small" if face.eye_distance < rule.min_eye_distance else USABLE


def in_zone(face: Face, zone: ZoneSettings, width: int, height: int) -> bool:
    """Whether the middle of the face is in the capture zone."""
    x, y = face.centre
    across, down = x / width - zone.left, y / height - zone.top
    return 0 <= across <= zone.width and 0 <= down <= zone.height
