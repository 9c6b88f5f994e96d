"""Sockets that say nothing, half of something, the wrong thing, or go in the middle: each costs itself and nothing else."""

import asyncio
import base64
import dataclasses
import json
import os
import struct

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.server import build_app, serve

V1 = {"protocols": ("facekiosk.v1",)}


def frame_of(kind: int, body: bytes, fin: bool = True) -> bytes:
    """A client's WebSocket frame (RFC 6455, section 5.2)."""
    mask = os.urandom(4)
    length = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + struct.pack(">H", len(body))
    masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(body))
    return bytes([(0x80 if fin else 0) | kind]) + length + mask + masked


async def shake_hands(url: str, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A bare connection after the opening handshake."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET /ws/auth/process-image/{token}/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n\r\n".encode()
    )
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    assert head.startswith(b"HTTP/1.1 101")
    return reader, writer


async def close_code(reader: asyncio.StreamReader) -> int:
    """The code with which the device closes; what it sends before is passed over."""
    async with asyncio.timeout(15):
        while True:
            kind, length = await reader.readexactly(2)
            if length == 126:
                (length,) = struct.unpack(">H", await reader.readexactly(2))
            body = await reader.readexactly(length)
            if kind & 15 == 8:
                return int.from_bytes(body[:2], "big")


@pytest.fixture
def made(served):
    return served.session()


@pytest.fixture
def intact(served, made):
    """The session is as it was, and a socket of it still works."""
    before = served.stands(made["session_token"])
    yield
    assert served.stands(made["session_token"]) == before

    async def go():
        async with aiohttp.ClientSession() as http, http.ws_connect(made["websocket_url"], **V1) as socket:
            assert (await socket.receive_json(timeout=10))["type"] == "session_state"
            await socket.send_bytes(b"\xff\xd8\xff")
            return (await socket.receive_json(timeout=20))["error_code"]

    assert asyncio.run(go()) == "invalid_frame"


SAID = {
    "text that is no JSON": ("hello", "invalid_request"),
    "empty text": ("", "invalid_request"),
    "a list": ("[]", "invalid_request"),
    "NaN": ("NaN", "invalid_request"),
    "deep nesting": ("[" * 100_000, "invalid_request"),
    "no type": ('{"frame_data": "x"}', "invalid_request"),
    "another type": ('{"type": "subscribe"}', "invalid_request"),
    "an unknown field": ('{"type": "process_frame", "frame_data": "x", "live": true}', "invalid_request"),
    "a number for a frame": ('{"type": "process_frame", "frame_data": 5}', "invalid_request"),
    "no base64": ('{"type": "process_frame", "frame_data": "!"}', "invalid_frame"),
    "no image": ('{"type": "process_frame", "frame_data": "aGVsbG8="}', "unsupported_image"),
    "control characters": ('{"type": "process_frame\x00"}', "invalid_request"),
}


@pytest.mark.usefixtures("unchanged", "intact")
@pytest.mark.parametrize("protocols", [{}, V1])
def test_every_message_gets_one_answer_and_the_socket_goes_on(made, open_socket, protocols):
    async def go():
        told = {}
        async with open_socket(made, **protocols) as socket:
            if protocols:
                await socket.receive_json(timeout=10)
            for name, (text, _) in SAID.items():
                await socket.send_str(text)
                told[name] = await socket.receive_json(timeout=10)
        return told

    told = asyncio.run(go())
    assert {name: (said["type"], said["error_code"]) for name, said in told.items()} == {
        name: ("error", code) for name, (_, code) in SAID.items()
    }
    assert "hello" not in json.dumps(told)


@pytest.mark.usefixtures("unchanged", "intact")
def test_binary_where_text_is_due_and_text_where_binary_is(made, open_socket):
    async def go():
        async with open_socket(made) as socket:
            await socket.send_bytes(b"\xff\xd8\xff\xe0")
            plain = await socket.receive_json(timeout=10)
        async with open_socket(made, **V1) as socket:
            await socket.receive_json(timeout=10)
            await socket.send_str("\xff\xd8\xff\xe0")
            return plain["error_code"], (await socket.receive_json(timeout=10))["error_code"]

    assert asyncio.run(go()) == ("invalid_request", "invalid_request")


