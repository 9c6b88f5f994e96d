"""Operators' commands that confirm enrolments for the door and lift lock-outs, the replies, and how they are carried out."""

from typing import assert_never

import msgspec

from api.ports import Store
from api.records import LOCAL
from device.command import Command, Label, OperationRefused, Realm, Reply, UserId


class UserConfirm(Command, frozen=True):
    """Let the door know a person's pending enrolments, or one of them. Answered by `UserConfirmed`."""

    user_id: UserId
    enrollment_id: Label | None = None


class UserUnlock(Command, frozen=True):
    """Forget the failures in a row that lock a user out of remote sessions. Answered by `UserUnlocked`."""

    user_id: UserId
    realm: Realm = LOCAL


class LockoutView(msgspec.Struct, frozen=True, kw_only=True):
    """How claims to be this user stand in remote sessions. The door asks nobody here."""

    failures: int
    """In a row, of live faces that were somebody else's."""
    disabled: bool
    """Nobody may claim to be this user until `kioskctl user unlock`."""
    wait_s: float | None
    """Seconds until the next claim may be made, 0 where it may be now; null while disabled."""


class UserConfirmed(Reply, frozen=True):
    """The door knows the person now."""

    user_id: str
    enrollments: int
    """How many were pending."""


class UserUnlocked(Reply, frozen=True):
    """The user may be claimed in remote sessions again."""

    realm: str
    user_id: str
    failures: int
    """How many in a row are forgotten."""


UserStateCommand = UserConfirm | UserUnlock
UserStateReply = UserConfirmed | UserUnlocked


async def carry_out(command: UserStateCommand, store: Store) -> UserStateReply:
    """The reply to one command. `OperationRefused`: there is nothing to confirm."""
    match command:
        case UserConfirm():
            confirmed = await store.confirm_enrollments(LOCAL, command.user_id, command.enrollment_id)
            if not confirmed:
                raise OperationRefused(
                    "nothing_pending", f"{command.user_id!r} has no such pending enrolment; see `kioskctl user show`"
                )
            return UserConfirmed(user_id=command.user_id, enrollments=confirmed)
        case UserUnlock():
            failures = (await store.lockout(command.realm, command.user_id)).failures
            await store.clear_lockout(command.realm, command.user_id)
            return UserUnlocked(realm=command.realm, user_id=command.user_id, failures=failures)
        case _:
            assert_never(command)
