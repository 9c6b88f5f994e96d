"""The socket between vision and control: the messages, and their framing. Who listens and who restarts whom is not known here.

Control listens on a Unix stream socket of its own for each vision instance; vision connects. Each message is a msgpack
array/map of one of the tagged structs below, behind a four-byte big-endian length of at most `MAX_MESSAGE` bytes.
Decoding validates types strictly, so that a misbehaving peer raises `ChannelError` and costs its connection, nothing else.
"""

import asyncio
import struct

import msgspec

from inference.observation import Observation
from inference.thermal import Heat

MAX_MESSAGE = 16 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class ChannelError(Exception):
    """The peer broke the protocol (length, types), or closed in the middle of a message."""


class Hello(msgspec.Struct, frozen=True, tag=True):
    """Vision → control, first: which instance speaks, with which embedding, from which source."""

    instance: str
    """`camera` or `remote`."""
    model_id: str
    source: str
    live: bool
    beside_id: str = ""
    """The second embedding that observations carry, in a transition; empty: none."""


class Work(msgspec.Struct, frozen=True):
    """How hard `vision@camera` works, and why no harder."""

    idle: bool
    """Nobody is there, and only motion is looked for."""
    fps: float
    """Frames a second that are looked at now, at most."""
    heat: Heat = Heat()


class Heartbeat(msgspec.Struct, frozen=True, tag=True):
    """Vision → control every 500 ms: the last captured (camera) or judged (remote) number, and drops since the start."""

    captured: int
    dropped: int
    resident_mb: float
    work: Work | None = None
    """Of the camera's instance alone."""


class Seen(msgspec.Struct, frozen=True, tag=True):
    """`vision@camera` → control: one observation of the local camera."""

    observation: Observation


class Preview(msgspec.Struct, frozen=True, tag=True):
    """`vision@camera` → control, only while somebody watches: a JPEG of frame `seq`, not mirrored."""

    seq: int
    jpeg: bytes


class Ended(msgspec.Struct, frozen=True, tag=True):
    """Vision → control, last: the source is over or has failed; the process exits after it.

    `reason` is one of `ended absent busy failed model`, `message` says what to do.
    """

    reason: str
    message: str


class Waiting(msgspec.Struct, frozen=True, tag=True):
    """Vision → control, before its hello: its last `failures` lives ended early, and it begins only after `seconds`."""

    failures: int
    seconds: float


class Watch(msgspec.Struct, frozen=True, tag=True):
    """Control → `vision@camera`: send previews from now on, or stop."""

    on: bool


class Instruct(msgspec.Struct, frozen=True, tag=True):
    """Control → `vision@camera`: what the person is asked now; handed to the source (the demo's subject obeys)."""

    instruction: str


class Embed(msgspec.Struct, frozen=True, tag=True):
    """Control → `vision@camera`: compute embeddings from now on, or none. Until the first of these there are none."""

    on: bool


class Judge(msgspec.Struct, frozen=True, tag=True):
    """Control → `vision@remote`: look at an image as the next frame of `stream`. `track` False: a photo, without tracking."""

    request: int
    stream: str
    time: float
    image: bytes
    track: bool = True


class Judged(msgspec.Struct, frozen=True, tag=True):
    """`vision@remote` → control: the answer to a `Judge`; without an observation `error` is the code (`invalid_frame`, …)."""

    request: int
    observation: Observation | None = None
    error: str = ""


class Forget(msgspec.Struct, frozen=True, tag=True):
    """Control → `vision@remote`: the stream is over; its tracking state may go."""

    stream: str


ToControl = Hello | Heartbeat | Seen | Preview | Ended | Judged | Waiting
ToVision = Watch | Instruct | Embed | Judge | Forget
Message = ToControl | ToVision

_encoder = msgspec.msgpack.Encoder()
_to_control: msgspec.msgpack.Decoder[ToControl] = msgspec.msgpack.Decoder(ToControl)
_to_vision: msgspec.msgpack.Decoder[ToVision] = msgspec.msgpack.Decoder(ToVision)


def encode(message: Message) -> bytes:
    """One message as it goes over the socket, length included."""
    return pack(_encoder.encode(message))


def pack(body: bytes) -> bytes:
    """A message's bytes behind their length. The administration socket frames its messages in the same way.

    Raises:
        ChannelError: over `MAX_MESSAGE`.
    """
    if len(body) > MAX_MESSAGE:
        raise ChannelError(f"a message of {len(body)} bytes is over the limit of {MAX_MESSAGE}")
    return _LENGTH.pack(len(body)) + body


async def unpack(reader: asyncio.StreamReader) -> bytes | None:
    """The bytes of the next message; None when the peer has closed.

    Raises:
        ChannelError: over `MAX_MESSAGE`, or closed in the middle of a message.
    """
    announced = False
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        announced = True
        if length > MAX_MESSAGE:
            raise ChannelError(f"the peer announced {length} bytes; the limit is {MAX_MESSAGE}")
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        if error.partial or announced:
            raise ChannelError("the peer closed in the middle of a message") from error
        return None
    except ConnectionError:
        return None


async def read_from_vision(reader: asyncio.StreamReader) -> ToControl | None:
    """The next message of a vision instance; None when it has closed.

    Raises:
        ChannelError: the peer broke the protocol.
    """
    body = await unpack(reader)
    try:
        return None if body is None else _to_control.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ChannelError(str(error)) from error


async def read_from_control(reader: asyncio.StreamReader) -> ToVision | None:
    """The next message of control; None when it has closed.

    Raises:
        ChannelError: the peer broke the protocol.
    """
    body = await unpack(reader)
    try:
        return None if body is None else _to_vision.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ChannelError(str(error)) from error
