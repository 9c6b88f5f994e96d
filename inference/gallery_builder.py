"""The one background thread that builds indices. What an index is, and when one is due, the shelves know."""

import logging
import os
import sys
import threading
from collections import deque

from inference.gallery_annoy import BuildStopped, GalleryIndex
from inference.gallery_shelf import Shelf

_log = logging.getLogger(__name__)
_NICENESS = 10


class Builder:
    """Builds one index at a time, at low priority, in a thread that exists only while there is something to build."""

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._due: deque[Shelf] = deque()
        self._thread: threading.Thread | None = None

    def consider(self, shelf: Shelf) -> None:
        """Have the shelf's index built, if one is due. Returns at once."""
        if not shelf.wants_index():
            return
        with self._changed:
            if self._stop.is_set() or shelf in self._due:
                return
            self._due.append(shelf)
            if self._thread is None:
                # A daemon, because growing trees cannot be interrupted and must not hold up the program's end.
                self._thread = threading.Thread(target=self._work, name="gallery-index", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Start no further build, and give up the one at work as soon as it can be."""
        with self._changed:
            self._stop.set()
            self._due.clear()

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait (seconds) until nothing is being built; False: still building."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, timeout)

    def _work(self) -> None:
        _step_back()
        while (shelf := self._next()) is not None:
            self._build(shelf)
            self.consider(shelf)

    def _next(self) -> Shelf | None:
        with self._changed:
            if self._due:
                return self._due.popleft()
            self._thread = None
            self._changed.notify_all()
            return None

    def _build(self, shelf: Shelf) -> None:
        if not shelf.wants_index():
            return
        matrix, enrollment_ids = shelf.snapshot()
        try:
            index = GalleryIndex.build(matrix, enrollment_ids, self._stop, self._threads)
        except BuildStopped:
            shelf.abandon()
        except Exception:
            shelf.abandon()
            self._stop.set()
            _log.exception("the gallery's index could not be built: search stays exact until the next start")
        else:
            shelf.install(index)


def _step_back() -> None:
    if sys.platform == "linux":  # where priorities are per thread
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        except OSError:
            _log.debug("the index builder keeps its priority")
