"""What sessions and routes need of the rest of the device, as protocols. The implementations live in `device`."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from api.lockout import Lockout
from api.records import (
    Attempt,
    Client,
    DoorEvent,
    Enrollment,
    FormerSecret,
    HealthEvent,
    LogPage,
    Person,
    SessionRow,
    Visit,
    Webhook,
)
from inference.gallery import Candidate
from inference.observation import Embedding, Observation
from inference.probe import SamplePool


class StoreError(Exception):
    """The store cannot do what was asked; nothing was changed.

    StoreError
    ├── StoreMissing      there is no database yet
    ├── StoreKeyMissing   the root key's file is absent
    ├── StoreKeyWrong     the file is not a database that this key opens
    ├── StoreNotADatabase the file is plainly something else (empty key check: an unencrypted or truncated file)
    ├── StoreLocked       another process holds the data directory
    ├── StoreTooNew       a newer version of this program wrote the database
    ├── StoreDamaged      the database opens, but what is in it is broken or was tampered with
    ├── StoreFull         no space left, or the limit reached
    ├── StoreConflict     the record contradicts what is stored: an id taken twice, an enrolment of nobody
    └── StoreClosed       the store is shutting down
    """


class StoreMissing(StoreError):
    """There is no database yet."""


class StoreTooNew(StoreError):
    """A newer version of this program wrote the database."""


class StoreDamaged(StoreError):
    """The database opens, but what is in it is broken or was tampered with."""


class StoreConflict(StoreError):
    """The record contradicts what is stored: an id taken twice, an enrolment of nobody."""


class StoreKeyMissing(StoreError):
    """The root key's file is absent."""


class StoreKeyWrong(StoreError):
    """The key does not open this database."""


class StoreNotADatabase(StoreError):
    """The file is not an encrypted database."""


class StoreLocked(StoreError):
    """Another process holds the data directory."""


class StoreFull(StoreError):
    """No space is left on the disk."""


class StoreClosed(StoreError):
    """The store is shutting down."""


class Store(Protocol):
    """The durable records. Every method is one transaction, committed and synced when it returns; all raise `StoreError`."""

    async def put_person(self, person: Person) -> None:
        """Insert, or replace the fields of, the person `(realm, user_id)`."""

    async def person(self, realm: str, user_id: str) -> Person | None: ...

    async def people(self, realm: str) -> Sequence[Person]: ...

    async def erase_person(self, realm: str, user_id: str) -> bool:
        """Destroy the person's key, and with it templates and personal fields everywhere. False: nobody of that id."""

    async def add_enrollment(self, enrollment: Enrollment) -> None:
        """Add a template; the person must exist."""

    async def enrollments(self, realm: str, user_id: str | None = None) -> Sequence[Enrollment]:
        """The enrolments of a realm or a person, templates unsealed, oldest first."""

    async def all_enrollments(self) -> Sequence[Enrollment]:
        """Every realm's enrolments: what the gallery is filled from at start."""

    async def remove_enrollment(self, realm: str, enrollment_id: str) -> bool: ...

    async def label_enrollment(self, enrollment_id: str, label: str) -> None:
        """Name the look that an enrolment is for."""

    async def confirm_enrollments(self, realm: str, user_id: str, enrollment_id: str | None = None) -> int:
        """Confirm for the door a person's pending enrolments, or one of them; returns how many were pending."""

    async def lockout(self, realm: str, user_id: str) -> Lockout:
        """The failures in a row of who claimed to be this user."""

    async def put_lockout(self, realm: str, user_id: str, lockout: Lockout) -> None: ...

    async def clear_lockout(self, realm: str, user_id: str) -> bool:
        """Forget the failures. False: there were none."""

    async def put_client(self, client: Client) -> None: ...

    async def client(self, client_id: str) -> Client | None: ...

    async def client_by_prefix(self, key_prefix: str) -> Client | None:
        """The client whose key, or former key, has this prefix."""

    async def clients(self) -> Sequence[Client]: ...

    async def put_session(self, session: SessionRow) -> None:
        """Insert or update a session row."""

    async def session(self, token: str) -> SessionRow | None: ...

    async def active_sessions(self) -> Sequence[SessionRow]:
        """The sessions that no end was written for: running ones, and those that a restart left behind."""

    async def add_attempt(self, attempt: Attempt) -> int:
        """Write a decision; returns its number in the log. Nothing may act on the decision before this has returned."""

    async def attempts(
        self, realm: str, after: int = 0, limit: int = 100, user_id: str | None = None
    ) -> Sequence[tuple[int, Attempt]]:
        """Attempts of a realm numbered above `after`, oldest first."""

    async def add_visit(self, visit: Visit) -> int: ...

    async def visits(self, after: int = 0, limit: int = 100, newest_first: bool = False) -> Sequence[tuple[int, Visit]]: ...

    async def add_door_event(self, event: DoorEvent) -> int: ...

    async def door_events(self, after: int = 0, limit: int = 100) -> Sequence[tuple[int, DoorEvent]]: ...

    async def add_health_event(self, event: HealthEvent) -> int: ...

    async def log_page(
        self, realm: str, after: int = 0, limit: int = 100, *, attempts_only: bool = False, user_id: str | None = None
    ) -> LogPage:
        """Records numbered above `after` that the realm may see: its attempts, and of the device's own realm all the rest."""

    def news(self) -> AbstractContextManager["News"]:
        """Tells of each record from now on, until the context ends."""

    async def add_webhook(self, webhook: Webhook) -> None: ...

    async def webhook(self, webhook_id: str) -> Webhook | None: ...

    async def webhooks(self) -> Sequence[Webhook]: ...

    async def change_webhook_secret(self, webhook_id: str, secret: bytes, former: FormerSecret | None) -> bool:
        """Sign with another secret from now on, and for a while with the former one too. False: the webhook is gone."""

    async def remove_webhook(self, webhook_id: str) -> bool: ...

    async def webhook_delivered(self, webhook_id: str, cursor: int, at: float | None) -> bool:
        """The receiver has acknowledged all events up to `cursor`. False: the webhook is gone."""

    async def webhook_failed(self, webhook_id: str, trouble: str) -> bool: ...


