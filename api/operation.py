"""What a route asks, answers and refuses, declared once beside its handler. The document made of it is in `api.openapi`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[web.StreamResponse]])
Content = type[BaseModel] | str
"""A JSON object, or the media type of something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route's contract. What every route may answer (`api.openapi`) is not repeated here."""

    answers: Mapping[int, Content]
    """Status of success → what is answered."""
    asks: type[BaseModel] | None = None
    """The JSON object that the body must be; None: no body."""
    query: type[BaseModel] | None = None
    """The query's parameters, one field each."""
    errors: tuple[str, ...] = ()
    """Codes of this route's own errors."""
    credential: bool = True
    """Whether the caller must show a credential."""
    grant: str | None = None
    """What the client must have been granted."""
    about_frames: bool = False
    """Whether errors carry `success` and `session_status` too."""
    says: tuple[type[BaseModel], ...] = field(default=())
    """On a socket: the messages that come from the device."""
    hears: tuple[type[BaseModel], ...] = field(default=())
    """On a socket: the messages that a client may send."""


_DECLARED: dict[Callable[..., object], Operation] = {}


def operation(declared: Operation) -> Callable[[Handler], Handler]:
    """Declare a handler's contract."""

    def declare(handler: Handler) -> Handler:
        _DECLARED[handler] = declared
        return handler

    return declare


def declared_by(handler: Callable[..., object]) -> Operation | None:
    """The handler's contract; None where it is no part of the API: pages, pictures."""
    return _DECLARED.get(getattr(handler, "__func__", handler))
