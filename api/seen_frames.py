"""Frames of earlier sessions, by their hashes, so that a stream that was sent once is refused when it is sent again.

Kept in memory, bounded, over all sessions of the device; a restart of control forgets them. Nothing can be seen in a hash.

The exact hash catches the same bytes again, from whatever source: a live camera's noise never gives the same picture twice. The
perceptual hash catches a stream that was encoded anew. One picture that looks like an earlier one proves nothing, as a wall
behind a person stays the same from day to day: what counts is a run of different pictures in the order in which they came
before. Of the device's own camera only the exact hash is looked at: nobody sends it anything, and its view never changes.
"""

from collections import deque
from dataclasses import dataclass, field

import msgspec

from inference.observation import Observation

SEEN_BEFORE = "frames_seen_before"
"""The alarm."""

SPACING_S = 0.2
"""Seconds between two frames of a session that are remembered: a stream shown again meets one of them soon."""
MOST = 100_000
"""Frames remembered: five and a half hours of sessions without a break, some 20 MB."""
NEAR_BITS = 2
"""Bits of 64 in which two perceptual hashes of one picture, encoded twice, may differ."""
RUN = 4
"""Different pictures in the order of an earlier session from which a stream counts as shown again."""
COMPARED = 50
"""Earlier sessions with perceptual hashes, the newest, that are compared."""
LONGEST = 120
"""Different pictures of one session that are remembered for that."""


@dataclass(slots=True)
class _Film:
    """One session's different pictures in their order, by perceptual hash."""

    token: str
    scenes: list[int] = field(default_factory=list)

    def add(self, scene: int) -> bool:
        """Take in a picture; False where it is the one before, or one too many."""
        if (self.scenes and distance(self.scenes[-1], scene) <= NEAR_BITS) or len(self.scenes) >= LONGEST:
            return False
        self.scenes.append(scene)
        return True


class SeenFrames:
    """Remembers the frames that sessions were judged by.

    Args:
        seconds: for how long; 0: nothing is remembered.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
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
        before = self._shown_before(token, observation.exact, now)
        if not local and observation.scene is not None:
            before = self._film(token, observation.scene, now) or before
        return _alarmed(observation) if before else observation

    def _shown_before(self, token: str, exact: bytes | None, now: float) -> bool:
        if exact is None:
            return False
        known = self._exact.get(exact)
        if known is not None:
            return known[0] != token
        if now - self._last.get(token, float("-inf")) >= SPACING_S:
            self._last[token] = now
            self._exact[exact] = token, now
        return False

    def _film(self, token: str, scene: int, now: float) -> bool:
        """Whether the session shows another one's pictures in their order."""
        film = next((each for _, each in self._films if each.token == token), None)
        if film is None:
            film = _Film(token)
            self._films.append((now, film))
        if not film.add(scene) or len(film.scenes) < RUN:
            return False
        newest = film.scenes[-RUN:]
        return any(in_order(newest, each.scenes) for _, each in self._films if each.token != token)

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


def in_order(run: list[int], film: list[int]) -> bool:
    """Whether the pictures of `run`, all different, are found in `film`, each after the one before and not far from it."""
    if any(distance(one, other) <= NEAR_BITS for n, one in enumerate(run) for other in run[:n]):
        return False
    at = [n for n, scene in enumerate(film) if distance(run[0], scene) <= NEAR_BITS]
    return any(_goes_on(run, film, start) for start in at)


def _goes_on(run: list[int], film: list[int], start: int) -> bool:
    place = start
    for scene in run[1:]:
        ahead = range(place + 1, min(place + 4, len(film)))
        found = next((n for n in ahead if distance(scene, film[n]) <= NEAR_BITS), None)
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
