"""The socket protocol: what is sent arrives, and what is garbage costs the connection and nothing else."""

import asyncio
import struct

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference import channel
from inference.channel import (
    MAX_MESSAGE,
    ChannelError,
    Embed,
    Ended,
    Forget,
    Heartbeat,
    Hello,
    Instruct,
    Judge,
    Judged,
    Preview,
    Seen,
    Watch,
    encode,
    read_from_control,
    read_from_vision,
)
from inference.observation import Box, LivenessEvidence, Measure, Observation, Pose, Quality, Turn

OBSERVATION = Observation(
    seq=7,
    time=12.5,
    width=640,
    height=480,
    track=3,
    faces=(Box(1, 2, 3, 4),),
    eye_distance=80.0,
    pose=Pose(1, 2, 3),
    quality=Quality(0.8, (Measure("size", 80, 0.8),)),
    liveness=LivenessEvidence(
        9, 1, 0, False, 0.4, 0.25, (Turn(21.5, 12.25, 0.08, 0.25, None, None, True),), 0.75, ("second_face",)
    ),
    embedding=struct.pack("<3f", 1, 0, 0),
    exact=bytes(range(8)),
    scene=2**64 - 1,
    timings_ms={"total": 9.5},
)
TO_CONTROL = [
    Hello("camera", "model", "demo", False),
    Heartbeat(5, 1, 200.5),
    Seen(OBSERVATION),
    Preview(7, b"\xff\xd8"),
    Ended("ended", "over"),
    Judged(1, OBSERVATION),
    Judged(2, None, "invalid_frame"),
]
TO_VISION = [Watch(True), Instruct("blink"), Embed(False), Judge(1, "s", 2.0, b"\xff\xd8", False), Forget("s")]


def read(content: bytes, reading):
    async def go():
        reader = asyncio.StreamReader()
        reader.feed_data(content)
        reader.feed_eof()
        return await reading(reader)

    return asyncio.run(go())


@pytest.mark.parametrize("message", TO_CONTROL)
def test_messages_to_control_arrive_as_they_were(message):
    assert read(encode(message), read_from_vision) == message


@pytest.mark.parametrize("message", TO_VISION)
def test_messages_to_vision_arrive_as_they_were(message):
    assert read(encode(message), read_from_control) == message


def test_nobody_speaks_the_others_part():
    for message in TO_VISION:
        with pytest.raises(ChannelError):
            read(encode(message), read_from_vision)
    for message in TO_CONTROL:
        with pytest.raises(ChannelError):
            read(encode(message), read_from_control)


def test_a_closed_connection_is_no_error():
    assert read(b"", read_from_vision) is None


@pytest.mark.parametrize("cut", [1, 3, 4, 5, -1])
def test_closing_in_the_middle_of_a_message_is_one(cut):
    with pytest.raises(ChannelError, match="middle"):
        read(encode(TO_CONTROL[2])[:cut], read_from_vision)


def test_closing_behind_any_length_is_one():
    with pytest.raises(ChannelError, match="middle"):
        read(struct.pack(">I", 4), read_from_vision)


def test_a_message_that_is_announced_too_long_is_refused_before_it_is_read():
    with pytest.raises(ChannelError, match="limit"):
        read(struct.pack(">I", MAX_MESSAGE + 1), read_from_vision)


def test_what_is_too_long_is_not_sent():
    with pytest.raises(ChannelError, match="limit"):
        encode(Preview(1, bytes(MAX_MESSAGE)))


@pytest.mark.parametrize(
    "change",
    [{"seq": "7"}, {"time": None}, {"faces": [[1, 2, 3]]}, {"embedding": 5}, {"liveness": {"motion": 2}}, {"track": 1.5}],
)
def test_wrong_types_are_refused(change):
    body = msgspec.msgpack.decode(encode(Seen(OBSERVATION))[4:])
    body["observation"].update(change)
    content = msgspec.msgpack.encode(body)
    with pytest.raises(ChannelError):
        read(struct.pack(">I", len(content)) + content, read_from_vision)


@settings(max_examples=300)
@given(content=st.binary(max_size=400), framed=st.booleans())
def test_garbage_raises_nothing_but_channel_errors(content, framed):
    sent = struct.pack(">I", len(content)) + content if framed else content
    for reading in (read_from_control, read_from_vision):
        try:
            message = read(sent, reading)
        except ChannelError:
            continue
        assert message is None or isinstance(message, channel.Message)


@settings(max_examples=200)
@given(place=st.integers(0, 400), change=st.binary(min_size=1, max_size=8))
def test_damaged_messages_are_refused_or_valid(place, change):
    sent = bytearray(encode(Seen(OBSERVATION)))
    place = 4 + place % (len(sent) - 4)
    sent[place : place + len(change)] = change
    sent[:4] = struct.pack(">I", len(sent) - 4)
    try:
        message = read(bytes(sent), read_from_vision)
    except ChannelError:
        return
    assert isinstance(message, Seen | Hello | Heartbeat | Preview | Ended | Judged)
