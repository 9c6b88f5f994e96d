"""The log over the socket: what is there and what comes, in order, to those who may read it, and again from a cursor."""

import asyncio
from dataclasses import replace

import aiohttp
import pytest

from api.records import LOCAL
from tests.api.happenings import NOON, attempt, door, visit


def stream(device, key: str, after: int = 0, **named):
    return device.http.ws_connect(f"{device.url}/ws/events/?after={after}", headers={"X-API-Key": key}, **named)


async def read(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[int]:
    return [(await socket.receive_json(timeout=10))["number"] for _ in range(count)]


async def test_the_socket_sends_what_is_there_and_then_what_comes(device):
    _, key = await device.new_client("read_events", realm=LOCAL)
    for _ in range(120):
        await device.store.add_attempt(attempt())
    async with stream(device, key, 3) as socket:
        assert await read(socket, 117) == list(range(4, 121))
        began = asyncio.get_running_loop().time()
        await device.store.add_door_event(door())
        event = await socket.receive_json(timeout=5)
        assert (event["type"], event["number"]) == ("door", 121)
        assert asyncio.get_running_loop().time() - began < 0.9, "news come at once, not when the log is looked at again"
        await device.store.add_attempt(attempt(realm="office"))
        await device.store.add_visit(visit())
        assert await read(socket, 1) == [123]


async def test_a_socket_that_comes_back_with_its_cursor_misses_nothing(device):
    _, key = await device.new_client("read_events", realm=LOCAL)
    seen: list[int] = []

    async def write() -> None:
        for _ in range(200):
            await device.store.add_attempt(attempt())

    writing = asyncio.create_task(write())
    while len(seen) < 200:
        async with stream(device, key, seen[-1] if seen else 0) as socket:
            seen += await read(socket, min(17, 200 - len(seen)))
    await writing
    assert seen == list(range(1, 201))


async def test_what_retention_cut_is_marked_on_the_socket(device):
    _, key = await device.new_client("read_events", realm=LOCAL)
    for day in range(3):
        await device.store.add_attempt(attempt(at=NOON + day * 86_400))
    await device.store.prune(NOON + 86_400)
    async with stream(device, key) as socket:
        gap = await socket.receive_json(timeout=5)
        assert (gap["type"], gap["first"], gap["number"]) == ("gap", 1, 1)
        assert await read(socket, 2) == [2, 3]


async def closed_with(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    while (await socket.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
        pass
    return socket.close_code


async def test_who_may_not_read_is_closed_out(device):
    _, without = await device.new_client("enroll")
    for key in (without, "fk_aaaaaaaa_wrong"):
        async with stream(device, key) as socket:
            assert await closed_with(socket) == 4401
    status, body = await device.call("GET", "/ws/events/", without)
    assert (status, body["error_code"]) == (400, "invalid_request")


async def test_a_revoked_client_gets_nothing_more(device):
    client, key = await device.new_client("read_events", realm=LOCAL)
    async with stream(device, key) as socket:
        await device.store.add_attempt(attempt())
        assert await read(socket, 1) == [1]
        await device.store.put_client(replace(client, revoked_at=NOON))
        await device.store.add_attempt(attempt())
        assert await closed_with(socket) == 4401


async def test_a_client_has_only_so_many_sockets(device):
    _, key = await device.new_client("read_events")
    _, other = await device.new_client("read_events")
    held = [await stream(device, key) for _ in range(8)]
    async with stream(device, key) as ninth:
        assert await closed_with(ninth) == 4429
    async with stream(device, other) as socket:
        assert not socket.closed
    await held[0].close()
    async with stream(device, key) as again:
        with pytest.raises(TimeoutError):
            await again.receive(timeout=0.2)


async def test_a_page_of_another_site_may_not_listen(device):
    _, key = await device.new_client("read_events")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await stream(device, key, origin="https://evil.example")
    assert refused.value.status == 403


async def test_a_client_that_talks_too_much_is_closed_and_others_go_on(device):
    _, key = await device.new_client("read_events", realm=LOCAL)
    async with stream(device, key) as loud, stream(device, key) as quiet:
        await loud.send_str("x" * 10_000)
        assert await closed_with(loud) == 1009
        await quiet.send_str("hello")
        await device.store.add_attempt(attempt())
        assert await read(quiet, 1) == [1]
