"""Operators' accounts by kioskctl, which alone makes and resets them: commands, replies, and how they are carried out."""

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal, assert_never

import msgspec

from api.clock import rfc3339
from api.lockout import Lockout, left
from device.asker import asker
from device.command import Command, OperationRefused, Reply
from device.factor_records import OperatorAct
from device.operators import codes
from device.operators.records import Operator, Role
from device.operators.sign_in import OperatorParts, wait_name

LONGEST_PASSWORD = 256
OperatorName = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9._-]{0,63}\Z")]
Password = Annotated[str, msgspec.Meta(max_length=LONGEST_PASSWORD)]
RoleName = Literal["operator", "viewer", "auditor"]


class OperatorAdd(Command, frozen=True):
    """Make an account for the admin screen. Answered by `OperatorSecrets`."""

    name: OperatorName
    role: RoleName
    password: Password


class OperatorList(Command, frozen=True):
    """Every account. Answered by `OperatorAccounts`."""


class OperatorRole(Command, frozen=True):
    """Give an operator another role. Answered by `OperatorChanged`."""

    name: OperatorName
    role: RoleName


class OperatorReset(Command, frozen=True):
    """Give an operator a new second factor and, where one is said, a new password; failures are forgotten.

    Answered by `OperatorSecrets`.
    """

    name: OperatorName
    password: Password | None = None


class OperatorRemove(Command, frozen=True):
    """Delete an account. Answered by `OperatorChanged`."""

    name: OperatorName


class OperatorSecrets(Reply, frozen=True):
    """An account's second factor; it is shown this once."""

    name: str
    role: str
    uri: str
    """`otpauth://` address for an authenticator app."""
    recovery_codes: tuple[str, ...]
    """Each signs in once in place of a code."""


class OperatorView(msgspec.Struct, frozen=True, kw_only=True):
    """An account, without what signs in to it."""

    name: str
    role: str
    recovery_codes: int
    """How many are left."""
    wait_s: float | None
    """Seconds until the next try to sign in, 0 where it may be now; null where only a reset helps."""
    created_at: str | None


class OperatorAccounts(Reply, frozen=True):
    """Every account, by name."""

    operators: tuple[OperatorView, ...]


class OperatorChanged(Reply, frozen=True):
    """The account has this role from now on; empty: it is gone."""

    name: str
    role: str


OperatorCommand = OperatorAdd | OperatorList | OperatorRole | OperatorReset | OperatorRemove
OperatorReply = OperatorSecrets | OperatorAccounts | OperatorChanged


class OperatorDesk:
    """Carries out the commands.

    Args:
        parts: what accounts are kept with.
        by: who is written down as having done it.
        changed: told whose sessions end now.
    """

    def __init__(self, parts: OperatorParts, by: str, changed: Callable[[str], None] = lambda name: None) -> None:
        self._parts = parts
        self._by = by
        self._changed = changed

    async def carry_out(self, command: OperatorCommand) -> OperatorReply:
        """The reply to one command. `OperationRefused`: nothing was changed."""
        match command:
            case OperatorAdd():
                return await self._add(command)
            case OperatorList():
                return OperatorAccounts(operators=tuple([await self._view(each) for each in await self._parts.rows.all_of()]))
            case OperatorRole():
                return await self._role(command)
            case OperatorReset():
                return await self._reset(command)
            case OperatorRemove():
                if not await self._parts.rows.remove(command.name, self._act("operator_removed", command.name)):
                    raise _nobody(command.name)
                self._changed(command.name)
                return OperatorChanged(name=command.name, role="")
            case _:
                assert_never(command)

    async def _add(self, command: OperatorAdd) -> OperatorSecrets:
        if await self._parts.rows.operator(command.name) is not None:
            raise OperationRefused("operator_exists", f"there is an operator {command.name!r} already")
        password = await self._hashed(command.name, command.password)
        made = Operator(command.name, Role(command.role), password, b"", created_at=self._parts.clock.dated())
        return await self._renewed(made, "operator_added")

    async def _role(self, command: OperatorRole) -> OperatorChanged:
        known = await self._known(command.name)
        changed = replace(known, role=Role(command.role))
        await self._parts.rows.put(changed, self._act("operator_role", known.name, role=command.role))
        self._changed(known.name)
        return OperatorChanged(name=known.name, role=command.role)

    async def _reset(self, command: OperatorReset) -> OperatorSecrets:
        known = await self._known(command.name)
        if command.password is not None:
            known = replace(known, password=await self._hashed(known.name, command.password))
        answer = await self._renewed(known, "operator_reset")
        await self._parts.waits.clear_lockout(wait_name(known.name))
        return answer

    async def _renewed(self, operator: Operator, act: str) -> OperatorSecrets:
        """Give the account a new second factor and keep it."""
        secret, recovery = codes.new_secret(), codes.new_recovery()
        hashes = tuple(self._parts.key_hash(codes.recovery_text(operator.name, code)) for code in recovery)
        renewed = replace(operator, totp=secret, recovery=hashes, last_step=0)
        await self._parts.rows.put(renewed, self._act(act, operator.name, role=str(operator.role)))
        self._changed(operator.name)
        address = codes.uri(secret, operator.name, socket.gethostname())
        return OperatorSecrets(name=operator.name, role=str(operator.role), uri=address, recovery_codes=recovery)

    async def _hashed(self, name: str, password: str) -> bytes:
        fewest = self._parts.settings.password_length
        if len(password) < fewest or len(set(password)) < fewest // 3 or name in password.lower():
            raise OperationRefused(
                "password_refused", f"a password has at least {fewest} characters, not few and the same, and not the name in it"
            )
        return await self._parts.hashes.make(name, password)

    async def _known(self, name: str) -> Operator:
        found = await self._parts.rows.operator(name)
        if found is None:
            raise _nobody(name)
        return found

    async def _view(self, operator: Operator) -> OperatorView:
        found: Lockout = await self._parts.waits.lockout(wait_name(operator.name))
        wait = left(found, self._parts.settings, self._parts.clock)
        return OperatorView(
            name=operator.name,
            role=str(operator.role),
            recovery_codes=len(operator.recovery),
            wait_s=None if wait == float("inf") else round(wait, 1),
            created_at=None if operator.created_at is None else rfc3339(operator.created_at),
        )

    def _act(self, act: str, name: str, **detail: object) -> OperatorAct:
        return self._parts.act(act, f"kioskctl {asker(self._by)}", detail={"about": name, **detail})


def _nobody(name: str) -> OperationRefused:
    return OperationRefused("operator_not_found", f"there is no operator {name!r}; see `kioskctl operator list`")
