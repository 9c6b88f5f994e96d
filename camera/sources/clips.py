"""What can be replayed: videos and photos, as sequences of time-stamped pictures. Pace and numbering are the replay source's."""

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from camera.frame import Image
from camera.source import CameraAbsent, CameraFailed

PHOTOS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
"""Suffixes of what counts as a photo in a folder."""


class Clip(Protocol):
    """Pictures in order. A picture is only decoded when it is asked for, so that skipping is cheap."""

    fps: float

    def advance(self) -> float | None:
        """Go to the next picture: its seconds since the clip's start, or None at the end."""

    def image(self) -> Image:
        """Decode the current picture, (height, width, 3) uint8 BGR."""

    def rewind(self) -> None:
        """Go back before the first picture."""

    def close(self) -> None:
        """Release the file."""


def open_clip(path: Path, fps: float) -> Clip:
    """Open a video, a photo or a folder of photos; `fps` holds for photos, and for videos that do not tell theirs.

    Raises:
        CameraAbsent: no such file, or a folder without photos.
        CameraFailed: neither a photo nor a video that can be decoded.
    """
    if path.is_dir():
        photos = sorted(file for file in path.iterdir() if file.suffix.lower() in PHOTOS and file.is_file())
        if not photos:
            raise CameraAbsent(f"no photo in the folder {path}: put files ending in {' '.join(sorted(PHOTOS))} there")
        return PhotoClip(photos, fps)
    if not path.is_file():
        raise CameraAbsent(f"no such file or folder: {path}")
    if path.stat().st_size == 0:
        raise CameraFailed(f"{path} is empty: give a video, a photo, or a folder of photos")
    if path.suffix.lower() in PHOTOS:
        return PhotoClip([path], fps)
    return VideoClip(path, fps)


class PhotoClip:
    """Photos one after another, `fps` of them a second."""

    def __init__(self, photos: list[Path], fps: float) -> None:
        self.fps = fps
        self._photos = photos
        self._index = -1
        self._first = _photo(photos[0])

    def advance(self) -> float | None:
        """The next photo's seconds: its index over the frame rate."""
        self._index += 1
        return None if self._index >= len(self._photos) else self._index / self.fps

    def image(self) -> Image:
        """Read the current photo from its file.

        Raises:
            CameraFailed: the file is not a photo that can be decoded.
        """
        # The first was read to check it; reading it again would only cost a looped single photo its time.
        return self._first.copy() if self._index == 0 else _photo(self._photos[self._index])

    def rewind(self) -> None:
        """Go back before the first photo."""
        self._index = -1

    def close(self) -> None:
        """Nothing is held open."""


class VideoClip:
    """A video file through OpenCV's FFmpeg; time stamps are the container's own where they rise, else the frame rate's."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path = path
        self._capture = _open_video(path)
        told = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = told if 1.0 <= told <= 1000.0 else fps
        self._promised = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._index = -1
        self._first = 0.0
        self._last = -1.0

    def advance(self) -> float | None:
        """The next frame's seconds since the first one.

        Raises:
            CameraFailed: the file breaks off, or nothing in it can be decoded.
        """
        if not self._capture.grab():
            self._check_end()
            return None
        self._index += 1
        stamp = float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000.0
        if self._index == 0:
            self._first = stamp
        seconds = stamp - self._first
        self._last = seconds if seconds > self._last else self._last + 1.0 / self.fps
        return self._last

    def image(self) -> Image:
        """Decode the grabbed frame; rotation that the container asks for is applied.

        Raises:
            CameraFailed: the frame is damaged.
        """
        got, image = self._capture.retrieve()
        if not got:
            raise CameraFailed(f"{self._path}: frame {self._index + 1} cannot be decoded; the file is damaged")
        return np.asarray(image, np.uint8)

    def rewind(self) -> None:
        """Open the file again: seeking is inexact in many containers."""
        self._capture.release()
        self._capture = _open_video(self._path)
        self._index, self._last = -1, -1.0

    def close(self) -> None:
        """Release the decoder."""
        self._capture.release()

    def _check_end(self) -> None:
        # Containers promise their number of frames only roughly; half of them missing is no rounding.
        if self._index < 0:
            raise CameraFailed(f"{self._path} holds no frame that can be decoded")
        if self._index + 1 < self._promised / 2:
            raise CameraFailed(f"{self._path} breaks off at frame {self._index + 1} of {self._promised}: it is damaged")


def _open_video(path: Path) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        capture.release()
        raise CameraFailed(f"{path} is not a video that can be decoded: give a video, a photo, or a folder of photos")
    return capture


def _photo(path: Path) -> Image:
    image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR) if path.stat().st_size else None
    if image is None:
        raise CameraFailed(f"{path} is not a photo that can be decoded")
    return np.asarray(image, np.uint8)
