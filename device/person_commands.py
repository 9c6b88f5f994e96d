"""Operators' commands about the people of a realm, and the replies. How they are carried out is not known here."""

import msgspec

from api.records import LOCAL
from device.command import Command, Realm, Reply, UserId
from device.user_commands import LockoutView


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
    cannot: tuple[str, ...] = ()
    """What the person cannot do: never asked for, or, where it is to hurry, given longer."""


class UserErased(Reply, frozen=True):
    """A person is forgotten."""

    realm: str
    user_id: str
    enrollments: int
    """How many templates went."""


PersonCommand = UserList | UserShow | UserErase
PersonReply = People | PersonDetail | UserErased
