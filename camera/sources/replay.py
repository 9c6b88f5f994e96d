"""A source that replays a video file, a photo, or a folder of photos, at their own rate or as fast as frames are taken."""

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from camera.frame import Frame, boot_time
from camera.pace import Due, Pace, PacedControls
from camera.source import CameraEnded, CameraError
from camera.sources.clips import Clip, open_clip
from camera.sources.upright import upright


class ReplaySource:
    """Replays files. Never live: what they show happened some other time.

    Args:
        path: A video file, a photo, or a folder of photos (shown in order of name).
        pace: `real-time` sleeps to each frame's time and skips frames that are late; `fast` hands out every frame at once, with
            the times that the clip's own time stamps give.
        loop: Begin again at the end instead of ending.
        fps: Frames a second of photos, and of videos that do not tell.
        rotate: Degrees clockwise that make the picture upright.
        mirror: It is mirrored, and is to be turned back.
        clock: Boot-time seconds.

    Raises:
        CameraAbsent: no such file, or a folder without photos.
        CameraFailed: the file is neither a photo nor a video that can be decoded.
    """

    live = False

    def __init__(
        self,
        path: Path,
        *,
        pace: Literal["real-time", "fast"] = "real-time",
        loop: bool = False,
        fps: float = 24.0,
        rotate: Literal[0, 90, 180, 270] = 0,
        mirror: bool = False,
        clock: Callable[[], float] = boot_time,
    ) -> None:
        self.name = f"replay:{path.name}"
        self._clip: Clip | None = open_clip(path, fps)
        self._pace = Pace(fast=pace == "fast", period=1.0 / self._clip.fps, clock=clock)
        self._loop = loop
        self._rotate, self._mirror = rotate, mirror
        self.controls = PacedControls(self._pace)
        self._seq = 0
        self._round_start = 0.0
        self._last = 0.0
        self._reading = threading.Lock()

    def read(self) -> Frame:
        """Block until the next frame is due.

        Raises:
            CameraEnded: the last frame was handed out, and the replay does not loop.
            CameraFailed: the file is damaged from here on.
            CameraError: the source is closed.
        """
        with self._reading:
            while True:
                clip = self._opened()
                seconds = self._advance(clip)
                self._seq += 1
                due, moment = self._pace.wait(seconds)
                if due is Due.SHOW:
                    return Frame(self._seq, moment, upright(clip.image(), self._rotate, mirror=self._mirror))

    def instruct(self, instruction: str) -> None:
        """A recording obeys nobody."""

    def close(self) -> None:
        """Close the file; a read that waits in another thread ends with a `CameraError`."""
        self._pace.close()
        with self._reading:
            if self._clip is not None:
                self._clip.close()
            self._clip = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _opened(self) -> Clip:
        if self._clip is None or self._pace.closed:
            raise CameraError(f"{self.name} is closed")
        return self._clip

    def _advance(self, clip: Clip) -> float:
        """Seconds, since the start of the first round, of the next frame."""
        seconds = clip.advance()
        if seconds is None:
            if not self._loop:
                raise CameraEnded(f"{self.name} is over after {self._seq} frames")
            clip.rewind()
            self._round_start = self._last + 1.0 / clip.fps
            seconds = clip.advance() or 0.0
        # Some containers carry equal or falling time stamps; times of frames must rise.
        self._last = max(self._round_start + seconds, self._last + 1e-4) if self._seq else self._round_start + seconds
        return self._last
