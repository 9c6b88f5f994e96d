"""Destroying one key forgets a person everywhere, down to the bytes, and leaves the log whole."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from api.ports import StoreDamaged
from api.records import LOCAL
from device.keys import Keys
from device.store import subjects
from device.store.connection import PAGE, connect
from device.store.sealing import Place, seal, seal_fields, unseal, unseal_fields
from device.store.store import open_store

NAME = "anna-of-the-log-4711"
SHOWN = "Ännchen von Tharau"
TOKENS = {NAME: ("claiming", "recognising"), "bert": ("claiming 2", "recognising 2"), None: ("", "unknown")}
"""Of each: the session that named them from the start, and the one in which they were recognised."""
_RESERVED = 80
_IV = 16


def decrypted_pages(path: Path, keys: Keys) -> bytes:
    """Every page as SQLite has it, free and overwritten space too (SQLCipher 4: AES-256-CBC, 16-byte IV after the content)."""
    raw, plain = path.read_bytes(), []
    for start in range(0, len(raw), PAGE):
        page = raw[start : start + PAGE]
        skipped = 16 if start == 0 else 0  # the salt
        iv = page[PAGE - _RESERVED : PAGE - _RESERVED + _IV]
        decryptor = Cipher(algorithms.AES(keys.sqlcipher), modes.CBC(iv)).decryptor()
        plain.append(decryptor.update(page[skipped : PAGE - _RESERVED]))
    return b"".join(plain)


def on_disk(path: Path) -> bytes:
    return b"".join(entry.read_bytes() for entry in path.parent.iterdir())


def journal_bytes(path: Path) -> int:
    journal = Path(f"{path}-wal")
    return journal.stat().st_size if journal.exists() else 0


async def fill(store, make) -> None:
    for name in (NAME, "bert"):
        await store.put_person(make.person(name, display_name=SHOWN))
        for seed in range(3):
            template = np.random.default_rng(seed).standard_normal(128).astype(np.float32)
            await store.add_enrollment(make.enrollment(name, template=template))
        await store.put_session(make.session(name, token=TOKENS[name][0], metadata={"who": name}))
    for name in (NAME, None, "bert"):
        await store.add_attempt(make.attempt(name, session_token=TOKENS[name][1], detail={"claimed": name}))
        await store.add_visit(make.visit(name))
        await store.add_door_event(make.door_event(name, detail={"of": name}))
    await store.put_session(make.session(None, token=TOKENS[NAME][1]))


def wrapped_key(db, name: str) -> bytes:
    row = db.row("SELECT wrapped FROM subjects WHERE user_id = ?", name)
    return row["wrapped"]


async def test_nothing_of_an_erased_person_is_left_in_any_byte(path, keys, make):
    async with open_store(path, keys, create=True) as store:
        await fill(store, make)
        wrapped = await store._owner.run(lambda db: wrapped_key(db, NAME))
    assert NAME.encode() not in on_disk(path)
    before = decrypted_pages(path, keys)
    assert NAME.encode() in before
    assert wrapped in before
    assert SHOWN.encode() not in before, "personal fields are sealed inside the database too"

    async with open_store(path, keys) as store:
        assert await store.erase_person(LOCAL, NAME)
        after_at_once = decrypted_pages(path, keys)
        assert journal_bytes(path) == 0
    for after in (after_at_once, decrypted_pages(path, keys)):
        assert NAME.encode() not in after
        assert wrapped not in after
        assert b"bert" in after


async def test_the_log_stays_whole_and_others_stay_known(store, make):
    await fill(store, make)
    assert await store.erase_person(LOCAL, NAME)
    assert await store.person(LOCAL, NAME) is None
    assert {one.user_id for one in await store.all_enrollments()} == {"bert"}
    assert await store.session(TOKENS[NAME][0]) is None
    assert await store.session(TOKENS[NAME][1]) is None, "the session in which the person was recognised"
    assert (await store.session(TOKENS["bert"][0])).metadata == {"who": "bert"}
    attempts = [one for _, one in await store.attempts(LOCAL)]
    assert [one.user_id for one in attempts] == [None, None, "bert"]
    assert [one.confidence for one in attempts] == [None, 0.8125, 0.8125]
    assert [one.detail for one in attempts] == [{}, {"claimed": None}, {"claimed": "bert"}]
    assert [one.matched_enrollment for one in attempts] == [None, "enrollment", "enrollment"]
    assert [one.user_id for _, one in await store.visits()] == [None, None, "bert"]
    assert [one.detail for _, one in await store.door_events()] == [{}, {"of": None}, {"of": "bert"}]
    assert await store.attempts(LOCAL, user_id=NAME) == []
    assert await store.verify() == 9
    assert await store.check() == []


async def test_erasing_again_finds_nobody(store, make):
    await fill(store, make)
    assert [await store.erase_person(LOCAL, NAME) for _ in range(3)] == [True, False, False]
    assert not await store.erase_person(LOCAL, "never seen")


async def test_who_comes_back_is_somebody_new(store, make):
    await fill(store, make)
    await store.erase_person(LOCAL, NAME)
    await store.put_person(make.person(NAME))
    await store.add_attempt(make.attempt(NAME))
    assert [number for number, _ in await store.attempts(LOCAL, user_id=NAME)] == [10]
    assert await store.enrollments(LOCAL, NAME) == []


async def test_who_was_only_claimed_can_be_forgotten_too(store, make):
    await store.add_attempt(make.attempt(NAME, success=False))
    assert await store.erase_person(LOCAL, NAME)
    assert (await store.attempts(LOCAL))[0][1].user_id is None


async def test_unknown_people_are_forgotten_by_period(store, make):
    day = 86_400
    for created_at in (10.0 * day, 11.0 * day, 11.5 * day):
        await store.add_attempt(make.attempt(None, created_at=created_at, detail={"at": created_at}))
    await store.add_attempt(make.attempt(None, created_at=None, boot_time=3.0))
    await store.add_attempt(make.attempt("bert", created_at=10.0 * day))
    assert await store.forget_unknown(11.0 * day) == 1
    assert [one.detail != {} for _, one in await store.attempts(LOCAL)] == [False, True, True, True, True]
    assert await store.forget_unknown(11.0 * day) == 0
    await store.date_boot("boot", 5.0 * day)
    assert await store.forget_unknown(11.0 * day) == 1
    assert [one.detail != {} for _, one in await store.attempts(LOCAL)] == [False, True, True, False, True]
    await store.add_attempt(make.attempt(None, created_at=10.0 * day))
    assert (await store.attempts(LOCAL))[-1][1].detail != {}, "a period that was forgotten begins anew"
    assert await store.verify() == 6


def test_periods_are_utc_days_or_days_of_a_boot():
    assert subjects.period_of(86_400.0 * 20_000 + 1, "boot", 5.0) == subjects.Period("2024-10-04", 86_400.0 * 20_001)
    assert subjects.period_of(None, "boot", 86_400.0 * 2 + 1) == subjects.Period("boot/2", None)


async def test_every_person_has_a_key_of_their_own(store, make):
    await fill(store, make)

    def keys_of_all(db) -> list[bytes | None]:
        return [subjects.key_of(db, row[0]) for row in db.rows("SELECT subject_id FROM subjects")]

    found = await store._owner.run(keys_of_all)
    assert len(found) == len(set(found)) == 3
    assert {len(key) for key in found} == {32}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE subjects SET wrapped = (SELECT wrapped FROM subjects WHERE user_id = 'bert')",
        "UPDATE subjects SET realm = 'shop' WHERE period IS NULL",
        "UPDATE attempts SET personal = (SELECT personal FROM attempts WHERE number = 7)",
        "UPDATE attempts SET personal = zeroblob(64)",
        "UPDATE attempts SET personal = x''",
    ],
)
async def test_sealed_fields_open_only_where_they_stood(path, keys, make, change):
    async with open_store(path, keys, create=True) as store:
        await fill(store, make)
    db = connect(path, keys)
    db.run(change)
    db.connection.close()
    async with open_store(path, keys) as store:
        with pytest.raises(StoreDamaged):
            await store.attempts(LOCAL)


def test_a_sealed_field_shows_nothing_and_never_looks_the_same():
    key, place = bytes(32), Place("attempts", 1, "personal")
    one, other = seal(key, place, b"anna"), seal(key, place, b"anna")
    assert one != other
    assert b"anna" not in one + other
    assert unseal(key, place, one) == b"anna"
    for elsewhere in (Place("visits", 1, "personal"), Place("attempts", "1", "personal"), Place("attempts", 1, "detail")):
        with pytest.raises(StoreDamaged):
            unseal(key, elsewhere, one)
    with pytest.raises(StoreDamaged):
        unseal(bytes([1] * 32), place, one)


def test_without_its_key_a_field_is_forgotten():
    place = Place("attempts", 1, "personal")
    assert unseal_fields(None, place, seal_fields(bytes(32), place, {"user_id": "anna"})) == {}


async def test_an_erasure_is_whole_or_not_at_all(path, keys, make, monkeypatch):
    async with open_store(path, keys, create=True) as store:
        await fill(store, make)

        def fail(*_: object) -> None:
            raise RuntimeError("power cut")

        with monkeypatch.context() as patch:
            patch.setattr(subjects, "destroy", fail)
            with pytest.raises(RuntimeError):
                await store.erase_person(LOCAL, NAME)
        assert len(await store.enrollments(LOCAL, NAME)) == 3
        assert await store.person(LOCAL, NAME) is not None


async def test_erasing_while_others_write(store, make):
    await fill(store, make)
    writes = [store.add_attempt(make.attempt("bert")) for _ in range(10)]
    results = await asyncio.gather(*writes[:5], store.erase_person(LOCAL, NAME), *writes[5:])
    assert results[5] is True
    assert await store.verify() == 19