class News(Protocol):
    """Records as they are written, by their numbers."""

    async def within(self, seconds: float) -> int | None:
        """The next, at once where one came since the last call; None when none came in time."""


class VisionUnavailable(Exception):
    """The vision process is not there, starting, or did not answer in time; trying again later can help."""

    def __init__(self, message: str, retry_after_s: int = 2) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ImageRefused(Exception):
    """Vision could not take the client's bytes; `code` is the wire contract's error code."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class RemoteVision(Protocol):
    """`vision@remote` as sessions see it."""

    async def judge(self, stream: str, image: bytes, time: float, *, track: bool = True) -> Observation:
        """Look at one image as the next frame of `stream` (boot-time seconds).

        Raises:
            VisionUnavailable: not ready.
            ImageRefused: the bytes are no usable image.
        """

    async def forget(self, stream: str) -> None:
        """Free what is kept for the stream."""


class Recognised(Protocol):
    """What a search of the gallery decided."""

    @property
    def success(self) -> bool: ...

    @property
    def user_id(self) -> str | None: ...

    @property
    def enrollment_id(self) -> str | None: ...

    @property
    def confidence(self) -> float | None: ...

    @property
    def reason(self) -> str:
        """Error code of a failure (`no_match`, `user_not_enrolled`); empty on success."""

    @property
    def takeover(self) -> SamplePool | None:
        """Where the model before recognised the person: samples to enrol the person by with the model in use; else None."""


class Recognition(Protocol):
    """Gallery and matcher of the model in use, as sessions see them."""

    @property
    def model_id(self) -> str: ...

    @property
    def compared(self) -> tuple[str, ...]:
        """The models whose templates are compared now: the one in use, and in a transition the one before it."""

    @property
    def dimension(self) -> int:
        """Numbers in an embedding."""

    @property
    def beside_dimension(self) -> int:
        """Numbers in an embedding of the model before; 0 where there is no transition."""

    @property
    def same_face(self) -> float:
        """Cosine from which two samples are taken for one person's, where samples of several tracks are mixed."""

    def decide(self, realm: str, samples: SamplePool, claimed: str | None, min_confidence: float) -> Recognised:
        """Whose face the samples are, at `min_confidence` or at the bar that the realm's size demands."""

    def duplicate_of(self, realm: str, template: Embedding, except_user: str | None = None) -> Candidate | None:
        """Somebody else of the realm whose face this template would be taken for; None: nobody."""

    def add(self, enrollment: Enrollment) -> None:
        """Make a stored enrolment searchable."""

    def remove_enrollment(self, realm: str, enrollment_id: str) -> None: ...

    def remove_person(self, realm: str, user_id: str) -> None: ...
