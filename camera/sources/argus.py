"""A source that reads a pipeline of GStreamer's: a Jetson's camera, by `nvarguscamerasrc`. PyGObject is the system's.

Everything behind the head of the pipeline is the same for any head, so that tests run it on GStreamer's own test pictures.
"""

import threading
import time
from collections.abc import Callable
from fractions import Fraction
from types import TracebackType
from typing import Any, Self

import numpy as np

from camera.controls import Area, Exposure, NoControls
from camera.frame import Frame, Image, boot_time
from camera.metering import Metering
from camera.settings import CameraSettings
from camera.source import CameraAbsent, CameraError, CameraFailed
from camera.sources.upright import upright
from camera.system_packages import system_module

TAIL = "videoconvert ! video/x-raw,format=BGR ! appsink name=sink max-buffers=1 drop=true sync=false"
"""One buffer, the newest wins; colour order is OpenCV's."""
POLL_S = 0.25
"""How often a wait for a frame looks whether the source was closed, seconds."""
OLDEST_S = 1.0
"""A time stamp further back than this is not believed, and the time of reading is used."""
SECOND = 1_000_000_000
NONE = 2**64 - 1
"""GST_CLOCK_TIME_NONE."""


def argus_head(settings: CameraSettings) -> str:
    """The head of the pipeline for a Jetson's camera: its pictures in the memory of the image processor, brought to ours.

    Raises:
        CameraAbsent: the camera is not named by a number.
    """
    if settings.device and not settings.device.isdigit():
        raise CameraAbsent(f"a Jetson's camera is named by its number, not by {settings.device!r}")
    sideways = settings.rotate in (90, 270)
    width, height = (settings.height, settings.width) if sideways else (settings.width, settings.height)
    rate = Fraction(settings.fps).limit_denominator(1001)
    return (
        f"nvarguscamerasrc name=source sensor-id={int(settings.device or 0)} ! "
        f"video/x-raw(memory:NVMM),width={width},height={height},framerate={rate.numerator}/{rate.denominator} ! "
        "nvvidconv ! video/x-raw,format=BGRx"
    )


