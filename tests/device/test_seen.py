"""Frames seen are known after a restart and after a reboot, for as long as they should be; nothing readable is on the disk."""

import hashlib

import pytest

from api.seen_frames import SEEN_BEFORE, SeenFrames
from device.clock import ManualClock
from device.keys import Keys
from device.seen import SeenKeeper
from device.store.store import open_store
from inference.observation import LivenessEvidence, Observation

DAY_S = 24 * 3600.0
EVIDENCE = LivenessEvidence(frames=1, blinks=0, long_closures=0, eyes_closed=False, motion=0.0)


def shows(frames, token, clock, *, anew=False):
    """Whether a session's forty frames, or an encoding of them, were known."""
    known = False
    for number in range(40):
        clock.advance(0.1)
        bits = int.from_bytes(hashlib.blake2b(bytes([number]), digest_size=8).digest(), "big")
        exact = None if anew else bits.to_bytes(8, "big")
        seen = Observation(seq=number, time=clock.boot(), width=9, height=9, liveness=EVIDENCE, exact=exact, scene=bits)
        marked = frames.marked(token, seen, clock.boot(), local=False)
        known |= SEEN_BEFORE in marked.liveness.alarms
    return known


@pytest.fixture
def start():
    """A service that starts on the device's data, and what it remembers."""

    async def started(store, clock, seconds=DAY_S):
        frames = SeenFrames(seconds)
        keeper = SeenKeeper(frames, store.seen, clock, seconds)
        await keeper.recall()
        return frames, keeper

    return started


@pytest.fixture
async def store(tmp_path):
    async with open_store(tmp_path / "store.db", Keys.from_root(bytes(32)), create=True) as opened:
        yield opened


@pytest.mark.parametrize("anew", [False, True])
async def test_a_restart_forgets_nothing(store, start, anew):
    clock = ManualClock()
    frames, keeper = await start(store, clock)
    shows(frames, "one", clock, anew=anew)
    await keeper.keep()
    await keeper.keep()
    assert len(await store.seen.all_of()) == 1
    frames, keeper = await start(store, clock)
    assert shows(frames, "two", clock, anew=anew)
    # The session that goes on over the restart may show its own frames again.
    frames, _ = await start(store, clock)
    assert not shows(frames, "one", clock)


@pytest.mark.parametrize(("later", "trusted", "known"), [(3600, True, True), (DAY_S, False, True), (DAY_S, True, False)])
async def test_a_reboot_forgets_what_is_over_by_trusted_time_and_nothing_else(store, start, later, trusted, known):
    clock = ManualClock(boot=5000.0)
    frames, keeper = await start(store, clock)
    shows(frames, "one", clock)
    await keeper.keep()
    rebooted = ManualClock(boot=10.0, boot_id="next")
    rebooted.set_wall(clock.wall() + later, trusted=trusted)
    frames, keeper = await start(store, rebooted)
    assert len(await store.seen.all_of()) == known
    assert shows(frames, "two", rebooted) is known


async def test_after_a_day_the_rows_are_gone(store, start):
    clock = ManualClock()
    frames, keeper = await start(store, clock)
    shows(frames, "one", clock)
    await keeper.keep()
    clock.advance(DAY_S - 60)
    await keeper.keep()
    assert len(await store.seen.all_of()) == 1
    clock.advance(120)
    await keeper.keep()
    assert await store.seen.all_of() == []


async def test_rows_are_bounded_and_name_no_session(store, start, monkeypatch):
    monkeypatch.setattr("device.seen.MOST", 70)
    clock = ManualClock()
    frames, keeper = await start(store, clock)
    for session in ("one", "two", "three"):
        shows(frames, session, clock)
        await keeper.keep()
    batches = await store.seen.all_of()
    assert 0 < sum(len(batch.frames) for batch in batches) <= 70
    assert all(frame.session not in ("one", "two", "three") for batch in batches for frame in batch.frames)


async def test_nothing_is_kept_where_nothing_is_remembered(store, start):
    clock = ManualClock()
    frames, keeper = await start(store, clock, 0.0)
    shows(frames, "one", clock)
    await keeper.keep()
    assert await store.seen.all_of() == []
