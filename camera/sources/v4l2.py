"""A source that reads a USB or other V4L2 camera through OpenCV, in a thread of its own because a driver may block for ever."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import cv2
import numpy as np

from camera.discover import is_virtual
from camera.frame import Frame, Image, boot_time
from camera.latest import Latest, MailboxClosedError
from camera.settings import CameraSettings
from camera.source import CameraError, CameraFailed
from camera.sources.upright import upright
from camera.sources.v4l2_controls import V4L2Controls
from camera.sources.v4l2_probe import check_device

PIXEL_FORMATS = ("MJPG", "YUYV", "NV12", "GREY")
"""Asked for in this order: over USB 2, uncompressed pictures of more than 640x480 do not reach 24 a second."""

STOP_S = 1.0
"""Seconds the driver has to return after closing, before the thread is left alone with it."""

OLDEST_S = 1.0
"""A buffer's time stamp further back than this is taken for one of another clock, and the time of reading is used."""


class Driver(Protocol):
    """The part of `cv2.VideoCapture` that is used."""

    def isOpened(self) -> bool:  # noqa: N802
        """Whether the device could be opened."""

    def set(self, prop: int, value: float, /) -> bool:
        """Ask for a property; whether it was taken."""

    def get(self, prop: int, /) -> float:
        """A property as it is."""

    def grab(self) -> bool:
        """Wait for the next buffer; False when there will be none."""

    def retrieve(self) -> tuple[bool, Any]:
        """Decode the grabbed buffer: whether that went well, and the picture."""

    def release(self) -> None:
        """Give the device back."""


def open_driver(path: Path) -> Driver:
    """OpenCV's V4L2 capture of the device at `path`, checked before it is opened.

    Raises:
        CameraAbsent: no capture device is there.
        CameraBusy: another program captures from it.
        CameraFailed: it may not be opened.
    """
    check_device(path)
    # OpenCV takes only /dev/videoN for V4L2, not the stable links to it.
    return cv2.VideoCapture(str(path.resolve()), cv2.CAP_V4L2)


class V4L2Source:
    """A camera by its path. Live, unless software makes the pictures (v4l2loopback and its like).

    Args:
        device: Path of the device, best the stable one below /dev/v4l/by-id.
        settings: Size, rate, rotation and time-out; the camera answers with the nearest it can.
        opener: What opens the device; other than OpenCV in tests only.

    Raises:
        CameraAbsent: no capture device is there.
        CameraBusy: another program captures from it.
        CameraFailed: it may not be opened.
    """

    def __init__(self, device: Path, settings: CameraSettings, opener: Callable[[Path], Driver] = open_driver) -> None:
        self.name = f"v4l2:{device}"
        self.live = not is_virtual(device)
        self._rotate, self._mirror = settings.rotate, settings.mirror
        self._settings, self._delivers = settings, False
        self._frames: Latest[Frame] = Latest()
        self._driver = opener(device)
        if not self._driver.isOpened():
            self._driver.release()
            raise CameraFailed(f"{self.name} cannot be opened for capturing; unplug it and plug it in again")
        self.pixel_format = negotiate(self._driver, settings)
        """What the camera agreed to, as four characters."""
        self.controls = V4L2Controls(device, settings.fps)
        self._thread = threading.Thread(target=self._run, name="v4l2", daemon=True)
        self._thread.start()

    def read(self) -> Frame:
        """Block until the next frame; older ones that were not read are skipped.

        Raises:
            CameraFailed: no frame within the capture time-out, or the camera is gone.
            CameraError: the source is closed.
        """
        seconds = self._settings.patience_s(first=not self._delivers)
        try:
            frame = self._frames.take(seconds)
        except TimeoutError as error:
            raise CameraFailed(f"{self.name} gave no frame for {seconds:g} s; check its cable") from error
        except MailboxClosedError as error:
            raise CameraError(f"{self.name} is closed") from error
        self._delivers = True
        return frame

    def instruct(self, instruction: str) -> None:
        """People in front of a real camera are told by the screen."""

    def close(self) -> None:
        """Stop reading and release the device. A driver that hangs keeps it until this process ends."""
        self._frames.close()
        self._thread.join(STOP_S)
        self.controls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _run(self) -> None:
        seq, decoded = 0, -1e9
        try:
            while not self._frames.closed and self._driver.grab():
                moment = capture_time(self._driver)
                seq += 1
                if moment - decoded < self.controls.apart:
                    continue
                decoded = moment
                got, picture = self._driver.retrieve()
                # A torn MJPEG frame is common on USB and no reason to stop; lasting damage ends in the time-out.
                if got:
                    self._frames.put(Frame(seq, moment, upright(to_bgr(picture), self._rotate, mirror=self._mirror)))
            self._frames.close(CameraFailed(f"{self.name} stopped delivering; was it unplugged?"))
        except cv2.error as error:
            self._frames.close(CameraFailed(f"{self.name}: {error.err}"))
        finally:
            self._driver.release()


def negotiate(driver: Driver, settings: CameraSettings) -> str:
    """Ask for pixel format, size and rate, in the order in which drivers accept them; one buffer, so that frames are fresh.

    Returns:
        The format that the camera agreed to; one that is none of ours where it takes none of them, and OpenCV converts it.
    """
    for wanted in PIXEL_FORMATS:
        driver.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*wanted))
        if (agreed := four_characters(driver.get(cv2.CAP_PROP_FOURCC))) == wanted:
            break
    sideways = settings.rotate in (90, 270)
    driver.set(cv2.CAP_PROP_FRAME_WIDTH, settings.height if sideways else settings.width)
    driver.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.width if sideways else settings.height)
    driver.set(cv2.CAP_PROP_FPS, settings.fps)
    driver.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return agreed


def four_characters(code: float) -> str:
    """A pixel format's code as its four characters; what cannot be printed is a dot."""
    characters = (chr(int(code) >> shift & 0xFF) for shift in (0, 8, 16, 24))
    return "".join(each if each.isprintable() else "." for each in characters)


def capture_time(driver: Driver) -> float:
    """Boot time of the grabbed frame: the kernel's time stamp, which is monotonic, or now where it has none to be believed."""
    now = boot_time()
    age = time.monotonic() - driver.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
    return now - age if 0.0 <= age <= OLDEST_S else now


def to_bgr(picture: Image) -> Image:
    """Three channels, (height, width, 3) uint8 BGR, also from infra-red and other grey cameras."""
    if picture.ndim == 2 or picture.shape[2] == 1:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), np.uint8)
    return picture
