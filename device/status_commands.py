"""Operators' commands that look at the device, its camera and its visits, and the replies. They change nothing."""

import msgspec

from device.command import Command, Count, Reply
from inference.observation import Measure


class VisitLog(Command, frozen=True):
    """The last `count` visits, oldest first, and with `follow` those to come. Answered by `VisitView`s."""

    count: Count = 20
    follow: bool = False


class WatchCamera(Command, frozen=True):
    """What the camera's pipeline sees, frame by frame. Answered by `Sight`s until the client closes."""


class StatusQuery(Command, frozen=True):
    """How the device is. Answered by `DeviceStatus`."""


class VisitView(Reply, frozen=True):
    """One visit at the kiosk."""

    number: int
    visit_id: str
    at: str | None
    outcome: str
    reason: str
    user_id: str | None
    confidence: float | None
    duration_ms: int
    attempts: int


class Sight(Reply, frozen=True):
    """One frame as the pipeline saw it; pose in degrees, eye distance in pixels, time of capture in boot-time seconds."""

    seq: int
    time: float
    faces: int
    track: int
    condition: str
    eye_distance: float
    yaw: float | None
    pitch: float | None
    quality_score: float | None
    measures: tuple[Measure, ...]
    blinks: int
    eyes_closed: bool
    motion: float
    embedded: bool
    milliseconds: float


class VisionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One vision instance."""

    state: str
    """`ready`, `starting`, `stopped`, `failed` (tried again after a pause), `looping` (again and again) or `ended` (its source is
    over)."""
    source: str = ""
    live: bool = False
    message: str = ""
    """What is wrong and what to do; empty when nothing is."""


class DeviceStatus(Reply, frozen=True):
    """How the device is."""

    version: str
    control: bool
    """Whether the kiosk is running; False when kioskctl answers by itself."""
    uptime_s: float
    policy: str
    camera: VisionStatus
    remote: VisionStatus
    model_id: str
    next_model_id: str
    """Chosen since the start, and in use from the next one on; empty: the same."""
    former_model_id: str
    """Compared beside it in a transition; empty: there is none."""
    transition_days_left: float | None
    enroll_again: tuple[str, ...]
    """People of the device's own realm whom the model in use does not know, by id."""
    enroll_again_elsewhere: int
    """How many people of other realms it does not know."""
    people: int
    """Of the device's own realm."""
    enrollments: int
    """Of all realms."""
    other_models: int
    """Enrolments of models that are not compared: they admit nobody."""
    clients: int
    door_driver: str
    door_state: str
    last_visit: str | None
    """When the newest visit was; None: there is none, or its time is not known yet."""
    last_visit_number: int | None
    """Its number in the log; None: there is none."""


StatusCommand = VisitLog | WatchCamera | StatusQuery
StatusReply = VisitView | Sight | DeviceStatus