class ArgusSource:
    """A pipeline of GStreamer's. Live where its head is the Jetson's camera.

    Args:
        settings: Number of the camera, size, rate, rotation, mirroring and time-out.
        head: The pipeline up to raw pictures; other than the Jetson's camera in tests only.
        clock: Boot-time seconds.

    Raises:
        CameraAbsent: GStreamer, its plugin or the camera is not there.
        CameraFailed: the pipeline does not start.
    """

    def __init__(self, settings: CameraSettings, head: str | None = None, clock: Callable[[], float] = boot_time) -> None:
        self.live = head is None
        self.name = f"argus:{settings.device or 0}"
        self._settings, self._clock = settings, clock
        self._gst = gstreamer()
        self._closed = threading.Event()
        self._seq = 0
        self._pipeline = self._parsed(f"{head or argus_head(settings)} ! {TAIL}")
        self._sink = self._pipeline.get_by_name("sink")
        self.controls = ArgusControls(self._pipeline.get_by_name("source"), clock)
        if self._pipeline.set_state(self._gst.State.PLAYING) == self._gst.StateChangeReturn.FAILURE:
            why = self._trouble() or "the pipeline does not start"
            self.close()
            raise CameraFailed(f"{self.name}: {why}")

    def read(self) -> Frame:
        """Block until the next frame.

        Raises:
            CameraFailed: no frame within the capture time-out, or the camera is gone.
            CameraError: the source is closed.
        """
        seconds = self._settings.patience_s(first=self._seq == 0)
        deadline = time.monotonic() + seconds
        while not self._closed.is_set():
            sample = self._sink.emit("try-pull-sample", int(POLL_S * SECOND))
            if sample is not None:
                self._seq += 1
                return Frame(self._seq, self._moment(sample), self._picture(sample))
            if why := self._trouble():
                raise CameraFailed(f"{self.name}: {why}")
            if time.monotonic() > deadline:
                raise CameraFailed(f"{self.name} gave no frame for {seconds:g} s; check its cable")
        raise CameraError(f"{self.name} is closed")

    def instruct(self, instruction: str) -> None:
        """People in front of a real camera are told by the screen."""

    def close(self) -> None:
        """Stop the pipeline and give the camera back; a read that waits in another thread ends with a `CameraError`."""
        self._closed.set()
        self._pipeline.set_state(self._gst.State.NULL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _parsed(self, description: str) -> Any:  # noqa: ANN401 - GStreamer has no types
        library = system_module("gi.repository.GLib", "python3-gi")
        try:
            return self._gst.parse_launch(description)
        except library.Error as error:
            raise CameraAbsent(f"{self.name}: {error.message}; is this a Jetson with its GStreamer plugins?") from error

    def _picture(self, sample: Any) -> Image:  # noqa: ANN401
        shape = sample.get_caps().get_structure(0)
        width, height = shape.get_value("width"), shape.get_value("height")
        buffer = sample.get_buffer()
        readable, mapped = buffer.map(self._gst.MapFlags.READ)
        if not readable:
            raise CameraFailed(f"{self.name}: a frame cannot be read")
        try:
            # GStreamer pads rows to four bytes.
            stride = (width * 3 + 3) // 4 * 4
            rows = np.frombuffer(mapped.data, np.uint8, stride * height).reshape(height, stride)
            picture = rows[:, : width * 3].reshape(height, width, 3).copy()
        except ValueError as error:
            raise CameraFailed(f"{self.name}: a frame of {width}x{height} is cut off") from error
        finally:
            buffer.unmap(mapped)
        return np.ascontiguousarray(upright(picture, self._settings.rotate, mirror=self._settings.mirror))

    def _moment(self, sample: Any) -> float:  # noqa: ANN401
        """Boot time of a frame, by its time in the pipeline and the pipeline's clock; now, where that is not to be believed."""
        now, stamp = self._clock(), sample.get_buffer().pts
        if not self.live and stamp == NONE:
            return now
        age = (self._pipeline.get_clock().get_time() - self._pipeline.get_base_time() - stamp) / SECOND
        return now - age if 0.0 <= age <= OLDEST_S else now

    def _trouble(self) -> str:
        """What the pipeline has to say of its end; empty where it goes on."""
        kinds = self._gst.MessageType
        message = self._pipeline.get_bus().pop_filtered(kinds.ERROR | kinds.EOS)
        if message is None:
            return ""
        if message.type == kinds.EOS:
            return "stopped delivering"
        error, _ = message.parse_error()
        return str(error.message)


class ArgusControls(NoControls):
    """The exposure compensation of `nvarguscamerasrc`."""

    def __init__(self, element: Any, clock: Callable[[], float]) -> None:  # noqa: ANN401
        self._element = element if element is not None and element.find_property("exposurecompensation") else None
        self._clock = clock
        self._metering = Metering()

    def meter(self, area: Area | None, grey: float | None) -> None:
        """Compensate for the face."""
        compensation = self._metering.seen(grey if area is not None else None, self._clock())
        if compensation is not None and self._element is not None:
            self._element.set_property("exposurecompensation", compensation)

    def exposure(self) -> Exposure:
        """What is asked for; the plugin does not tell more."""
        return Exposure(compensation=self._metering.compensation)


def gstreamer() -> Any:  # noqa: ANN401
    """GStreamer, initialised.

    Raises:
        CameraAbsent: it is not installed.
    """
    gi = system_module("gi", "python3-gi")
    try:
        gi.require_version("Gst", "1.0")
    except ValueError as error:
        raise CameraAbsent(f"GStreamer's description is not installed ({error}); install gir1.2-gstreamer-1.0") from error
    library = system_module("gi.repository.Gst", "gir1.2-gstreamer-1.0")
    library.init(None)
    return library
