"""What the tests of sessions and API share: made-up people, scripted observations, a hand-moved clock, a real store."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from device.keys import Keys
from device.store.store import SqlCipherStore, open_store
from inference.observation import LivenessEvidence, Measure, Observation, Pose, Quality

DIMENSION = 128


def vector(person: int, sample: int = 0) -> np.ndarray:
    """A unit vector of a made-up person; samples of one person are near each other, people are nearly orthogonal."""
    mean = np.random.default_rng(person).standard_normal(DIMENSION)
    noise = np.random.default_rng(100_000 + person * 1000 + sample).standard_normal(DIMENSION)
    mixed = mean / np.linalg.norm(mean) + 0.35 * noise / np.linalg.norm(noise)
    return (mixed / np.linalg.norm(mixed)).astype(np.float32)


def observe(
    n: int,
    *,
    time: float = 0.0,
    track: int = 1,
    person: int | None = 1,
    blinks: int = 0,
    long_closures: int = 0,
    motion: float = 1.0,
    quality: float = 0.9,
    condition: str = "",
    frames: int | None = None,
) -> Observation:
    """Frame `n` (from 1) of a track. `person` None: a frame without an embedding."""
    seen = track != 0
    return Observation(
        seq=n,
        time=time,
        width=640,
        height=480,
        track=track,
        condition=condition,
        quality=Quality(quality, (Measure("sharpness", 1.0, quality, "" if quality >= 0.6 else "poor_image_quality"),))
        if seen
        else None,
        pose=Pose(n * 3.0 % 20, 0.0, 0.0) if seen else None,
        liveness=LivenessEvidence(n if frames is None else frames, blinks, long_closures, False, motion) if seen else None,
        embedding=None if person is None or not seen else vector(person, n).astype("<f4").tobytes(),
        timings_ms={"whole": 10.0},
    )


@dataclass
class HandClock:
    """Clocks that move only when told to."""

    now: float = 1000.0
    posix: float = 1_763_900_000.0
    boot_id: str = "11111111-2222-3333-4444-555555555555"
    trusted: bool = field(default=True)

    def boot(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.posix

    def dated(self) -> float | None:
        return self.posix if self.trusted else None

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        self.posix += seconds


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="session")
def seen() -> Callable[..., Observation]:
    """`observe`, for tests to call."""
    return observe


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys.from_root(bytes(range(32)))


@pytest.fixture
async def store(tmp_path, keys: Keys) -> AsyncIterator[SqlCipherStore]:
    """A real, encrypted, empty store."""
    async with open_store(tmp_path / "store.db", keys, create=True) as opened:
        yield opened
