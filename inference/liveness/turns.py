"""Finds head turns: from looking ahead out to one side, measured at the farthest point. Pure; what they prove is `planarity`'s.

A turn is told as soon as the head stops or comes back, so that whoever was asked for it need not wait.
"""

from dataclasses import dataclass

from inference.liveness import planarity
from inference.liveness.corners import CornerTrack, Pairs
from inference.observation import MOST_TURNS, Turn
from inference.patch import Patch

AHEAD = 10.0
"""Degrees of yaw up to which a face looks ahead."""
OUT = 18.0
"""Degrees from which it has turned."""
_FROM_BASE = 12.0
"""Degrees that it must have turned since it looked ahead."""
_MOVING = 4.0
"""Degrees off the base from which corners are followed: before that there is nothing to see."""
_FRESH = 1.5
"""Seconds after which the base is taken anew, although it was straighter."""
_BACK = 3.0
"""Degrees back from the extreme that show that it was one."""
_STEADY, _STEADY_S = 1.0, 0.3
"""The head has stopped when the extreme grew by less than so many degrees in so many seconds."""
_GAP = 0.25
"""Seconds between two frames after which the track of corners is lost."""
_LONG_GAP = 1.0
"""Seconds between two frames after which everything begins anew."""


@dataclass(frozen=True, slots=True)
class _View:
    """One frame of the face."""

    time: float
    yaw: float
    patch: Patch


@dataclass(slots=True)
class _Excursion:
    """A turn on its way."""

    extreme: _View
    corners: Pairs | None
    """Corners at the extreme; None where their track was lost."""
    grown_at: float
    grown_to: float
    """When the extreme last grew by more than a tremble, and to what."""
    told: bool = False


class TurnDetector:
    """Feed it every frame of one track, in order."""

    def __init__(self) -> None:
        self.turns: tuple[Turn, ...] = ()
        """The newest turns, at most `MOST_TURNS`, oldest first."""
        self._base: _View | None = None
        self._track: CornerTrack | None = None
        self._excursion: _Excursion | None = None
        self._last = float("-inf")

    def update(self, time: float, yaw: float, patch: Patch) -> Turn | None:
        """Take in one frame; the turn that it completes, if it does.

        Args:
            time: of the frame, seconds; a frame that is not later than the one before is left out.
            yaw: degrees, relative to the ray from the camera.
            patch: the face.
        """
        if time <= self._last:
            return None
        gap, self._last = time - self._last, time
        if gap > _LONG_GAP:
            self._base = self._track = self._excursion = None
        view = _View(time, yaw, patch)
        self._follow(view, lost=gap > _GAP)
        turn = self._completed(view)
        if turn is not None:
            self.turns = (*self.turns, turn)[-MOST_TURNS:]
        if abs(yaw) <= AHEAD:
            self._look_ahead(view)
        elif abs(yaw) >= OUT:
            self._reach_out(view)
        return turn

    def _follow(self, view: _View, *, lost: bool) -> None:
        """Keep hold of the corners while the head is off its base."""
        if self._base is None or abs(view.yaw - self._base.yaw) < _MOVING:
            self._track = None
        elif self._excursion is None or not self._excursion.told:
            if self._track is None:
                self._track = CornerTrack(self._base.patch)
            self._track.follow(view.patch, gap=lost)

    def _look_ahead(self, view: _View) -> None:
        base = self._base
        old = base is None or view.time - base.time > _FRESH or abs(view.yaw) <= abs(base.yaw)
        if old or self._excursion is not None:
            self._base, self._track, self._excursion = view, None, None

    def _reach_out(self, view: _View) -> None:
        """Note a farther extreme."""
        base, out = self._base, self._excursion
        if base is None or abs(view.yaw - base.yaw) < _FROM_BASE:
            return
        if out is None or out.extreme.yaw * view.yaw < 0:
            self._excursion = _Excursion(view, self._corners(), view.time, abs(view.yaw))
        elif not out.told and abs(view.yaw) > abs(out.extreme.yaw):
            out.extreme, out.corners = view, self._corners()
            if abs(view.yaw) > out.grown_to + _STEADY:
                out.grown_at, out.grown_to = view.time, abs(view.yaw)

    def _corners(self) -> Pairs | None:
        return None if self._track is None or self._track.lost else self._track.pairs()

    def _completed(self, view: _View) -> Turn | None:
        """The turn, where the head has stopped, comes back, or went over to the other side."""
        base, out = self._base, self._excursion
        if base is None or out is None or out.told:
            return None
        back = abs(view.yaw) <= abs(out.extreme.yaw) - _BACK or view.yaw * out.extreme.yaw < 0
        if not back and view.time - out.grown_at < _STEADY_S:
            return None
        out.told = True
        depth = planarity.measure(base.patch.points, out.extreme.patch.points, out.corners)
        return Turn(
            yaw=out.extreme.yaw,
            at=out.extreme.time,
            mesh=depth.mesh,
            nose=depth.nose,
            corners=depth.corners,
            outliers=depth.outliers,
            solid=planarity.solid(depth),
        )
