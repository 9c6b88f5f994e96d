"""Operators' commands about clients of the API and their keys, the replies to them, and how they are carried out on the store."""

import asyncio
import logging
import uuid
from dataclasses import dataclass, replace
from typing import assert_never

import msgspec

from api.auth import GRANTS, OLD_KEY_S, KeyHash, key_age_s, new_api_key, rotated
from api.clock import Clock, rfc3339
from api.ports import Store
from api.records import Client
from api.sessions import SessionService
from device.command import Command, Label, Name, OperationRefused, OverlapHours, Realm, Reply

log = logging.getLogger(__name__)

_DAY_S = 86_400


class ClientAdd(Command, frozen=True):
    """Make a client of the API. Answered by `ClientAdded`, the one time that the key is shown."""

    name: Name
    realm: Realm
    grants: tuple[Label, ...] = ()


class ClientList(Command, frozen=True):
    """All clients. Answered by `Clients`."""


class ClientShow(Command, frozen=True):
    """One client, by name or id. Answered by `ClientDetail`."""

    client: Name


class ClientRotate(Command, frozen=True):
    """Give a client a new key; the one it has stays good for a while. Answered by `ClientRotated`."""

    client: Name
    overlap_hours: OverlapHours = 24.0


class ClientRevoke(Command, frozen=True):
    """Refuse a client from now on: its keys, the tokens issued to it, its sockets. Answered by `ClientRevoked`."""

    client: Name


class ClientAdded(Reply, frozen=True):
    """A new client; `api_key` is shown this once and kept nowhere."""

    client_id: str
    name: str
    realm: str
    grants: tuple[str, ...]
    api_key: str


class ClientView(msgspec.Struct, frozen=True, kw_only=True):
    """A client, without its keys."""

    client_id: str
    name: str
    realm: str
    grants: tuple[str, ...]
    key_prefix: str
    created_at: str | None
    revoked: bool
    key_created_at: str | None
    key_age_days: int | None
    """None: the time of its making, or now, is not known."""
    key_old: bool
    """Whether the key ought to be changed."""
    former_prefix: str | None
    """Of the key before, while it is still good beside the present one or was at the last rotation."""
    former_until: str | None


class Clients(Reply, frozen=True):
    """All clients."""

    clients: tuple[ClientView, ...]


class ClientDetail(Reply, frozen=True):
    """One client."""

    client: ClientView


class ClientRotated(Reply, frozen=True):
    """A client's new key; `api_key` is shown this once and kept nowhere."""

    client_id: str
    name: str
    api_key: str
    former_until: str | None
    """Until when the key before is good too; None: it is good no more."""


class ClientRevoked(Reply, frozen=True):
    """A client that gets in no more."""

    client_id: str
    name: str


ClientCommand = ClientAdd | ClientList | ClientShow | ClientRotate | ClientRevoke
ClientReply = ClientAdded | Clients | ClientDetail | ClientRotated | ClientRevoked


