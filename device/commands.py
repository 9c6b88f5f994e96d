"""What an operator can ask of the device, and what it answers: plain typed values. How they are carried out is not known here.

Every command is answered by the replies that its docstring names. A reply's fields are also the keys of `kioskctl --json`.
"""

from typing import Annotated

import msgspec

from api.records import LOCAL
from device.client_commands import ClientCommand, ClientReply
from device.command import Command, Count, Label, OperationRefused, Realm, Reply, UserId
from device.factor_commands import FactorCommand, FactorReply
from device.model_commands import ModelCommand, ModelReply
from device.operator_commands import OperatorCommand, OperatorReply
from device.service_commands import ServiceCommand, ServiceReply
from device.user_commands import LockoutView, UserStateCommand, UserStateReply
from device.webhook_commands import WebhookCommand, WebhookReply
from inference.observation import Measure

__all__ = ["LockoutView", "OperationRefused"]


class UserList(Command, frozen=True):
    """The people of a realm. Answered by `People`."""

    realm: Realm = LOCAL


class UserShow(Command, frozen=True):
    """One person and the enrolments. Answered by `PersonDetail`."""

    user_id: UserId
    realm: Realm = LOCAL


class UserErase(Command, frozen=True):
    """Destroy a person's key and templates, in store and index, at once. Answered by `UserErased`."""

    user_id: UserId
    realm: Realm = LOCAL


class EnrollPhotos(Command, frozen=True):
    """Enrol a person of the device's own realm from photos.

    `photos` messages of type `Photo` follow the command. Answered by one `PhotoJudged` for each, then `Enrolled`.
    """

    user_id: UserId
    photos: Annotated[int, msgspec.Meta(ge=1, le=100)]
    display_name: Label | None = None
    basis: Annotated[str, msgspec.Meta(pattern=r"\A(|consent|agreement|law)\Z")] = ""
    """On what ground the template is kept; empty: not recorded."""
    basis_text: Label = ""
    """Version of the text that the person was shown."""
    allow_duplicate: bool = False
    """Enrol although the device knows the face under another id."""


class EnrollCamera(Command, frozen=True):
    """Enrol a person at the device's own camera. Answered by `EnrollProgress` as it goes, then `Enrolled`.

    With `test`, `EnrollTested` follows.
    """

    user_id: UserId
    display_name: Label | None = None
    basis: Annotated[str, msgspec.Meta(pattern=r"\A(|consent|agreement|law)\Z")] = ""
    basis_text: Label = ""
    look: Annotated[str, msgspec.Meta(max_length=50)] = ""
    """Of the look that it is for, beside the ordinary one: glasses, winter hat."""
    test: bool = False
    """Whether the person is searched for at once, as the door would, and the enrolment taken back where that fails."""


class EnrollLinkMake(Command, frozen=True):
    """A link by which a person of the device's own realm enrols elsewhere. Answered by `EnrollLinkMade`."""

    user_id: UserId
    display_name: Label = ""
    hours: Annotated[float, msgspec.Meta(gt=0, le=744)] | None = None
    """For how long it is good; None: as configured."""


class VisitLog(Command, frozen=True):
    """The last `count` visits, oldest first, and with `follow` those to come. Answered by `VisitView`s."""

    count: Count = 20
    follow: bool = False


class WatchCamera(Command, frozen=True):
    """What the camera's pipeline sees, frame by frame. Answered by `Sight`s until the client closes."""


class StatusQuery(Command, frozen=True):
    """How the device is. Answered by `DeviceStatus`."""


AnyCommand = (
    ClientCommand
    | UserStateCommand
    | UserList
    | UserShow
    | UserErase
    | EnrollPhotos
    | EnrollCamera
    | EnrollLinkMake
    | VisitLog
    | WatchCamera
    | StatusQuery
    | WebhookCommand
    | ModelCommand
    | FactorCommand
    | ServiceCommand
    | OperatorCommand
)


class Photo(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """One photo of an `EnrollPhotos`: its name, for the answer, and the bytes of its file (JPEG, PNG or WebP)."""

    name: Annotated[str, msgspec.Meta(max_length=4096)]
    image: bytes


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """A person of a realm, without templates."""

    realm: str
    user_id: str
    display_name: str
    groups: tuple[str, ...]
    status: str
    enrollments: int
    door: bool
    """Whether the door knows the person: of the device's own realm, active, with a confirmed enrolment of a compared model."""
    enroll_again: bool
    """Whether no enrolment is of the model in use: only until the end of a transition does anybody know the person."""
    valid_from: str | None
    valid_until: str | None
    created_at: str | None


class EnrollmentView(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolment, without its template."""

    enrollment_id: str
    model_id: str
    origin: str
    door: str
    samples: int
    quality_score: float
    liveness_verified: bool
    status: str
    created_at: str | None
    duplicate: bool
    """The face was somebody else's of the realm already, and the device's policy let the enrolment pass."""
    label: str = ""
    """Of the look that it is for, beside the ordinary one; empty: the ordinary one."""


class People(Reply, frozen=True):
    """The people of a realm."""

    people: tuple[PersonView, ...]


class PersonDetail(Reply, frozen=True):
    """One person and the enrolments, oldest first."""

    person: PersonView
    enrollments: tuple[EnrollmentView, ...]
    lockout: LockoutView
    pin_number: str | None = None
    """The number to which the person has a PIN at the kiosk; null: no PIN."""
    cards: tuple[str, ...] = ()
    """Names of the person's cards."""


class UserErased(Reply, frozen=True):
    """A person is forgotten."""

    realm: str
    user_id: str
    enrollments: int
    """How many templates went."""


class PhotoJudged(Reply, frozen=True):
    """One photo of an enrolment: taken, or why not."""

    name: str
    accepted: bool
    reason: str
    """Error code of the wire contract; empty when taken."""
    message: str
    quality_score: float | None = None
    measures: tuple[Measure, ...] = ()


class EnrollProgress(Reply, frozen=True):
    """Where an enrolment at the camera stands, sent when it changes."""

    completed_samples: int
    target_samples: int
    instruction: str
    condition: str
    """Why the latest frame could not be used; empty when it could."""
    quality_score: float | None = None


class Enrolled(Reply, frozen=True):
    """An enrolment is stored and searchable."""

    user_id: str
    enrollment_id: str
    samples: int
    quality_score: float
    liveness_verified: bool
    origin: str
    door: str


class EnrollTested(Reply, frozen=True):
    """The test match after an enrolment: `matched`; `no_match`, and the enrolment is gone again; `left`: nobody to test with."""

    result: str


class EnrollLinkMade(Reply, frozen=True):
    """A link for enrolment; `url` is shown this once and kept nowhere."""

    user_id: str
    url: str
    expires_at: str


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
    """`ready`, `starting`, `stopped` or `failed`."""
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
    """When the newest visit was."""


class Done(Reply, frozen=True):
    """The last reply of a command that was carried out."""


class Failed(Reply, frozen=True):
    """The last reply of a command that was not."""

    code: str
    message: str


AnyReply = (
    ClientReply
    | UserStateReply
    | People
    | PersonDetail
    | UserErased
    | PhotoJudged
    | EnrollProgress
    | Enrolled
    | EnrollTested
    | EnrollLinkMade
    | VisitView
    | Sight
    | DeviceStatus
    | WebhookReply
    | ModelReply
    | FactorReply
    | ServiceReply
    | OperatorReply
    | Done
    | Failed
)
