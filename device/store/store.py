"""The store of `api.ports`, over SQLCipher. Rows and sealing are the other modules'; here every method is one transaction."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from api.links import EnrollLink
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
from device.feed import Subscription
from device.keys import Keys
from device.model_choice import ModelChoice
from device.store import chain, clients, links, lockouts, log, models, pages, people, schema, sessions, subjects, webhooks
from device.store.acts import telling
from device.store.connection import Database, connect, creating, empty_journal
from device.store.factor_store import FactorStore
from device.store.inspection import Inspection
from device.store.kept import Kept
from device.store.operator_store import OperatorStore
from device.store.owner import Owner
from device.store.seen import SeenStore
from device.store.watch import StoreWatch
from device.visit_query import VisitQuery

P = ParamSpec("P")
T = TypeVar("T")
_BATCH = 500
"""Rows verified at a time, so that an attempt need not wait for the whole log."""


def create_store(path: Path, keys: Keys) -> None:
    """Make a new, empty database at `path`; complete or not at all.

    Raises:
        StoreConflict: something is there already; it is left as it is.
        StoreError: it cannot be written there.
    """
    with creating(path, keys) as db:
        schema.found_empty(db)
        schema.migrate(db)
        with db.transaction():
            chain.begin(db)


def _open(path: Path, keys: Keys, *, create: bool) -> Database:
    if create and not path.exists():
        create_store(path, keys)
    db = connect(path, keys)
    try:
        schema.migrate(db)
    except BaseException:
        db.connection.close()
        raise
    return db


@asynccontextmanager
async def open_store(path: Path, keys: Keys, *, create: bool = False) -> AsyncIterator["SqlCipherStore"]:
    """The store in `path`, migrated to this version; closed at the end.

    Args:
        path: the database file.
        keys: from `device.keys.load_keys`.
        create: make the database when there is none. A device that lost its data must not start as an empty one unnoticed,
            so only `kioskctl init` and tests say so.

    Raises:
        StoreMissing, StoreKeyWrong, StoreNotADatabase, StoreDamaged, StoreTooNew, StoreLocked, StoreFull: nothing was changed.
    """
    owner = Owner()
    await owner.start(lambda: _open(path, keys, create=create))
    try:
        yield SqlCipherStore(owner, Inspection(owner, path, keys))
    finally:
        await owner.stop()


class SqlCipherStore:
    """`api.ports.Store`, and what the device itself asks of it."""

    def __init__(self, owner: Owner, inspection: Inspection) -> None:
        self._owner = owner
        self._inspection = inspection
        self._clients: Kept[Client] = Kept()
        self.watch = StoreWatch()
        acting = telling(self._write, self.watch.acted)
        self.factors = FactorStore(self._read, acting)
        """PINs, cards and the failures at the pad."""
        self.seen = SeenStore(self._read, self._write)
        """Hashes of frames seen."""
        self.operators = OperatorStore(self._read, acting)
        """Operators of the admin screen, and what they did."""

    async def _read(self, work: Callable[Concatenate[Database, P], T], *values: P.args, **named: P.kwargs) -> T:
        with self.watch.timing("read"):
            return await self._owner.run(lambda db: work(db, *values, **named))

    async def _write(self, work: Callable[Concatenate[Database, P], T], *values: P.args, **named: P.kwargs) -> T:
        def in_transaction(db: Database) -> T:
            with db.transaction():
                return work(db, *values, **named)

        with self.watch.timing("write"):
            return await self._owner.run(in_transaction)

    async def put_person(self, person: Person) -> None:
        """Insert, or replace the fields of, a person."""
        await self._write(people.put, person)

    async def person(self, realm: str, user_id: str) -> Person | None:
        """One person."""
        return await self._read(people.get, realm, user_id)

    async def people(self, realm: str) -> Sequence[Person]:
        """The people of a realm, by id."""
        return await self._read(people.all_of, realm)

    async def erase_person(self, realm: str, user_id: str) -> bool:
        """Destroy the key of whoever has this id, and what is sealed under it, at once; False: nobody of that id."""
        erased = await self._write(people.erase, realm, user_id)
        await self._owner.run(empty_journal)
        return erased

    async def add_enrollment(self, enrollment: Enrollment) -> None:
        """Add a template; the person must exist, else `StoreConflict`."""
        await self._write(people.enroll, enrollment)

    async def enrollments(self, realm: str, user_id: str | None = None) -> Sequence[Enrollment]:
        """The enrolments of a realm or a person, oldest first."""
        return await self._read(people.enrollments, realm, user_id)

    async def all_enrollments(self) -> Sequence[Enrollment]:
        """Every realm's enrolments, oldest first."""
        return await self._read(people.all_enrollments)

    async def remove_enrollment(self, realm: str, enrollment_id: str) -> bool:
        """Delete one template; False where there is none of that id."""
        return await self._write(people.remove_enrollment, realm, enrollment_id)

    async def label_enrollment(self, enrollment_id: str, label: str) -> None:
        """Name the look that an enrolment is for, beside the ordinary one."""
        await self._write(people.label, enrollment_id, label)

    async def confirm_enrollments(self, realm: str, user_id: str, enrollment_id: str | None = None) -> int:
        """Confirm a person's pending enrolments, or one of them, for the door; returns how many were pending."""
        return await self._write(people.confirm, realm, user_id, enrollment_id)

    async def lockout(self, realm: str, user_id: str) -> Lockout:
        """The failures in a row of who claimed to be this user."""
        return await self._read(lockouts.get, realm, user_id)

    async def put_lockout(self, realm: str, user_id: str, lockout: Lockout) -> None:
        """Write down the failures in a row."""
        await self._write(lockouts.put, realm, user_id, lockout)

    async def clear_lockout(self, realm: str, user_id: str) -> bool:
        """Forget the failures; False: there were none."""
        return await self._write(lockouts.clear, realm, user_id)

    async def put_client(self, client: Client) -> None:
        """Insert or replace a client; a prefix taken by another is a `StoreConflict`."""
        with self._clients.writing():
            await self._write(clients.put, client)

    async def client(self, client_id: str) -> Client | None:
        """One client, by id."""
        return await self._clients.get(f"id {client_id}", lambda: self._read(clients.get, client_id))

    async def client_by_prefix(self, key_prefix: str) -> Client | None:
        """One client, by the prefix of its key or of its former key."""
        return await self._clients.get(f"prefix {key_prefix}", lambda: self._read(clients.by_prefix, key_prefix))

    async def clients(self) -> Sequence[Client]:
        """Every client, revoked ones too, oldest first."""
        return await self._read(clients.all_of)

    async def put_session(self, session: SessionRow) -> None:
        """Insert or update a session."""
        await self._write(sessions.put, session)

    async def session(self, token: str) -> SessionRow | None:
        """One session; None once its person is erased."""
        return await self._read(sessions.get, token)

    async def active_sessions(self) -> Sequence[SessionRow]:
        """The sessions that no end was written for."""
        return await self._read(sessions.active)

    async def put_link(self, link: EnrollLink) -> None:
        """Insert a link for enrolment, or replace what changes with its use."""
        await self._write(links.put, link)

    async def link(self, secret: bytes) -> EnrollLink | None:
        """The link that the keyed hash opens now."""
        return await self._read(links.get, secret)

    async def remove_link(self, link_id: str) -> None:
        """Forget a link."""
        await self._write(links.remove, link_id)

    async def remove_links_expired(self, before: float) -> None:
        """Forget the links that expired before a time (POSIX seconds)."""
        await self._write(links.remove_expired, before)

    async def add_attempt(self, attempt: Attempt) -> int:
        """Write a decision; returns its number in the log."""
        return self.watch.wrote(await self._write(log.add_attempt, attempt), attempt)

    async def attempts(
        self, realm: str, after: int = 0, limit: int = 100, user_id: str | None = None
    ) -> Sequence[tuple[int, Attempt]]:
        """Attempts numbered above `after`, oldest first."""
        return await self._read(log.attempts, realm, after, limit, user_id)

    async def attempts_of(self, realm: str, user_id: str, before: int, limit: int = 100) -> Sequence[tuple[int, Attempt]]:
        """Attempts about one person, numbered below `before`, the newest first."""
        return await self._read(log.attempts_of, realm, user_id, before, limit)

    async def add_visit(self, visit: Visit) -> int:
        """Write a visit; returns its number in the log."""
        return self.watch.wrote(await self._write(log.add_visit, visit), visit)

    async def visits(self, after: int = 0, limit: int = 100, newest_first: bool = False) -> Sequence[tuple[int, Visit]]:
        """Visits numbered above `after`."""
        return await self._read(log.visits, after, limit, newest_first)

    async def add_door_event(self, event: DoorEvent) -> int:
        """Write what the door was told or did; returns its number in the log."""
        return self.watch.wrote(await self._write(log.add_door_event, event), event)

    async def door_events(self, after: int = 0, limit: int = 100) -> Sequence[tuple[int, DoorEvent]]:
        """Door events numbered above `after`, oldest first."""
        return await self._read(log.door_events, after, limit)

    async def add_health_event(self, event: HealthEvent) -> int:
        """Write that a part of the device is well again, or no longer; returns its number in the log."""
        return self.watch.wrote(await self._write(log.add_health_event, event), event)

    async def health_now(self) -> dict[str, str]:
        """Component → what was last written of it."""
        return await self._read(log.health_now)

    async def log_page(
        self, realm: str, after: int = 0, limit: int = 100, *, attempts_only: bool = False, user_id: str | None = None
    ) -> LogPage:
        """Records numbered above `after` that the realm may see, oldest first."""
        return await self._read(pages.page, realm, after, limit, attempts_only, user_id)

    def news(self) -> AbstractContextManager[Subscription[int]]:
        """Tells of each record from now on, by its number; a reader that falls behind hears of the newest."""
        return self.watch.written.subscribe()

    async def find_visits(self, wanted: VisitQuery, limit: int = 100) -> Sequence[tuple[int, Visit]]:
        """Visits that are wanted, the newest first."""
        return await self._read(log.find_visits, wanted, limit)

    async def prune(self, before: float) -> int:
        """Destroy the log's rows that are older than `before` (POSIX seconds), but for the newest; returns how many."""
        last, gone = await self._read(pages.boundary, before), 0
        start, _ = await self._read(chain.span)
        for number in range(start, last, _BATCH):
            gone += await self._write(chain.cut, min(number + _BATCH, last))
        await self._owner.run(empty_journal)
        return gone

    async def add_webhook(self, webhook: Webhook) -> None:
        """Insert a webhook; `StoreConflict` where its name is taken."""
        await self._write(webhooks.add, webhook)

    async def webhook(self, webhook_id: str) -> Webhook | None:
        """One webhook."""
        return await self._read(webhooks.get, webhook_id)

    async def webhooks(self) -> Sequence[Webhook]:
        """Every webhook, by name."""
        return await self._read(webhooks.all_of)

    async def change_webhook_secret(self, webhook_id: str, secret: bytes, former: FormerSecret | None) -> bool:
        """Sign with another secret from now on, and for a while with the former one too; False where the webhook is gone."""
        return await self._write(webhooks.change_secret, webhook_id, secret, former)

    async def remove_webhook(self, webhook_id: str) -> bool:
        """Delete a webhook; False where there is none."""
        return await self._write(webhooks.remove, webhook_id)

    async def webhook_delivered(self, webhook_id: str, cursor: int, at: float | None) -> bool:
        """The receiver has acknowledged all events up to `cursor`; False where the webhook is gone."""
        return await self._write(webhooks.delivered, webhook_id, cursor, at)

    async def webhook_failed(self, webhook_id: str, trouble: str) -> bool:
        """A delivery failed; False where the webhook is gone."""
        return await self._write(webhooks.failed, webhook_id, trouble)

    async def choose_model(self, choice: ModelChoice) -> None:
        """Write which embedding model is used from the next start on."""
        self.watch.written.publish(await self._write(models.choose, choice))

    async def model_choices(self, limit: int = 1) -> Sequence[ModelChoice]:
        """The newest choices of an embedding model, the newest first."""
        return await self._read(models.choices, limit)

    async def date_boot(self, boot_id: str, wall_minus_boot: float) -> None:
        """Date a boot's rows, once its time is known: wall time minus boot time, in seconds."""
        await self._write(log.date_boot, boot_id, wall_minus_boot)

    async def newest_time(self, after: int = 0) -> float | None:
        """POSIX seconds of the newest dated row after that number: a wall clock behind it is wrong."""
        return await self._read(log.newest_time, after)

    async def forget_unknown(self, before: float) -> int:
        """Destroy the keys of periods that were over at `before` (POSIX seconds); returns how many."""
        return await self._write(subjects.destroy_periods, before)

    async def ping(self) -> None:
        """Return once the store's thread is through with what it has to do: its sign of life for the watchdog."""
        await self._owner.run(lambda db: None)

    async def check(self) -> Sequence[str]:
        """Read every page, beside what else is asked of the store: what is broken in the file; empty when it is whole."""
        return await self._inspection.run()

    async def verify(self) -> int:
        """Check the hash chain over the whole log; returns how many rows it has.

        Raises:
            ChainBroken: a row was changed, removed or added; the error has its number.
        """
        rows, last = 0, None
        done = False
        while not done:
            last, counted, done = await self._read(chain.verify_from, last, _BATCH)
            rows += counted
        return rows
