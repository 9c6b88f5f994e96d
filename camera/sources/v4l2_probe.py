"""Asking the kernel about a V4L2 device before OpenCV opens it: is it a camera, is it free. Numbers: linux/videodev2.h."""

import errno
import fcntl
import os
import stat
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from camera.discover import summary, video_devices
from camera.source import CameraAbsent, CameraBusy, CameraError, CameraFailed

QUERYCAP = 0x80685600
ENUM_FMT = 0xC0405602
REQBUFS = 0xC0145608
CAP_VIDEO_CAPTURE = 0x00000001
CAP_DEVICE_CAPS = 0x80000000
BUF_TYPE_VIDEO_CAPTURE = 1
MEMORY_MMAP = 1

Ioctl = Callable[[int, int, bytearray], object]


def check_device(path: Path, ioctl: Ioctl = fcntl.ioctl) -> None:
    """Make sure that `path` is a capture device that nobody else uses.

    Raises:
        CameraAbsent: no such path, no device, not one of V4L2, or one that does not capture.
        CameraBusy: another program captures from it.
        CameraFailed: it may not be opened, or is gone.
    """
    try:
        if not stat.S_ISCHR(path.stat().st_mode):
            raise CameraAbsent(f"{path} is no device; {summary(video_devices())}. A file is replayed with source = replay")
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        raise _explained(path, error) from error
    try:
        if not captures(handle, ioctl):
            raise CameraAbsent(f"{path} is no V4L2 camera that captures; {summary(video_devices())}")
        reserve(handle, ioctl)
    except OSError as error:
        raise _explained(path, error) from error
    finally:
        os.close(handle)


def captures(handle: int, ioctl: Ioctl = fcntl.ioctl) -> bool:
    """Whether an open device says that it captures video. Metadata nodes and encoders do not.

    Raises:
        OSError: the device failed; a device that does not know the question is simply no camera.
    """
    answer = bytearray(104)
    try:
        ioctl(handle, QUERYCAP, answer)
    except OSError as error:
        if error.errno in (errno.ENOTTY, errno.EINVAL):
            return False
        raise
    whole, node = struct.unpack_from("=II", answer, 84)
    return bool((node if whole & CAP_DEVICE_CAPS else whole) & CAP_VIDEO_CAPTURE)


def pixel_formats(path: Path, ioctl: Ioctl = fcntl.ioctl) -> tuple[list[str], str]:
    """The pixel formats of a camera as four characters each, and why it cannot be asked; both empty of what is no camera."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        return [], str(_explained(path, error))
    try:
        return (list(_formats(handle, ioctl)) if captures(handle, ioctl) else []), ""
    except OSError as error:
        return [], str(_explained(path, error))
    finally:
        os.close(handle)


def _formats(handle: int, ioctl: Ioctl) -> Iterator[str]:
    """Until the kernel knows no further one."""
    for number in range(64):
        answer = bytearray(64)
        struct.pack_into("=II", answer, 0, number, BUF_TYPE_VIDEO_CAPTURE)
        try:
            ioctl(handle, ENUM_FMT, answer)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return
            raise
        yield answer[44:48].decode("ascii", "replace")


def reserve(handle: int, ioctl: Ioctl = fcntl.ioctl) -> None:
    """Ask for one buffer and give it back: the kernel lets only the program that streams have any.

    Raises:
        OSError: EBUSY where another program streams.
    """
    try:
        for count in (1, 0):
            ioctl(handle, REQBUFS, bytearray(struct.pack("=5I", count, BUF_TYPE_VIDEO_CAPTURE, MEMORY_MMAP, 0, 0)))
    except OSError as error:
        # A driver that cannot map memory does not know the question; OpenCV will tell.
        if error.errno not in (errno.ENOTTY, errno.EINVAL):
            raise


def _explained(path: Path, error: OSError) -> CameraError:
    if error.errno == errno.EBUSY:
        return CameraBusy(f"another program uses the camera {path}; close it (fuser -v {path} names it) and start again")
    if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR):
        return CameraAbsent(f"there is no camera at {path}; {summary(video_devices())}")
    if error.errno in (errno.EACCES, errno.EPERM):
        return CameraFailed(f"{path} may not be opened; put this user into the group `video` (usermod -aG video USER)")
    return CameraFailed(f"{path}: {error.strerror}")
