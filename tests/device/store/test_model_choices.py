"""Choices of a model: the newest counts, all stand in the log's chain, and retention takes the log's rows alone."""

import pytest

from device.audit import ChainBroken
from device.clock import ManualClock
from device.model_choice import DAY_S, chosen
from device.store.connection import connect
from device.store.store import SqlCipherStore, open_store


async def test_the_newest_choice_counts(store: SqlCipherStore) -> None:
    clock = ManualClock()
    assert await store.model_choices() == []
    first, second = chosen("b", "a", 30, "ann", clock), chosen("c", "b", 0, "bert", clock)
    await store.choose_model(first)
    await store.choose_model(second)
    assert await store.model_choices() == [second]
    assert await store.model_choices(10) == [second, first]


async def test_choices_are_in_the_chain_and_outlive_its_retention(store: SqlCipherStore) -> None:
    clock = ManualClock()
    for model_id in ("b", "c", "d"):
        await store.choose_model(chosen(model_id, "a", 1, "ann", clock))
        clock.advance(DAY_S)
    assert await store.verify() == 3
    assert await store.prune(clock.wall()) == 2
    kept = await store.model_choices(10)
    assert [(choice.model_id, choice.operator) for choice in kept] == [("d", "ann"), ("c", ""), ("b", "")]
    assert [choice.former_id for choice in kept] == ["a", "a", "a"]
    assert await store.verify() == 1


async def test_an_undated_choice_counts_too(store: SqlCipherStore) -> None:
    clock = ManualClock()
    clock.set_wall(5.0, trusted=False)
    await store.choose_model(chosen("b", "a", 1, "ann", clock))
    (choice,) = await store.model_choices()
    assert choice.created_at is None
    assert choice.left_s(clock) == DAY_S


async def test_a_reader_by_cursor_passes_them(store: SqlCipherStore) -> None:
    await store.choose_model(chosen("b", "a", 0, "ann", ManualClock()))
    page = await store.log_page("local")
    assert (page.records, page.newest) == ((), 1)


async def test_a_choice_that_was_changed_is_found(path, keys) -> None:
    async with open_store(path, keys, create=True) as store:
        await store.choose_model(chosen("b", "a", 0, "ann", ManualClock()))
    db = connect(path, keys)
    db.run("UPDATE model_changes SET model_id = 'c'")
    db.connection.close()
    async with open_store(path, keys) as store:
        with pytest.raises(ChainBroken):
            await store.verify()
