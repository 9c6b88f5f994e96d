"""From settings to an opened source: the one place that knows all sources. Each is imported only when it is used."""

import logging
from collections.abc import Callable
from pathlib import Path

from camera.capture import Capture
from camera.discover import JETSON, VideoDevice, stable_path, summary, video_devices
from camera.settings import CameraSettings
from camera.source import CameraAbsent, CameraError, FrameSource
from camera.system_packages import is_installed

log = logging.getLogger(__name__)


def open_source(settings: CameraSettings) -> FrameSource:
    """Open the source that the settings name.

    Raises:
        CameraAbsent: no such device or file; the message says what is there.
        CameraBusy: another program holds the device.
        CameraFailed: the device or file cannot be read.
    """
    if settings.source == "replay":
        return _replay(settings)
    if settings.source == "v4l2":
        return _v4l2(stable_path(Path(settings.device)) if settings.device else _first_path(), settings)
    if settings.source == "picamera2":
        return _picamera(settings)
    if settings.source == "argus":
        return _argus(settings)
    if settings.source == "demo":
        return _demo(settings)
    return _board_camera(settings) or first_that_captures(video_devices(), settings) or _demo(settings)


def open_capture(settings: CameraSettings) -> Capture:
    """Open the source and start its capture thread. A file that is read fast loses no frame; everything else may."""
    return Capture(open_source(settings), lossless=settings.pace == "fast" and settings.source in ("replay", "demo"))


def first_that_captures(
    devices: list[VideoDevice],
    settings: CameraSettings,
    opener: Callable[[Path, CameraSettings], FrameSource] | None = None,
) -> FrameSource | None:
    """The first of the devices that delivers a frame, opened; None, and a line in the log about each, where none does."""
    for device in devices:
        try:
            source = (opener or _v4l2)(device.stable, settings)
        except CameraError as error:
            log.info("not used: %s", error)
            continue
        try:
            source.read()
        except CameraError as error:
            log.info("not used: %s", error)
            source.close()
            continue
        return source
    return None


def _board_camera(settings: CameraSettings, on_pi: bool | None = None, on_jetson: bool | None = None) -> FrameSource | None:
    """The camera at the board's own connector; None, and a line in the log, where there is none that delivers."""
    for there, opener in (
        (is_installed("picamera2") if on_pi is None else on_pi, _picamera),
        (JETSON.exists() if on_jetson is None else on_jetson, _argus),
    ):
        try:
            if there:
                return opener(settings.model_copy(update={"device": ""}))
        except CameraError as error:
            log.info("not used: %s", error)
    return None


def _first_path() -> Path:
    from camera.sources.v4l2_probe import check_device

    devices = video_devices()
    for device in devices:
        try:
            check_device(device.node)
        except CameraAbsent:
            continue
        except CameraError:
            # Busy or forbidden is the camera that is meant; opening it says so.
            return device.stable
        return device.stable
    raise CameraAbsent(f"no camera that captures: {summary(devices)}; plug one in, or use source = demo or replay")


def _replay(settings: CameraSettings) -> FrameSource:
    from camera.sources.replay import ReplaySource

    if not settings.path:
        raise CameraAbsent("replay needs `path`: a video file, a photo, or a folder of photos")
    return ReplaySource(
        Path(settings.path),
        pace=settings.pace,
        loop=settings.loop,
        fps=settings.fps,
        rotate=settings.rotate,
        mirror=settings.mirror,
    )


def _v4l2(device: Path, settings: CameraSettings) -> FrameSource:
    from camera.sources.v4l2 import V4L2Source

    return V4L2Source(device, settings)


def _picamera(settings: CameraSettings) -> FrameSource:
    from camera.sources.picamera import PicameraSource

    return PicameraSource(settings)


def _argus(settings: CameraSettings) -> FrameSource:
    from camera.sources.argus import ArgusSource

    return ArgusSource(settings)


def _demo(settings: CameraSettings) -> FrameSource:
    from camera.sources.demo import DemoSource

    return DemoSource(settings)