@pytest.mark.usefixtures("unchanged", "intact")
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame_of(1, b"\xff\xfe"), 1007),
        (frame_of(3, b"x"), 1002),
        (b"\xff" * 64, 1002),
        (b"\x81\xfe\xff\xff" + bytes(8), None),
        (b"\x82\xff" + struct.pack(">Q", 1 << 40) + bytes(4), 1009),
        (b"\x82\xff" + b"\xff" * 8 + bytes(4), 1009),
        (frame_of(1, b'{"type": "process_frame", "frame', fin=False), None),
    ],
    ids=["no UTF-8", "unknown kind", "noise", "half a frame", "a terabyte", "all ones", "half a message"],
)
def test_broken_frames(served, made, sent, code):
    async def go():
        reader, writer = await shake_hands(served.url, made["session_token"])
        writer.write(sent)
        told = None if code is None else await close_code(reader)
        writer.transport.abort()
        return told

    assert asyncio.run(go()) == code


@pytest.mark.usefixtures("unchanged", "intact")
@pytest.mark.parametrize("sent", [b"", b"\x81", b"\x81\xfe\x10\x00abcd"], ids=["nothing", "one byte", "half a frame"])
def test_who_says_nothing_is_closed_as_idle(served, made, sent):
    async def go():
        quick = served.services.settings.model_copy(update={"socket_idle_s": 1.0})
        app = build_app(dataclasses.replace(served.services, settings=quick))
        async with serve(app, "127.0.0.1", 0) as port:
            reader, writer = await shake_hands(f"http://127.0.0.1:{port}", made["session_token"])
            writer.write(sent)
            code = await close_code(reader)
            writer.transport.abort()
            return code

    assert served.run(go()) == 4408


@pytest.mark.parametrize("how", ["abort", "close"])
def test_going_in_the_middle_of_a_judgement(served, made, face, as_file, how):
    async def go():
        for _ in range(4):
            async with aiohttp.ClientSession() as http:
                socket = await http.ws_connect(made["websocket_url"], **V1)
                await socket.receive_json(timeout=10)
                await socket.send_bytes(as_file(face))
                await asyncio.sleep(0.01)
                if how == "close":
                    await socket.close()
                else:
                    socket._response.connection.transport.abort()
        async with aiohttp.ClientSession() as http, http.ws_connect(made["websocket_url"], **V1) as socket:
            await socket.receive_json(timeout=10)
            await socket.send_bytes(as_file(face))
            return await socket.receive_json(timeout=20)

    assert asyncio.run(go())["type"] == "authentication_progress"
    assert served.stands(made["session_token"])["session_status"] == "in_progress"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("token", ["x", "..", "%00", "%ff", "00000000-0000-0000-0000-000000000000", "x" * 1000, "' OR 1=1"])
def test_tokens_that_open_nothing(served, token):
    async def go():
        async with aiohttp.ClientSession() as http:
            try:
                async with http.ws_connect(f"{served.url}/ws/auth/process-image/{token}/", **V1) as socket:
                    await socket.receive(timeout=10)
                    return socket.close_code
            except aiohttp.WSServerHandshakeError as error:
                return error.status

    assert asyncio.run(go()) in (404, 4404)


QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MAGIC = st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x04\x00\x00\x00WEBP"])
PICTURE = st.builds(lambda magic, rest: magic + rest, MAGIC, st.binary(max_size=200))
FRAME = PICTURE.map(lambda image: base64.b64encode(image).decode())
ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)
STAMP = st.one_of(st.datetimes().map(lambda at: at.isoformat() + "Z"), ODD)
ALMOST = st.fixed_dictionaries(
    {
        "type": st.one_of(st.just("process_frame"), ODD),
        "frame_data": st.one_of(FRAME, FRAME.map("data:image/png;base64,".__add__), ODD),
    },
    optional={"timestamp": STAMP, "live": ODD, "\x00": ODD},
).map(json.dumps)
"""Nearly what a client says: the right words with the wrong values, and pictures that are none behind their first bytes."""


@QUICK
@given(messages=st.lists(st.one_of(ALMOST, ALMOST, st.text(max_size=60), PICTURE), min_size=1, max_size=12))
def test_whatever_is_said_has_one_answer_each(made, open_socket, messages):
    async def go():
        async with open_socket(made, **V1) as socket:
            assert (await socket.receive_json(timeout=10))["type"] == "session_state"
            for message in messages:
                await (socket.send_str(message) if isinstance(message, str) else socket.send_bytes(message))
            return [(await socket.receive_json(timeout=10))["type"] for _ in messages]

    assert asyncio.run(go()) == ["error"] * len(messages)


@QUICK
@pytest.mark.usefixtures("intact")
@given(noise=st.one_of(st.binary(max_size=80), st.builds(frame_of, st.integers(0, 15), st.binary(max_size=80), st.booleans())))
def test_any_bytes_behind_the_handshake_cost_their_connection_and_nothing_else(served, made, noise):
    async def go():
        _, writer = await shake_hands(served.url, made["session_token"])
        writer.write(noise)
        await writer.drain()
        writer.transport.abort()

    asyncio.run(go())
