"""From settings to an opened source: the one place that knows all sources. Each is imported only when it is used."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
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
    found = board_camera(settings) or first_that_captures(video_devices(), settings)
    if found is None and settings.source == "camera":
        raise CameraAbsent(f"no camera gives pictures: {summary(video_devices())}; see `kioskctl camera list`")
    return found or _demo(settings)


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
        if (source := _delivering(partial(opener or _v4l2, device.stable, settings))) is not None:
            return source
    return None


def board_camera(
    settings: CameraSettings, boards: Sequence[tuple[bool, Callable[[CameraSettings], FrameSource]]] | None = None
) -> FrameSource | None:
    """The camera at the board's own connector, opened; None, and a line in the log, where there is none that delivers a frame.

    Args:
        settings: of the camera.
        boards: whether the machine is such a board, and how its camera is opened; None: as it is here.
    """
    first = settings.model_copy(update={"device": ""})
    known = ((is_installed("picamera2"), _picamera), (JETSON.exists(), _argus)) if boards is None else boards
    found = (_delivering(partial(opener, first)) for there, opener in known if there)
    return next((source for source in found if source is not None), None)


def _delivering(opener: Callable[[], FrameSource]) -> FrameSource | None:
    """The source, once it has delivered a frame; None, and a line in the log, where it does not."""
    try:
        source = opener()
    except CameraError as error:
        log.info("not used: %s", error)
        return None
    try:
        source.read()
    except CameraError as error:
        log.info("not used: %s", error)
        source.close()
        return None
    return source


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
