"""The integrity of a stream of frames, and which track its alarms belong to. What an alarm leads to is decided elsewhere.

An alarm stays with the track during which it was raised; another track begins without. What is wrong with the stream itself
(a loop goes on) is found again on the next.
"""

from dataclasses import dataclass, field

from inference.liveness.integrity_frames import DuplicateMeter, StillMeter
from inference.liveness.integrity_line import TimeLine
from inference.luma import THUMB, Luma
from inference.observation import Box

_ENTERED = 2
"""Frames in a row that show a second face of comparable size: one alone may be a mistake of the finder."""
_BACK_S = 0.5
"""Seconds that a frame's time may go back: batches of a client whose clock or network is not steady overlap by up to .25 s."""


@dataclass(slots=True)
class StreamWatch:
    """Feed it every frame of one stream, in order."""

    _duplicates: DuplicateMeter = field(default_factory=DuplicateMeter)
    _still: StillMeter = field(default_factory=StillMeter)
    _line: TimeLine = field(default_factory=TimeLine)
    _track: int = 0
    _raised: set[str] = field(default_factory=set)
    _last: float = float("-inf")
    _crowded: int = 0

    @property
    def alarms(self) -> tuple[str, ...]:
        """What was wrong on the track at hand so far, sorted."""
        return tuple(sorted(self._raised))

    def face(self, time: float, track: int, luma: Luma, place: tuple[float, float], box: Box) -> None:
        """A frame that shows the candidate.

        Args:
            time: seconds; nothing is measured on a frame that is not later than the one before.
            track: of the candidate.
            luma: the reduced frame.
            place: centroid of the mesh, in eye distances.
            box: of the face, in pixels of the frame.
        """
        self._crowded = 0
        if track != self._track:
            # How still a face is says nothing of the one before.
            self._track, self._raised, self._still = track, set(), StillMeter()
            self._line.another_track()
        if time <= self._last:
            if time < self._last - _BACK_S:
                self._raised.add("unordered_frames")
            return
        self._last = time
        self._duplicates.update(time, luma.grey)
        self._still.update(time, luma.grey, place, _scaled(box, luma.scale, luma.scale))
        down, across = (luma.scale * THUMB / side for side in luma.grey.shape)
        self._line.update(time, luma.thumb, _scaled(box, across, down))
        found = {
            "duplicated_frames": self._duplicates.alarm,
            "still_picture": self._still.alarm,
            "looped_stream": self._line.looped,
            "unordered_frames": self._line.unordered,
        }
        self._raised.update(name for name, raised in found.items() if raised)

    def nobody(self, condition: str) -> None:
        """A frame without a candidate, and why."""
        self._crowded = self._crowded + 1 if condition == "multiple_faces" else 0
        if self._crowded >= _ENTERED:
            self._raised.add("second_face")

    def swapped(self, track: int) -> None:
        """The face that is followed turned out to be another person's, who has a track of their own from this frame on."""
        self._track, self._raised = track, {"identity_changed"}


def _scaled(box: Box, across: float, down: float) -> Box:
    return Box(box.x * across, box.y * down, box.width * across, box.height * down)
