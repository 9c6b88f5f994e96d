"""Operators' commands that enrol people, and the replies. How they are carried out is not known here."""

from typing import Annotated

import msgspec

from device.command import Command, Label, Reply, UserId
from inference.observation import Measure

Look = Annotated[str, msgspec.Meta(max_length=50)]
"""What an enrolment is for beside a person's ordinary look: glasses, winter hat; empty: the ordinary one."""
Basis = Annotated[str, msgspec.Meta(pattern=r"\A(|consent|agreement|law)\Z")]
"""On what ground a template is kept; empty: not recorded."""


class EnrollPhotos(Command, frozen=True):
    """Enrol a person of the device's own realm from photos.

    `photos` messages of type `Photo` follow the command. Answered by one `PhotoJudged` for each, then `Enrolled`.
    """

    user_id: UserId
    photos: Annotated[int, msgspec.Meta(ge=1, le=100)]
    display_name: Label | None = None
    basis: Basis = ""
    basis_text: Label = ""
    """Version of the text that the person was shown."""
    look: Look = ""
    allow_duplicate: bool = False
    """Enrol although the device knows the face under another id."""


class EnrollCamera(Command, frozen=True):
    """Enrol a person at the device's own camera. Answered by `EnrollProgress` as it goes, then `Enrolled`.

    With `test`, `EnrollTested` follows.
    """

    user_id: UserId
    display_name: Label | None = None
    basis: Basis = ""
    basis_text: Label = ""
    look: Look = ""
    test: bool = False
    """Whether the person is searched for at once, as the door would, and the enrolment taken back where that fails."""


class EnrollLinkMake(Command, frozen=True):
    """A link by which a person of the device's own realm enrols elsewhere. Answered by `EnrollLinkMade`."""

    user_id: UserId
    display_name: Label = ""
    hours: Annotated[float, msgspec.Meta(gt=0, le=744)] | None = None
    """For how long it is good; None: as configured."""


class Photo(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """One photo of an `EnrollPhotos`: its name, for the answer, and the bytes of its file (JPEG, PNG or WebP)."""

    name: Annotated[str, msgspec.Meta(max_length=4096)]
    image: bytes


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


EnrollCommand = EnrollPhotos | EnrollCamera | EnrollLinkMake
EnrollReply = PhotoJudged | EnrollProgress | Enrolled | EnrollTested | EnrollLinkMade
