"""Looking through the whole file: the store answers meanwhile, a change meanwhile is no damage, and damage is found."""

import asyncio
import threading
from pathlib import Path

from api.records import Person
from device.store.connection import Database, problems
from device.store.inspection import Inspection
from device.store.store import SqlCipherStore


class Slow:
    """Looks as it really is done, but goes on only when told."""

    def __init__(self, *found: list[str]) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.found = list(found)
        self.threads: list[threading.Thread] = []

    def look(self, db: Database) -> list[str]:
        self.threads.append(threading.current_thread())
        self.begun.set()
        assert self.go_on.wait(20)
        return problems(db) + (self.found.pop(0) if self.found else [])


def inspected(store: SqlCipherStore, slow: Slow) -> Inspection:
    own = store._inspection
    return Inspection(own.owner, own.path, own.keys, slow.look)


async def test_the_store_answers_and_writes_while_its_file_is_read(real_store: SqlCipherStore) -> None:
    slow = Slow()
    looking = asyncio.ensure_future(inspected(real_store, slow).run())
    await asyncio.to_thread(slow.begun.wait, 20)
    async with asyncio.timeout(5):
        await real_store.ping()
        await real_store.put_person(Person("local", "ada"))
        assert await real_store.person("local", "ada") is not None
    slow.go_on.set()
    assert await looking == []
    assert await real_store.check() == []


async def test_a_file_that_was_written_meanwhile_is_read_again(real_store: SqlCipherStore) -> None:
    slow = Slow(["a page half written"])
    await real_store.put_person(Person("local", "ada"))
    looking = asyncio.ensure_future(inspected(real_store, slow).run())
    await asyncio.to_thread(slow.begun.wait, 20)
    assert await real_store.erase_person("local", "ada")
    slow.go_on.set()
    assert await looking == []
    assert len(slow.threads) == 2


async def test_damage_beside_the_journal_is_found(real_store: SqlCipherStore) -> None:
    path: Path = real_store._inspection.path
    await real_store.put_person(Person("local", "ada"))
    await real_store._owner.run(lambda db: db.row("PRAGMA wal_checkpoint(TRUNCATE)"))
    with path.open("r+b") as file:  # closing it drops the library's locks, which nobody else wants here
        file.seek(4096 * 3 + 100)
        file.write(b"\0" * 64)
    assert any("page 4" in problem or "HMAC" in problem for problem in await real_store.check())


async def test_a_check_that_is_given_up_leaves_the_store_as_it_was(real_store: SqlCipherStore) -> None:
    slow = Slow()
    looking = asyncio.ensure_future(inspected(real_store, slow).run())
    await asyncio.to_thread(slow.begun.wait, 20)
    looking.cancel()
    await asyncio.wait({looking}, timeout=5)
    assert looking.cancelled()
    assert await real_store._owner.run(lambda db: db.row("PRAGMA wal_autocheckpoint")[0]) == 1000
    slow.go_on.set()
    slow.threads[0].join(20)
