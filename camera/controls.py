"""What can be asked of an opened camera besides frames: exposure for a face, a rate, a picture for people."""

from dataclasses import dataclass
from typing import Protocol

EARLY = 0.9
"""Share of the time between two frames after which one counts as due: cameras have a raster of their own."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle in shares of the upright picture, 0..1: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Exposure:
    """How the last frame was exposed, as far as the camera tells: microseconds, gain, and steps of compensation asked for."""

    time_us: float | None = None
    gain: float | None = None
    compensation: float = 0.0


class CameraControls(Protocol):
    """The controls of a source. Whatever a camera cannot do is left undone without a word: they are wishes."""

    def meter(self, area: Area | None, grey: float | None) -> None:
        """Expose for a face: where it is, and its mean grey value 0..255. None: nobody is there, or nothing is known."""

    def rate(self, fps: float, *, resting: bool = False) -> None:
        """Frames a second that are wanted from now on, at most the configured ones.

        `resting`: nobody is there, and from one frame to the next all of them may be wanted again.
        """

    def watch(self, *, on: bool) -> None:
        """Whether somebody looks at the preview, so that frames need a `view`."""

    def exposure(self) -> Exposure:
        """How the last frame was exposed."""


class NoControls:
    """`CameraControls` of a source that has none."""

    def meter(self, area: Area | None, grey: float | None) -> None:
        """Nothing to expose."""

    def rate(self, fps: float, *, resting: bool = False) -> None:
        """The rate is as it is."""

    def watch(self, *, on: bool) -> None:
        """Every frame is its own view."""

    def exposure(self) -> Exposure:
        """Nothing is known."""
        return Exposure()
