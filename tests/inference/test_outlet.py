"""Vision's end of the socket: a control that does not read costs messages, never memory."""

import asyncio
import socket

from inference.channel import Ended, Heartbeat, Preview, read_from_vision
from inference.outlet import BACKLOG, Outlet, heartbeat

LARGE = Preview(1, bytes(100_000))


async def connected(tmp_path, serve):
    server = await asyncio.start_unix_server(serve, tmp_path / "control.sock")
    return server, await Outlet.connect(tmp_path / "control.sock")


async def test_what_is_offered_to_a_reader_arrives(tmp_path):
    got: asyncio.Queue = asyncio.Queue()

    async def serve(reader, writer):
        while (message := await read_from_vision(reader)) is not None:
            await got.put(message)
        writer.close()

    server, outlet = await connected(tmp_path, serve)
    outlet.offer(heartbeat(7, 2))
    await outlet.deliver(Ended("ended", "over"))
    await outlet.close()
    first, last = await got.get(), await got.get()
    assert isinstance(first, Heartbeat)
    assert (first.captured, first.dropped) == (7, 2)
    assert 20 < first.resident_mb < 5000
    assert last == Ended("ended", "over")
    assert outlet.dropped == 0
    server.close()


async def test_a_control_that_does_not_read_bounds_what_waits(tmp_path):
    gone = asyncio.Event()

    async def serve(reader, writer):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await gone.wait()
        writer.close()

    server, outlet = await connected(tmp_path, serve)
    for _ in range(500):
        outlet.offer(LARGE)
        await asyncio.sleep(0)
    assert outlet.dropped > 400
    assert outlet._writer.transport.get_write_buffer_size() < BACKLOG + 2 * len(LARGE.jpeg)
    gone.set()
    await outlet.close()
    server.close()


async def test_offering_to_a_control_that_is_gone_is_harmless(tmp_path):
    async def serve(reader, writer):
        writer.transport.abort()

    server, outlet = await connected(tmp_path, serve)
    await outlet.reader.read()
    for _ in range(5):
        outlet.offer(LARGE)
        await asyncio.sleep(0.01)
    await outlet.close()
    server.close()
