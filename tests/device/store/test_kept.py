"""Rows kept in memory: never older than what was last written, whatever the order of asking."""

import asyncio
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from device.store.kept import Kept


class Rows:
    """A store that carries out what it is asked in order, when told to."""

    def __init__(self):
        self.value, self.asked, self.reads = 0, [], 0

    async def read(self):
        self.reads += 1
        return await self._ask(lambda: self.value)

    async def write(self, value):
        await self._ask(lambda: setattr(self, "value", value))

    async def _ask(self, work):
        reply = asyncio.get_running_loop().create_future()
        self.asked.append((work, reply))
        return await reply

    def step(self):
        if self.asked:
            work, reply = self.asked.pop(0)
            done = work()
            if not reply.done():
                reply.set_result(done)


async def test_a_row_is_read_once_until_something_is_written(store, make):
    client = make.client()
    await store.put_client(client)
    reads = []
    store.watch.on_work = lambda work, _: reads.append(work)
    for _ in range(3):
        assert await store.client(client.client_id) == client
        assert await store.client_by_prefix(client.key_prefix) == client
    assert reads == ["read", "read"]
    revoked = replace(client, revoked_at=1.8e9)
    await store.put_client(revoked)
    assert await store.client(client.client_id) == revoked
    assert await store.client_by_prefix(client.key_prefix) == revoked


async def test_what_is_not_there_is_looked_for_again(store, make):
    client = make.client()
    assert await store.client(client.client_id) is None
    await store.put_client(client)
    assert await store.client(client.client_id) == client


async def test_a_read_asked_before_a_write_and_answered_after_it_is_not_kept(store, make):
    client = make.client()
    await store.put_client(client)
    store._clients._forget()
    before = asyncio.create_task(store.client(client.client_id))
    await asyncio.sleep(0)
    await store.put_client(replace(client, revoked_at=1.8e9))
    await before
    assert (await store.client(client.client_id)).revoked_at == 1.8e9


@settings(deadline=None)
@given(st.lists(st.sampled_from(["read", "write", "cancelled write", "step"]), max_size=60))
def test_nobody_who_asks_after_a_write_was_asked_gets_an_older_row(actions):
    asyncio.run(_in_order(actions))


async def _in_order(actions):
    rows, kept, asked, tasks = Rows(), Kept(), 0, []

    async def read(least):
        assert await kept.get("one", rows.read) >= least

    async def write(value):
        with kept.writing():
            await rows.write(value)

    for action in [*actions, *["step"] * len(actions)]:
        if action == "step":
            rows.step()
        elif action == "read":
            tasks.append(asyncio.create_task(read(asked)))
        else:
            asked += 1
            task = asyncio.create_task(write(asked))
            await asyncio.sleep(0)
            if action == "write":
                tasks.append(task)
            else:
                task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)


async def test_no_more_rows_are_kept_than_allowed():
    kept, rows = Kept(most=2), Rows()
    for key in "abc":
        task = asyncio.create_task(kept.get(key, rows.read))
        await asyncio.sleep(0)
        rows.value = 1
        rows.step()
        assert await task == 1
    assert len(kept._rows) == 1
