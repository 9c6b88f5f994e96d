"""What the kiosk's page says to the device over its live socket. What is none of these is refused and goes no further."""

from typing import Annotated

import msgspec

MAX_BYTES = 256
"""Longest message of a page."""


class Message(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """Base of all messages."""


class Beat(Message, frozen=True, tag="beat"):
    """The page is alive and draws."""


class Tap(Message, frozen=True, tag="tap"):
    """Somebody touched the screen."""


class PadOpen(Message, frozen=True, tag="pad"):
    """Somebody opens the pad or types on it, or closes it."""

    open: bool


class PinTyped(Message, frozen=True, tag="pin"):
    """A user number and a PIN."""

    number: Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,8}\Z")]
    pin: Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4,12}\Z")]

    def __repr__(self) -> str:
        return "PinTyped(hidden)"


class CardRead(Message, frozen=True, tag="card"):
    """What a reader typed into the page."""

    text: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{6,64}\Z")]

    def __repr__(self) -> str:
        return "CardRead(hidden)"


_decoder: msgspec.json.Decoder[Beat | Tap | PadOpen | PinTyped | CardRead] = msgspec.json.Decoder(
    Beat | Tap | PadOpen | PinTyped | CardRead
)


def decoded(text: str) -> Beat | Tap | PadOpen | PinTyped | CardRead | None:
    """The message; None where it is none."""
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError):
        return None
