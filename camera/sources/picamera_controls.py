"""What is asked of a Raspberry Pi camera while it runs: exposure for the face in front, the rate, and a picture for people."""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from camera.controls import EARLY, Area, Exposure
from camera.metering import Metering
from camera.settings import CameraSettings
from camera.sources.upright import on_sensor

log = logging.getLogger(__name__)

SLOWEST_FPS = 10.0
"""Frames a second to which the camera may fall in the dark, to expose for longer: blinks need as many."""
CENTRE_WEIGHTED, SPOT = 0, 1
"""AeMeteringMode (libcamera, control_ids_core.yaml)."""
CENTRAL = 0.15
"""Distance from the middle, in shares of the picture, up to which a face is what the camera's spot measures."""
AF_CONTINUOUS, AF_WINDOWS, AF_AUTO = 2, 1, 0
"""AfMode and AfMetering."""


class Controllable(Protocol):
    """The part of `picamera2.Picamera2` that is used."""

    camera_controls: dict[str, tuple[Any, Any, Any]]
    camera_properties: dict[str, Any]

    def set_controls(self, controls: dict[str, Any]) -> None:
        """Set controls from the next request on."""


def duration_limits(fps: float) -> tuple[int, int]:
    """Shortest and longest duration of a frame, microseconds: no faster than `fps`, and slower only in the dark."""
    shortest = round(1e6 / fps)
    return shortest, max(shortest, round(1e6 / SLOWEST_FPS))


class PicameraControls:
    """`CameraControls` by libcamera's controls; those that the camera does not have are left out."""

    def __init__(self, camera: Controllable, settings: CameraSettings, clock: Callable[[], float]) -> None:
        self._camera, self._settings, self._clock = camera, settings, clock
        self._has = frozenset(camera.camera_controls)
        lowest, highest, _ = camera.camera_controls.get("ExposureValue", (-2.0, 2.0, 0.0))
        self._metering = Metering(max(-2.0, float(lowest)), min(2.0, float(highest)))
        self._mode = CENTRE_WEIGHTED
        self._window: tuple[int, int, int, int] | None = None
        self._told: dict[str, Any] = {}
        self._fps = settings.fps
        self.watched = False
        self.apart = 0.0
        """Seconds between two frames that are worth a copy."""

    def begin(self) -> None:
        """As soon as the camera runs: what has a focus keeps focusing."""
        self._set({"AfMode": AF_CONTINUOUS})

    def told(self, metadata: dict[str, Any]) -> None:
        """What the camera said of a frame."""
        self._told = metadata

    def meter(self, area: Area | None, grey: float | None) -> None:
        """Compensate for the face, measure in the middle while it is there, and focus on it."""
        compensation = self._metering.seen(grey if area is not None else None, self._clock())
        if compensation is not None:
            self._set({"ExposureValue": compensation})
        mode = SPOT if area is not None and _central(area) else CENTRE_WEIGHTED
        if mode != self._mode:
            self._mode = mode
            self._set({"AeMeteringMode": mode})
        self._focus(area)

    def rate(self, fps: float, *, resting: bool = False) -> None:
        """Have the camera itself deliver less: that spares its image processor and the memory, too.

        While it only rests it goes on, and frames are given back uncopied: those that are under way are as long as they were
        asked to be, so that it would take half a second to come up to its rate again.
        """
        self.apart = EARLY / fps if resting else 0.0
        if not resting and fps != self._fps:
            self._fps = fps
            self._set({"FrameDurationLimits": duration_limits(min(fps, self._settings.fps))})

    def watch(self, *, on: bool) -> None:
        """Copy the main stream from now on, or no more."""
        self.watched = on

    def exposure(self) -> Exposure:
        """As of the last frame's metadata."""
        return Exposure(self._told.get("ExposureTime"), self._told.get("AnalogueGain"), self._metering.compensation)

    def _focus(self, area: Area | None) -> None:
        """Lay the focus window on the face; it moves only where the face has moved by a quarter of itself."""
        whole = self._camera.camera_properties.get("ScalerCropMaximum")
        if "AfWindows" not in self._has or whole is None:
            return
        window = None if area is None else _pixels(on_sensor(area, self._settings.rotate, mirror=self._settings.mirror), whole)
        if window is None and self._window is not None:
            self._set({"AfMetering": AF_AUTO})
        elif window is not None and (self._window is None or _moved(window, self._window)):
            self._set({"AfMetering": AF_WINDOWS, "AfWindows": [window]})
        else:
            return
        self._window = window

    def _set(self, controls: dict[str, Any]) -> None:
        wanted = {name: value for name, value in controls.items() if name in self._has}
        if wanted:
            try:
                self._camera.set_controls(wanted)
            except RuntimeError as error:
                log.warning("the camera does not take %s: %s", ", ".join(wanted), error)


def _central(area: Area) -> bool:
    x, y = area.centre
    return abs(x - 0.5) <= CENTRAL and abs(y - 0.5) <= CENTRAL


def _pixels(area: Area, whole: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The area in pixels of the sensor, of which `whole` (left, top, width, height) is shown, cut to what is shown."""
    left, top, width, height = whole
    x, y = (min(max(value, 0.0), 0.99) for value in (area.x, area.y))
    right, bottom = min(area.x + area.width, 1.0), min(area.y + area.height, 1.0)
    return (
        left + round(x * width),
        top + round(y * height),
        max(1, round((right - x) * width)),
        max(1, round((bottom - y) * height)),
    )


def _moved(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return abs(one[0] - other[0]) > other[2] / 4 or abs(one[1] - other[1]) > other[3] / 4 or abs(one[2] - other[2]) > other[2] / 4
