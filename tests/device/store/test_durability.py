"""What was acknowledged is there after a kill; on a full disk nothing is changed."""

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from api.ports import StoreFull
from api.records import LOCAL
from device.store.store import SqlCipherStore, open_store

WRITER = """
import asyncio, sys, uuid
from pathlib import Path
from api.ports import StoreError
from api.records import Attempt, SessionKind
from device.keys import Keys
from device.store.store import open_store

async def main():
    detail = {"fill": "x" * int(sys.argv[2])}
    async with open_store(Path(sys.argv[1]), Keys.from_root(bytes(range(32))), create=True) as store:
        print("ready", flush=True)
        while True:
            name = str(uuid.uuid4())
            try:
                await store.add_attempt(Attempt(name, "t", "local", SessionKind.AUTHENTICATION, True, "anna", 0.9, None, True, 1,
                                                "", "boot", 1.0, None, detail))
            except StoreError as refusal:
                print(type(refusal).__name__, len(await store.attempts("local", limit=10**6)), flush=True)
                return
            print(name, flush=True)

asyncio.run(main())
"""


def writer(root: Path, path: Path, fill: int, *before: str) -> "subprocess.Popen[str]":
    command = [*before, sys.executable, "-c", WRITER, str(path), str(fill)]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)


def killed_while_writing(root: Path, path: Path, seed: int) -> list[str]:
    """Let a process write, kill it at some moment, and return the ids that it had acknowledged."""
    with writer(root, path, 200) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        acknowledged = [child.stdout.readline().strip() for _ in range(15)]
        time.sleep(random.Random(seed).uniform(0, 0.02))
        child.kill()
        # What it had said before it died counts too, the last line only if it is whole.
        return acknowledged + [line.strip() for line in child.stdout if line.endswith("\n")]


async def test_a_kill_loses_nothing_that_was_acknowledged(root, path, keys):
    acknowledged = [name for seed in range(4) for name in killed_while_writing(root, path, seed)]
    async with open_store(path, keys) as store:
        kept = [attempt.attempt_id for _, attempt in await store.attempts(LOCAL, limit=100_000)]
        assert [name for name in kept if name in set(acknowledged)] == acknowledged
        assert len(kept) - len(acknowledged) <= 4, "at most the one being written at each kill"
        assert await store.verify() == len(kept)
        assert await store.check() == []


async def fill_up(store: SqlCipherStore, make: Any) -> int:
    """Write until the store is full; returns how many rows were acknowledged."""
    for written in range(1000):
        try:
            await store.add_attempt(make.attempt(detail={"fill": "x" * 3000}))
        except StoreFull:
            return written
    raise AssertionError("the limit was never reached")


async def test_at_the_limit_nothing_is_changed_and_afterwards_all_is_well(store, make):
    await store.put_person(make.person())
    await store._owner.run(lambda db: db.run("PRAGMA max_page_count = 60"))
    written = await fill_up(store, make)
    assert len(await store.attempts(LOCAL, limit=1000)) == written > 0
    assert await store.verify() == written
    with pytest.raises(StoreFull, match="nothing was changed"):
        await store.put_person(make.person(display_name="x" * 50_000))
    assert await store.person(LOCAL, "anna") == make.person()
    await store._owner.run(lambda db: db.run("PRAGMA max_page_count = 100000"))
    assert await store.add_attempt(make.attempt()) == written + 1


def small_disk(mount: Path) -> list[str]:
    """A command that runs another one with a disk of 1 MB at `mount`; without the right to mount, one with a file limit."""
    mount.mkdir()
    script = 'mount -t tmpfs -o size=1000k none "$0" && exec "$@"'
    mounting = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, str(mount)]
    if shutil.which("unshare") and subprocess.run([*mounting, "true"], capture_output=True, check=False).returncode == 0:
        return mounting
    return ["sh", "-c", 'ulimit -f 1000; exec "$@"', "sh"]


def test_a_full_disk_is_said_and_nothing_acknowledged_is_lost(root, tmp_path):
    before = small_disk(tmp_path / "disk")
    with writer(root, tmp_path / "disk" / "kiosk.db", 8000, *before) as child:
        lines = child.communicate(timeout=50)[0].split("\n")
    said, count = lines[-2].split()
    acknowledged = len(lines) - 3
    assert said == ("StoreFull" if before[0] == "unshare" else "StoreError")
    assert int(count) == acknowledged > 10
    assert child.returncode == 0
