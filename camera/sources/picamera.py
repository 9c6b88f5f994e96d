"""A source that reads a Raspberry Pi camera through picamera2: `main` for people's eyes, `lores` in YUV for analysis.

picamera2 is the system's, imported when a camera is opened. Of its interface only what the protocols below name is used, and a
test holds that against the real package's source.
"""

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

import cv2
import numpy as np
import numpy.typing as npt

from camera.frame import Frame, Image, boot_time
from camera.settings import CameraSettings
from camera.source import CameraAbsent, CameraBusy, CameraError, CameraFailed
from camera.sources.picamera_controls import PicameraControls, duration_limits
from camera.sources.upright import upright
from camera.system_packages import system_module

log = logging.getLogger(__name__)

BUFFERS = 4
"""Buffers of the camera: one exposed, one filled, one held here, one to spare; each costs memory of the graphics processor."""
POLL_S = 0.25
"""How often a wait for a frame looks whether the source was closed, seconds."""
OLDEST_S = 1.0
"""A time stamp further back than this is of another clock, and the time of reading is used."""


class Request(Protocol):
    """A completed request: its buffers belong to the camera, and go back with `release`."""

    def make_array(self, name: str) -> npt.NDArray[np.uint8]:
        """A copy of a stream's picture."""

    def get_metadata(self) -> dict[str, Any]:
        """What the camera says of it: SensorTimestamp (boot-time nanoseconds), ExposureTime, AnalogueGain."""

    def release(self) -> None:
        """Give the buffers back."""


class Picamera(Protocol):
    """The part of `picamera2.Picamera2` that is used."""

    camera_controls: dict[str, tuple[Any, Any, Any]]
    camera_properties: dict[str, Any]

    def create_video_configuration(
        self, main: dict[str, Any], lores: dict[str, Any], colour_space: object, buffer_count: int, controls: dict[str, Any]
    ) -> dict[str, Any]:
        """A configuration; sizes are made such as the camera can do."""

    def configure(self, camera_config: dict[str, Any]) -> None:
        """Take a configuration."""

    def camera_configuration(self) -> dict[str, Any]:
        """The one that was taken."""

    def start(self) -> None:
        """Begin to capture."""

    def stop(self) -> None:
        """Capture no more."""

    def close(self) -> None:
        """Give the camera back."""

    def capture_request(self, wait: bool) -> Any:  # noqa: ANN401 - as picamera2 has it
        """Ask for the next frame: without waiting, a job."""

    def wait(self, job: Any, timeout: float) -> Request:  # noqa: ANN401
        """The job's result; `TimeoutError` where it is not there in time."""

    def cancel_all_and_flush(self) -> None:
        """Give up the jobs that wait, after a time-out."""

    def set_controls(self, controls: dict[str, Any]) -> None:
        """Set controls from the next request on."""


class Library(Protocol):
    """What is used of picamera2 and libcamera besides the camera."""

    def cameras(self) -> list[dict[str, Any]]:
        """The cameras there are, in the order of their numbers: `Model`, `Id`, `Num`."""

    def open(self, number: int) -> Picamera:
        """Open one; `RuntimeError` where that fails."""

    def colour_space(self) -> object:
        """BT.601, which OpenCV's conversion from YUV assumes."""


class SystemLibrary:
    """`Library` by the system's picamera2.

    Raises:
        CameraAbsent: it is not installed.
    """

    def __init__(self) -> None:
        self._camera = system_module("picamera2", "python3-picamera2").Picamera2
        self._libcamera = system_module("libcamera", "python3-libcamera")

    def cameras(self) -> list[dict[str, Any]]:
        """As picamera2 lists them."""
        return [dict(each) for each in self._camera.global_camera_info()]

    def open(self, number: int) -> Picamera:
        """Open a camera."""
        camera: Picamera = self._camera(number)
        return camera

    def colour_space(self) -> object:
        """SMPTE 170M is BT.601 for moving pictures."""
        return self._libcamera.ColorSpace.Smpte170m()


