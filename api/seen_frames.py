"""Frames of earlier sessions, by their hashes, so that a stream that was sent once is refused when it is sent again.

Kept in memory, bounded, over all sessions of the device; what is new is handed to whoever keeps it over a restart. Nothing can
be seen in a hash.

The exact hash catches the same bytes again, from whatever source: a live camera's noise never gives the same picture twice. The
perceptual hash catches a stream that was encoded anew. One picture that looks like an earlier one proves nothing, as a wall
behind a person stays the same from day to day: what counts is a run of different pictures in the order in which they came
before. Of the device's own camera only the exact hash is looked at: nobody sends it anything, and its view never changes.
"""

import hashlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from inference.observation import SAME_SCENE, Observation

SEEN_BEFORE = "frames_seen_before"
"""The alarm."""

SPACING_S = 0.2
"""Seconds between two frames of a session that are remembered: a stream shown again meets one of them soon."""
MOST = 100_000
"""Frames remembered: five and a half hours of sessions without a break, some 20 MB."""
RUN = 4
"""Different pictures in the order of an earlier session from which a stream counts as shown again."""
COMPARED = 50
"""Earlier sessions with perceptual hashes, the newest, that are compared."""
LONGEST = 120
"""Different pictures of one session that are remembered for that."""
_FRESH = 10_000
"""Frames that wait to be kept at most; where nobody keeps them, the oldest go."""


class Remembered(NamedTuple):
    """One frame of a session."""

    session: str
    """Names the session, and opens nothing: a hash of its token."""
    time: float
    """Boot-time seconds."""
    exact: bytes | None
    scene: int | None


@dataclass(slots=True)
class _Film:
    """One session's different pictures in their order, by perceptual hash."""

    session: str
    scenes: list[int] = field(default_factory=list)

    def add(self, scene: int, bits: int) -> bool:
        """Take in a picture; False where it is the one before, or one too many."""
        if (self.scenes and distance(self.scenes[-1], scene) <= bits) or len(self.scenes) >= LONGEST:
            return False
        self.scenes.append(scene)
        return True


class SeenFrames:
    """Remembers the frames that sessions were judged by.

    Args:
        seconds: for how long; 0: nothing is remembered.
        bits: of 64, in which two perceptual hashes of one picture, encoded twice, may differ.
    """

    def __init__(self, seconds: float, bits: int = SAME_SCENE) -> None:
        self._seconds = seconds
        self._bits = bits
        self._fresh: deque[Remembered] = deque(maxlen=_FRESH)
        self._exact: dict[bytes, tuple[str, float]] = {}
        """Hash → session and boot time, oldest first."""
        self._films: deque[tuple[float, _Film]] = deque(maxlen=COMPARED)
        self._last: dict[str, float] = {}
        """Session → when a frame of it was last remembered."""

    def marked(self, token: str, observation: Observation, now: float, *, local: bool) -> Observation:
        """The observation, with an alarm where an earlier session showed it.

        Args:
            token: the session.
            observation: what vision saw; frames without a candidate count for nothing.
            now: boot-time seconds.
            local: whether it comes from the device's own camera.
        """
        if not self._seconds or observation.liveness is None:
            return observation
        self._forget(now)
        session = hashlib.blake2b(token.encode(), digest_size=8).hexdigest()
        before = self._shown_before(session, observation.exact, now)
        if not local and observation.scene is not None:
            before = self._film(session, observation.scene, now) or before
        return _alarmed(observation) if before else observation

    def fresh(self) -> list[Remembered]:
        """What is remembered since the last call, oldest first."""
        taken = list(self._fresh)
        self._fresh.clear()
        return taken

    def restore(self, frames: Iterable[Remembered]) -> None:
        """Remember what was kept, oldest first."""
        for frame in frames if self._seconds else ():
            if frame.exact is not None:
                self._exact[frame.exact] = frame.session, frame.time
            if frame.scene is not None:
                self._film_of(frame.session, frame.time).add(frame.scene, self._bits)

    def _shown_before(self, session: str, exact: bytes | None, now: float) -> bool:
        if exact is None:
            return False
        known = self._exact.get(exact)
        if known is not None:
            return known[0] != session
        if now - self._last.get(session, float("-inf")) >= SPACING_S:
            self._last[session] = now
            self._exact[exact] = session, now
            self._fresh.append(Remembered(session, now, exact, None))
        return False

    def _film(self, session: str, scene: int, now: float) -> bool:
        """Whether the session shows another one's pictures in their order."""
        film = self._film_of(session, now)
        if not film.add(scene, self._bits):
            return False
        self._fresh.append(Remembered(session, now, None, scene))
        newest = film.scenes[-RUN:]
        others = (each.scenes for _, each in self._films if each.session != session)
        return len(newest) == RUN and any(in_order(newest, scenes, self._bits) for scenes in others)

    def _film_of(self, session: str, now: float) -> _Film:
        film = next((each for _, each in self._films if each.session == session), None)
        if film is None:
            film = _Film(session)
            self._films.append((now, film))
        return film

    def _forget(self, now: float) -> None:
        while self._exact:
            oldest = next(iter(self._exact))
            if len(self._exact) <= MOST and now - self._exact[oldest][1] <= self._seconds:
                break
            del self._exact[oldest]
        while self._films and now - self._films[0][0] > self._seconds:
            self._films.popleft()
        while len(self._last) > COMPARED and now - next(iter(self._last.values())) > self._seconds:
            del self._last[next(iter(self._last))]


def distance(one: int, other: int) -> int:
    """Bits in which two hashes differ."""
    return (one ^ other).bit_count()


def in_order(run: list[int], film: list[int], bits: int = SAME_SCENE) -> bool:
    """Whether the pictures of `run`, all different, are found in `film`, each after the one before and not far from it."""
    if any(distance(one, other) <= bits for n, one in enumerate(run) for other in run[:n]):
        return False
    at = [n for n, scene in enumerate(film) if distance(run[0], scene) <= bits]
    return any(_goes_on(run, film, start, bits) for start in at)


def _goes_on(run: list[int], film: list[int], start: int, bits: int) -> bool:
    place = start
    for scene in run[1:]:
        ahead = range(place + 1, min(place + 4, len(film)))
        found = next((n for n in ahead if distance(scene, film[n]) <= bits), None)
        if found is None:
            return False
        place = found
    return True


def _alarmed(observation: Observation) -> Observation:
    seen = observation.liveness
    if seen is None:
        return observation
    alarms = tuple(sorted({*seen.alarms, SEEN_BEFORE}))
    return msgspec.structs.replace(observation, liveness=msgspec.structs.replace(seen, alarms=alarms))
