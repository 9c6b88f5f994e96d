"""The data directory's lock: one process at a time may work on it. Who that is stands in the lock's file."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.ports import StoreError, StoreLocked

_NAME = "lock"


@contextmanager
def hold_data(data: Path) -> Iterator[None]:
    """Hold the lock of the data directory `data`, which is made when absent (mode 0700).

    The kernel frees the lock when this process ends, however it ends; a pid left in the file means nothing by itself.

    Raises:
        StoreLocked: another process holds it; the message names it.
        StoreError: the directory cannot be used.
    """
    fd = _open(data)
    try:
        _lock(fd, data)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(fd)


def _open(data: Path) -> int:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(data / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreError(f"cannot use the data directory {data}: {error.strerror}") from error


def _lock(fd: int, data: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreLocked(
            f"{data} is in use by {_holder(fd)}; stop that process first, or give this one a data directory of its own"
        ) from error


def _holder(fd: int) -> str:
    pid = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
    if not pid.isdigit():
        return "another process"
    try:
        command = Path("/proc", pid, "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return f"process {pid}"
    return f"process {pid} ({command})"
