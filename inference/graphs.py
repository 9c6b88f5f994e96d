"""A fixed number of mesh graphs, lent to streams. What a graph is made of is not known here.

MediaPipe's graphs leak when they are made and closed again and again (google-ai-edge/mediapipe issue 6152), and each has
30 MB of its own. So they are made once and lent. Where there are more streams than graphs, graphs change hands: the stream that
lost one finds its face anew with its next frame, which costs more than twice as much, and its track goes on.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from camera.frame import Image, boot_time
from inference.mesh import Landmarks
from inference.stages import Face, Finder, Mesher

T = TypeVar("T")

QUIET_S = 1.0
"""Seconds without a frame after which a stream is not at work, whatever its rate of frames."""


class Graphs:
    """Lends tracking meshers, and one finder to all. Used in one thread.

    Args:
        finder: makes a finder.
        mesher: makes a tracking mesher.
        most: meshers there may be.
        clock: seconds from any start.
    """

    def __init__(
        self, finder: Callable[[], Finder], mesher: Callable[[], Mesher], most: int, clock: Callable[[], float] = boot_time
    ) -> None:
        self._make_finder, self._make_mesher = finder, mesher
        self._most, self._clock = most, clock
        self._finder: Finder | None = None
        self._lent: OrderedDict[int, Mesher] = OrderedDict()
        """By borrower, the one that was unused for longest first."""
        self._used: dict[int, float] = {}
        """When each borrower used its mesher last."""
        self._free: list[Mesher] = []
        self._borrowers = 0

    def borrow(self) -> tuple[Finder, Mesher]:
        """A finder and a mesher for a new stream; nothing is made or taken before they are used."""
        self._borrowers += 1
        return LentFinder(self), LentMesher(self, self._borrowers)

    def find(self, image: Image) -> tuple[Face, ...]:
        """All faces, by the finder that all share."""
        finder = self._finder = self._finder or self._make_finder()
        try:
            return finder.find(image)
        except Exception:
            # A graph that failed once stays broken.
            self._finder = None
            finder.close()
            raise

    def held(self, borrower: int) -> Mesher | None:
        """The borrower's mesher, where it still has one."""
        if borrower in self._lent:
            self._lent.move_to_end(borrower)
            self._used[borrower] = self._clock()
        return self._lent.get(borrower)

    def take(self, borrower: int) -> Mesher:
        """A mesher for the borrower: its own, a free one, a new one, or another's."""
        mesher = self.held(borrower)
        if mesher is None:
            if not self._free and len(self._lent) >= self._most:
                self.give_back(self._loser())
            mesher = self._free.pop() if self._free else self._make_mesher()
            self._lent[borrower], self._used[borrower] = mesher, self._clock()
        return mesher

    def _loser(self) -> int:
        """Whose graph changes hands: that of a stream that is quiet, else the one used last.

        Streams take turns, so the graph that was used first is the one that is needed next: were it taken, a single stream too
        many would cost every stream its graph with every frame.
        """
        first = next(iter(self._lent))
        return first if self._clock() - self._used[first] >= QUIET_S else next(reversed(self._lent))

    def give_back(self, borrower: int) -> None:
        """The borrower needs its mesher no more."""
        self._used.pop(borrower, None)
        if (mesher := self._lent.pop(borrower, None)) is not None:
            self._free.append(mesher)

    def discard(self, borrower: int) -> None:
        """The borrower's mesher is broken."""
        self._used.pop(borrower, None)
        if (mesher := self._lent.pop(borrower, None)) is not None:
            mesher.close()

    def close(self) -> None:
        """Release all."""
        for part in (*self._lent.values(), *self._free, self._finder):
            if part is not None:
                part.close()
        self._lent.clear()
        self._used.clear()
        self._free.clear()
        self._finder = None


class LentFinder:
    """`Finder` of `Graphs`."""

    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs

    def find(self, image: Image) -> tuple[Face, ...]:
        """All faces, in no order."""
        return self._graphs.find(image)

    def close(self) -> None:
        """Others go on with it."""


class LentMesher:
    """`Mesher` of `Graphs`: one stream's, whichever graph it has."""

    def __init__(self, graphs: Graphs, borrower: int) -> None:
        self._graphs = graphs
        self._borrower = borrower

    def start(self, image: Image, face: Face) -> Landmarks | None:
        """Take up `face`; None when no mesh fits there."""
        mesher = self._graphs.take(self._borrower)
        return self._used(lambda: mesher.start(image, face))

    def follow(self, image: Image) -> Landmarks | None:
        """The same face in the next frame; None when it is lost, or the graph was lent to another stream."""
        mesher = self._graphs.held(self._borrower)
        return None if mesher is None else self._used(lambda: mesher.follow(image))

    def close(self) -> None:
        """Give the graph back."""
        self._graphs.give_back(self._borrower)

    def _used(self, use: Callable[[], T]) -> T:
        try:
            return use()
        except Exception:
            self._graphs.discard(self._borrower)
            raise
