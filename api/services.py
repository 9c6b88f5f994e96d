"""What the server is made of, handed to every route through one typed key. Nothing is constructed here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

from api.auth import Credentials
from api.clock import Clock
from api.frames import FrameDesk
from api.limits import Limits, LimitSettings
from api.live import Sockets
from api.ports import Recognition, Store
from api.sessions import SessionService
from api.settings import ApiSettings


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the device's health.

    Args:
        checks: what is wrong with each component, empty where nothing is.
        camera_fps: captures a second of late; None: not known.
        vision_age_s: seconds since the camera's last observation; None: no camera.
    """

    checks: Mapping[str, str]
    camera_fps: float | None = None
    vision_age_s: float | None = None


Readiness = Callable[[], Awaitable[Mapping[str, str]]]
"""Component (`camera`, `vision`, `store`, `models`, `disk`, `clock`, `rate`, `temperature`, `screen`, `light`) → its trouble."""

_DEGRADING = frozenset({"clock", "disk", "rate", "temperature", "screen", "light"})
"""Components without which the device still does its work, though not all of it."""


def severity(component: str, message: str) -> Literal["ok", "degraded", "failed"]:
    """How bad it is that something is wrong with a component."""
    if not message:
        return "ok"
    return "degraded" if component in _DEGRADING else "failed"


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that routes use."""

    store: Store
    sessions: SessionService
    desk: FrameDesk
    credentials: Credentials
    recognition: Recognition
    clock: Clock
    settings: ApiSettings
    look: Callable[[], Awaitable[Look]]
    sockets: Sockets = field(default_factory=Sockets)
    limits: Limits = field(default_factory=lambda: Limits(LimitSettings()))


SERVICES = web.AppKey("services", Services)
