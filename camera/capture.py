"""The capture thread: it alone reads a source, so that a slow consumer sees the newest frame and never a stale one."""

import logging
import threading
from types import TracebackType
from typing import Self

import numpy as np

from camera.frame import Frame, Image
from camera.latest import Latest
from camera.source import CameraError, CameraFailed, FrameSource

log = logging.getLogger(__name__)

STOP_S = 2.0
"""Seconds a source has to return from `read` once closed; a thread that hangs in a driver ends with the process."""


LEAST = 16
"""Pixels, across and down, below which an array is no picture of anything."""


def is_picture(image: Image) -> bool:
    """Whether an array has the shape and type that every stage counts on."""
    return image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3 and min(image.shape[:2]) >= LEAST


class Capture:
    """Reads a source in a thread of its own into a latest-wins slot. Owns the source: closing the capture closes it.

    Args:
        source: An opened source.
        lossless: Wait until each frame is taken instead of replacing it: only for files that are read faster than real time.
    """

    def __init__(self, source: FrameSource, *, lossless: bool = False) -> None:
        self._source = source
        self.lossless = lossless
        self._frames: Latest[Frame] = Latest()
        self._put = self._frames.put_when_empty if lossless else self._frames.put
        self._last_seq = 0
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    @property
    def source(self) -> FrameSource:
        """The source that is read, for its name, its `live` and its `instruct`."""
        return self._source

    @property
    def last_seq(self) -> int:
        """Number of the frame captured last, 0 before the first: its progress is what the watchdog looks at."""
        return self._last_seq

    @property
    def dropped(self) -> int:
        """Frames that were captured and replaced by a newer one before anybody took them."""
        return self._frames.dropped

    def take(self, timeout: float | None = None) -> Frame:
        """Wait for the newest frame not yet taken.

        Args:
            timeout: Seconds to wait; None leaves it to the source's own time-out.

        Raises:
            TimeoutError: no frame within `timeout`.
            CameraEnded: a finite source is over (its last frame was handed out before).
            CameraError: the source failed, or the capture was closed.
        """
        return self._frames.take(timeout)

    def close(self) -> None:
        """Stop the thread and close the source. Closing twice is harmless."""
        self._frames.close(CameraError(f"{self._source.name} is closed"))
        self._source.close()
        self._thread.join(STOP_S)
        if self._thread.is_alive():
            log.warning("%s did not return within %g s of closing; left to the end of the process", self._source.name, STOP_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while not self._frames.closed:
                frame = self._source.read()
                if not is_picture(frame.image):
                    # A driver that hiccups: no reason to stop. Lasting damage is no progress, and ends as that.
                    continue
                self._last_seq = frame.seq
                self._put(frame)
        except CameraError as error:
            self._frames.close(error)
        except Exception as error:  # a reader that waits must learn of any end of this thread
            log.exception("%s broke", self._source.name)
            self._frames.close(CameraFailed(f"{self._source.name}: {type(error).__name__}: {error}"))