class PicameraSource:
    """A camera at a Raspberry Pi's connector. Always live: libcamera drives sensors only.

    Args:
        settings: Number of the camera, size, rate, rotation, mirroring and time-out.
        library: Other than the system's in tests only.
        clock: Boot-time seconds.

    Raises:
        CameraAbsent: picamera2 or the camera is not there.
        CameraBusy: another program has the camera.
        CameraFailed: it does not start.
    """

    live = True

    def __init__(self, settings: CameraSettings, library: Library | None = None, clock: Callable[[], float] = boot_time) -> None:
        library = library or SystemLibrary()
        number, model = _chosen(library, settings.device)
        self.name = f"picamera2:{model}"
        self._settings, self._clock = settings, clock
        self._camera = _opened(library, number, self.name)
        self.controls = PicameraControls(self._camera, settings, clock)
        self._closed = threading.Event()
        self._reading = threading.Lock()
        self._released = False
        self._seq = 0
        self._copied = float("-inf")
        """Boot time of the frame that was handed out last."""
        try:
            self._begin(library)
        except Exception as error:
            self.close()
            raise CameraFailed(f"{self.name} does not start: {error}") from error

    def read(self) -> Frame:
        """Block until the next frame.

        Raises:
            CameraFailed: no frame within the capture time-out, or the camera is gone.
            CameraError: the source is closed.
        """
        with self._reading:
            while True:
                request = self._next()
                try:
                    # Numbers rise by one a capture: what the camera dropped is not told by it.
                    self._seq += 1
                    told = request.get_metadata()
                    if (moment := self._moment(told)) - self._copied >= self.controls.apart:
                        self._copied = moment
                        return self._frame(request, told, moment)
                except (KeyError, RuntimeError, ValueError, cv2.error) as error:
                    raise CameraFailed(f"{self.name}: a frame cannot be read: {error}") from error
                finally:
                    request.release()

    def instruct(self, instruction: str) -> None:
        """People in front of a real camera are told by the screen."""

    def close(self) -> None:
        """Stop the camera and give it back; a read that waits in another thread ends with a `CameraError`."""
        self._closed.set()
        with self._reading:
            if not self._released:
                self._released = True
                self._camera.stop()
                self._camera.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _begin(self, library: Library) -> None:
        wanted, sideways = self._settings, self._settings.rotate in (90, 270)
        size = (wanted.height, wanted.width) if sideways else (wanted.width, wanted.height)
        config = self._camera.create_video_configuration(
            # What libcamera calls RGB888 has blue first in memory: OpenCV's order.
            main={"format": "RGB888", "size": size},
            lores={"format": "YUV420", "size": size},
            colour_space=library.colour_space(),
            buffer_count=BUFFERS,
            controls={"FrameDurationLimits": duration_limits(wanted.fps)},
        )
        self._camera.configure(config)
        self._size = self._camera.camera_configuration()["lores"]["size"]
        self._camera.start()
        self.controls.begin()

    def _next(self) -> Request:
        if self._closed.is_set():
            raise CameraError(f"{self.name} is closed")
        seconds = self._settings.patience_s(first=self._seq == 0)
        deadline = time.monotonic() + seconds
        job = self._camera.capture_request(wait=False)
        while True:
            left = deadline - time.monotonic()
            try:
                return self._camera.wait(job, timeout=max(0.0, min(POLL_S, left)))
            except TimeoutError as error:
                if self._closed.is_set():
                    self._camera.cancel_all_and_flush()
                    raise CameraError(f"{self.name} is closed") from error
                if left <= 0:
                    self._camera.cancel_all_and_flush()
                    raise CameraFailed(f"{self.name} gave no frame for {seconds:g} s; check its ribbon cable") from error

    def _frame(self, request: Request, told: dict[str, Any], moment: float) -> Frame:
        self.controls.told(told)
        width, height = self._size
        # Rows may be padded: what is right of the picture is cut off after the conversion (picamera2 manual, YUV420).
        picture = cv2.cvtColor(request.make_array("lores"), cv2.COLOR_YUV2BGR_I420)[:height, :width]
        view = request.make_array("main") if self.controls.watched else None
        return Frame(self._seq, moment, self._upright(picture), None if view is None else self._upright(view))

    def _upright(self, picture: npt.NDArray[Any]) -> Image:
        turned = upright(np.asarray(picture, np.uint8), self._settings.rotate, mirror=self._settings.mirror)
        return np.ascontiguousarray(turned)

    def _moment(self, told: dict[str, Any]) -> float:
        """Boot time of the exposure; libcamera's time stamps are of that clock."""
        now = self._clock()
        moment = float(told.get("SensorTimestamp", 0)) / 1e9
        return moment if 0.0 <= now - moment <= OLDEST_S else now


def _chosen(library: Library, device: str) -> tuple[int, str]:
    """Number and model of the camera that is named: by number, else the first."""
    found = library.cameras()
    there = ", ".join(f"{number} ({each.get('Model', '?')})" for number, each in enumerate(found)) or "none"
    if device and not device.isdigit():
        raise CameraAbsent(f"a Pi camera is named by its number, not by {device!r}; there is {there}")
    number = int(device or 0)
    if number >= len(found):
        raise CameraAbsent(f"there is no Pi camera {number}; there is {there}: check the ribbon cable, with the Pi switched off")
    return number, str(found[number].get("Model", number))


def _opened(library: Library, number: int, name: str) -> Picamera:
    try:
        return library.open(number)
    except RuntimeError as error:
        reason = str(error.__cause__ or error)
        if "acquire" in reason.lower() or "busy" in reason.lower():
            raise CameraBusy(f"another program uses the camera {name}; stop it and start again") from error
        raise CameraFailed(f"{name} cannot be opened: {reason}") from error