@dataclass(frozen=True, slots=True)
class ClientDesk:
    """Carries the commands out. `sessions`: those of a client that is revoked end at once."""

    store: Store
    key_hash: KeyHash
    clock: Clock
    sessions: SessionService

    async def carry_out(self, command: ClientCommand) -> ClientReply:
        """The reply to one command. `OperationRefused`: the name is taken, or there is no such client or grant."""
        match command:
            case ClientAdd():
                return await self._add(command)
            case ClientList():
                now = self.clock.dated()
                return Clients(clients=tuple(client_view(client, now) for client in await self.store.clients()))
            case ClientShow():
                return ClientDetail(client=client_view(await self._find(command.client), self.clock.dated()))
            case ClientRotate():
                return await self._rotate(command)
            case ClientRevoke():
                return await self._revoke(command)
            case _:
                assert_never(command)

    async def _add(self, command: ClientAdd) -> ClientAdded:
        unknown = [grant for grant in command.grants if grant not in GRANTS]
        if unknown:
            raise OperationRefused("unknown_grant", f"there is no grant {unknown[0]!r}; there are {', '.join(GRANTS)}")
        if any(client.name == command.name and client.revoked_at is None for client in await self.store.clients()):
            raise OperationRefused("client_exists", f"a client named {command.name!r} is there already; choose another name")
        key, now = new_api_key(), self.clock.dated()
        client = Client(
            client_id=str(uuid.uuid4()),
            name=command.name,
            realm=command.realm,
            grants=tuple(dict.fromkeys(command.grants)),
            key_prefix=key.prefix,
            key_hash=self.key_hash(key.text),
            created_at=now,
            key_created_at=now,
        )
        await self.store.put_client(client)
        return ClientAdded(
            client_id=client.client_id, name=client.name, realm=client.realm, grants=client.grants, api_key=key.text
        )

    async def _rotate(self, command: ClientRotate) -> ClientRotated:
        client = await self._find(command.client)
        if client.revoked_at is not None:
            raise OperationRefused("client_revoked", f"client {client.name} is revoked; add a new one with `kioskctl client add`")
        key = new_api_key()
        client = rotated(client, key, self.key_hash, command.overlap_hours * 3600, self.clock)
        await self.store.put_client(client)
        until = None if client.former is None else rfc3339(client.former.until)
        return ClientRotated(client_id=client.client_id, name=client.name, api_key=key.text, former_until=until)

    async def _revoke(self, command: ClientRevoke) -> ClientRevoked:
        client = await self._find(command.client)
        if client.revoked_at is None:
            await self.store.put_client(replace(client, revoked_at=self.clock.wall(), former=None))
        await self.sessions.end(lambda row: row.client_id == client.client_id, "invalid_token")
        return ClientRevoked(client_id=client.client_id, name=client.name)

    async def _find(self, wanted: str) -> Client:
        """By id, else by name: the one in use, else the one revoked last."""
        clients = await self.store.clients()
        found = [client for client in clients if wanted in (client.client_id, client.name)]
        if not found:
            raise OperationRefused("client_not_found", f"there is no client {wanted!r}; see `kioskctl client list`")
        return max(found, key=lambda client: (client.client_id == wanted, client.revoked_at is None, client.revoked_at or 0.0))


def client_view(client: Client, now: float | None) -> ClientView:
    """A client without its keys; `now` is POSIX seconds, or None while they are not trusted."""
    age = key_age_s(client, now)
    former = client.former
    return ClientView(
        client_id=client.client_id,
        name=client.name,
        realm=client.realm,
        grants=client.grants,
        key_prefix=client.key_prefix,
        created_at=None if client.created_at is None else rfc3339(client.created_at),
        revoked=client.revoked_at is not None,
        key_created_at=None if client.key_created_at is None else rfc3339(client.key_created_at),
        key_age_days=None if age is None else int(age // _DAY_S),
        key_old=is_old(client, now),
        former_prefix=None if former is None else former.prefix,
        former_until=None if former is None else rfc3339(former.until),
    )


def is_old(client: Client, now: float | None) -> bool:
    """Whether the client is in use with a key that ought to be changed."""
    age = key_age_s(client, now)
    return client.revoked_at is None and age is not None and age > OLD_KEY_S


async def warn_of_old_keys(store: Store, clock: Clock) -> int:
    """Log a warning for each key that ought to be changed; how many there are."""
    old = [client for client in await store.clients() if is_old(client, clock.dated())]
    for client in old:
        log.warning("the key of client %s is more than 90 days old; change it with `kioskctl client rotate`", client.name)
    return len(old)


async def keep_warning(store: Store, clock: Clock) -> None:
    """Warn of old keys now, and once a day, until cancelled."""
    while True:
        await warn_of_old_keys(store, clock)
        await asyncio.sleep(_DAY_S)
