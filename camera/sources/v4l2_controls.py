"""What is asked of a V4L2 camera while it runs: exposure for the face in front, by the kernel's controls.

Numbers are those of linux/videodev2.h and linux/v4l2-controls.h.
"""

import contextlib
import errno
import fcntl
import logging
import os
import struct
from collections.abc import Callable
from pathlib import Path

from camera.controls import EARLY, Area, Exposure, NoControls
from camera.frame import boot_time
from camera.metering import Metering

log = logging.getLogger(__name__)

QUERYCTRL = 0xC0445624
G_CTRL = 0xC008561B
S_CTRL = 0xC008561C
EXPOSURE_BIAS = 0x009A0913
"""V4L2_CID_AUTO_EXPOSURE_BIAS: a menu of steps, in the middle none."""
BACKLIGHT = 0x0098091C
"""V4L2_CID_BACKLIGHT_COMPENSATION."""
BRIGHTNESS = 0x00980900
EXPOSURE_TIME = 0x009A0902
"""V4L2_CID_EXPOSURE_ABSOLUTE, in units of 100 µs."""
GAIN = 0x00980913
DISABLED = 0x0001
_QUERY = struct.Struct("=II32siiiiI8x")
_VALUE = struct.Struct("=Ii")
STOPS = 2.0
"""What the ends of a control's range are taken for."""


Ioctl = Callable[[int, int, bytearray], object]


class V4L2Controls(NoControls):
    """`CameraControls` by the first of bias, backlight and brightness that the camera has. Closed with its source.

    Args:
        device: the camera's node; controls may be set beside the program that streams, which is this one.
        full_fps: the configured rate.
        ioctl: the kernel's; other in tests only.
        clock: boot-time seconds.
    """

    def __init__(
        self, device: Path, full_fps: float = 24.0, ioctl: Ioctl = fcntl.ioctl, clock: Callable[[], float] = boot_time
    ) -> None:
        self._full_fps, self._ioctl, self._clock = full_fps, ioctl, clock
        self.apart = 0.0
        """Seconds between two frames that are decoded; what comes between is left as it came."""
        self._handle: int | None = None
        with contextlib.suppress(OSError):
            self._handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
        self._control, self._ends = self._first(EXPOSURE_BIAS, BACKLIGHT, BRIGHTNESS)
        self._usual = self._get(self._control) if self._control else None
        self._metering = Metering(-STOPS, STOPS)

    def meter(self, area: Area | None, grey: float | None) -> None:
        """Compensate for the face."""
        compensation = self._metering.seen(grey if area is not None else None, self._clock())
        if compensation is not None and self._control and self._usual is not None:
            self._put(self._control, self._value(compensation, self._usual))

    def rate(self, fps: float, *, resting: bool = False) -> None:
        """A camera's rate is fixed while it streams; decoding, which is the work, is what can be left out."""
        self.apart = 0.0 if fps >= self._full_fps else EARLY / fps

    def exposure(self) -> Exposure:
        """As the camera says now."""
        time, gain = self._get(EXPOSURE_TIME), self._get(GAIN)
        microseconds = None if time is None else time * 100.0
        return Exposure(microseconds, None if gain is None else float(gain), self._metering.compensation)

    def close(self) -> None:
        """Leave the camera as it was."""
        handle, self._handle = self._handle, None
        if handle is not None:
            if self._control and self._usual is not None and self._metering.compensation:
                with contextlib.suppress(OSError):
                    self._ioctl(handle, S_CTRL, bytearray(_VALUE.pack(self._control, self._usual)))
            os.close(handle)

    def _value(self, stops: float, usual: int) -> int:
        """The control's value for a compensation: from its usual one towards the end of its range."""
        lowest, highest = self._ends
        reach = highest - usual if stops > 0 else usual - lowest
        return round(usual + reach * stops / STOPS)

    def _first(self, *controls: int) -> tuple[int, tuple[int, int]]:
        for control in controls:
            answer = bytearray(_QUERY.pack(control, 0, b"", 0, 0, 0, 0, 0))
            if self._asked(QUERYCTRL, answer):
                _, _, _, lowest, highest, _, _, flags = _QUERY.unpack(answer)
                if not flags & DISABLED and highest > lowest:
                    return control, (lowest, highest)
        return 0, (0, 0)

    def _get(self, control: int) -> int | None:
        answer = bytearray(_VALUE.pack(control, 0))
        return int(_VALUE.unpack(answer)[1]) if self._asked(G_CTRL, answer) else None

    def _put(self, control: int, value: int) -> None:
        self._asked(S_CTRL, bytearray(_VALUE.pack(control, value)))

    def _asked(self, request: int, content: bytearray) -> bool:
        if self._handle is None:
            return False
        try:
            self._ioctl(self._handle, request, content)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTTY):
                log.info("a control of the camera cannot be set: %s", error.strerror)
            return False
        return True
