"""What a camera is to the rest of the product: a protocol, and the errors that any source may raise. No source lives here."""

from types import TracebackType
from typing import Protocol, Self

from camera.controls import CameraControls
from camera.frame import Frame


class CameraError(Exception):
    """A source cannot deliver.

    CameraError
    ├── CameraAbsent    no such device or file; the message says what was looked for and what is there
    ├── CameraBusy      another program holds the device; the message names the device
    ├── CameraFailed    it was there and stopped delivering (unplugged, time-out, damaged file)
    └── CameraEnded     a file came to its end: not a fault
    """


class CameraAbsent(CameraError):
    """No such device or file."""


class CameraBusy(CameraError):
    """Another program holds the device."""


class CameraFailed(CameraError):
    """The source was there and stopped delivering."""


class CameraEnded(CameraError):
    """A finite source came to its end."""


class FrameSource(Protocol):
    """An opened camera. Sources are made by `camera.open.open_source(settings)`; closing twice is harmless."""

    @property
    def name(self) -> str:
        """Which source this is, for logs and the screen: `demo`, `replay:clip.mp4`, `v4l2:/dev/v4l/by-id/…`."""

    @property
    def live(self) -> bool:
        """Whether the pictures come from a physical camera, now. Only then may a real door be combined with it."""

    @property
    def controls(self) -> CameraControls:
        """Exposure, rate and preview; safe from any thread."""

    def read(self) -> Frame:
        """Block until the next frame.

        Raises:
            CameraEnded: a finite source is over.
            CameraFailed: no frame within the capture time-out, or the device is gone.
        """

    def instruct(self, instruction: str) -> None:
        """Tell whoever is in front what is asked (an instruction of API.md). Only the demo's subject obeys; others ignore it."""

    def close(self) -> None:
        """Release the device."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...
