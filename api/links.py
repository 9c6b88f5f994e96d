"""Links by which somebody enrols from a phone or laptop: made by an operator, opened once, gone with the enrolment. No HTTP here.

What opens a link changes with every use: the token of the link itself is dead once it was used, and whoever used it
first holds the next one, with which a session that failed can be tried again. Only keyed hashes are kept.
"""

import asyncio
import hashlib
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from api.clock import Clock, passed
from api.enroll_settings import EnrollSettings
from api.errors import ApiError
from api.ports import Store
from api.records import LOCAL, Basis, DoorState, Origin, Person, SessionKind, SessionRow, SessionStatus
from api.sessions import SessionService
from api.terms import NewSession
from inference.liveness.policy import Level

LINK_CLIENT = "link:"
"""How the client of a link's sessions is called, before the link's id: no API client has such an id."""
_LONGEST_TOKEN = 100


@dataclass(frozen=True, slots=True)
class EnrollLink:
    """A link, without what opens it."""

    link_id: str
    secret: bytes
    """Keyed hash of the token that opens it now."""
    realm: str
    user_id: str
    display_name: str
    expires_at: float
    """POSIX seconds, by the wall clock as it was."""
    boot_id: str
    expires_boot: float
    uses: int = 0
    session_token: str = ""
    """The newest session that it opened."""


class LinkStore(Store, Protocol):
    """The durable records, links among them."""

    async def put_link(self, link: EnrollLink) -> None:
        """Insert a link, or replace what changes with its use."""

    async def link(self, secret: bytes) -> EnrollLink | None:
        """The link that the keyed hash opens now."""

    async def remove_link(self, link_id: str) -> None:
        """Forget a link."""

    async def remove_links_expired(self, before: float) -> None:
        """Forget the links that expired before a time (POSIX seconds)."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that a link has opened, and the token that opens the link the next time."""

    row: SessionRow
    again: str


async def make_link(
    store: LinkStore, key_hash: Callable[[str], bytes], clock: Clock, user_id: str, display_name: str, seconds: float
) -> tuple[str, float]:
    """A new link's token, kept nowhere, and when it expires (POSIX seconds)."""
    token = secrets.token_urlsafe(32)
    link = EnrollLink(
        link_id=str(uuid.uuid4()),
        secret=key_hash(token),
        realm=LOCAL,
        user_id=user_id,
        display_name=display_name,
        expires_at=clock.wall() + seconds,
        boot_id=clock.boot_id,
        expires_boot=clock.boot() + seconds,
    )
    if (now := clock.dated()) is not None:
        await store.remove_links_expired(now)
    await store.put_link(link)
    return token, link.expires_at


def text_version(settings: EnrollSettings) -> str:
    """The version of the text that people are shown: the configured one, and a digest, so that no change goes unnoticed."""
    digest = hashlib.sha256(f"{settings.text}\0{settings.german()}".encode()).hexdigest()[:12]
    return f"{settings.text_version} ({digest})"


class EnrollLinks:
    """Opens links. Raises `ApiError` only, and `StoreError` where something cannot be kept."""

    def __init__(
        self,
        store: LinkStore,
        sessions: SessionService,
        key_hash: Callable[[str], bytes],
        clock: Clock,
        settings: EnrollSettings,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._key_hash = key_hash
        self._clock = clock
        self.settings = settings
        self._one_at_a_time = asyncio.Lock()
        """Two that hold the same token must not both find it good."""

    async def look(self, token: str) -> EnrollLink:
        """The link that the token opens.

        Raises:
            ApiError: `link_not_valid`: unknown, used, or expired.
        """
        usable = token.isascii() and 0 < len(token) <= _LONGEST_TOKEN
        link = await self._store.link(self._key_hash(token)) if usable else None
        expired = link is None or passed(self._clock, link.boot_id, link.expires_boot, link.expires_at)
        if link is None or expired or link.uses >= self.settings.link_tries or await self._done(link):
            raise ApiError("link_not_valid")
        return link

    async def _done(self, link: EnrollLink) -> bool:
        """Whether the person is enrolled by this link; it is forgotten then."""
        if not link.session_token:
            return False
        try:
            done = (await self._sessions.status(link.session_token)).status is SessionStatus.COMPLETED
        except ApiError:
            return False
        if done:
            await self._store.remove_link(link.link_id)
        return done

    async def open(self, token: str, version: str) -> Opened:
        """Begin an enrolment. What opened the link is dead from now on; its basis is recorded before any frame is looked at.

        Args:
            token: what opens the link now.
            version: of the text that the person was shown.

        Raises:
            ApiError: `link_not_valid`, or `text_changed` where another text is to be shown now.
        """
        async with self._one_at_a_time:
            return await self._open(token, version)

    async def _open(self, token: str, version: str) -> Opened:
        link = await self.look(token)
        if version != text_version(self.settings):
            raise ApiError("text_changed")
        again = secrets.token_urlsafe(32)
        link = replace(link, secret=self._key_hash(again), uses=link.uses + 1)
        await self._store.put_link(link)
        if link.session_token:
            await self._end(link.session_token)
        await self._record(link)
        row = await self._sessions.create(
            NewSession(
                kind=SessionKind.ENROLLMENT,
                realm=link.realm,
                user_id=link.user_id,
                client_id=LINK_CLIENT + link.link_id,
                origin=Origin.LINK,
                door=DoorState.PENDING,
                level=Level(self._sessions.liveness.remote),
            )
        )
        await self._store.put_link(replace(link, session_token=row.token))
        return Opened(row, again)

    async def _end(self, session_token: str) -> None:
        try:
            await self._sessions.cancel(session_token)
        except ApiError as error:
            if error.code != "session_not_found":
                raise

    async def _record(self, link: EnrollLink) -> None:
        """Write down on what ground the person is enrolled, and make the person where there is none yet."""
        known = await self._store.person(link.realm, link.user_id)
        person = known or Person(link.realm, link.user_id, created_at=self._clock.dated())
        basis = Basis(self.settings.basis, text_version(self.settings), f"link {link.link_id}", self._clock.wall())
        name = person.display_name or link.display_name
        await self._store.put_person(replace(person, basis=basis, display_name=name))

    async def session(self, token: str) -> SessionRow:
        """The row of a session that a link has opened. `ApiError`: it is none."""
        row = await self._sessions.row(token)
        if row.client_id is None or not row.client_id.startswith(LINK_CLIENT):
            raise ApiError("session_not_found")
        return row
