"""Operators' commands about PINs, cards, groups and what people cannot do, the replies, and how they are carried out."""

from dataclasses import replace
from typing import Annotated, Literal, assert_never, get_args

import msgspec

from api.clock import Clock
from api.ports import StoreConflict
from api.records import LOCAL, Person
from device import cards, pins
from device.asker import asker
from device.command import Command, Label, Name, OperationRefused, Reply, UserId
from device.factor_records import Card, OperatorAct, Pin
from device.second_factor import FactorParts

Inability = Literal["turn", "close_eyes", "hurry"]
"""What somebody may not be able to do: turn the head, close the eyes, be as quick as others (`device.needs`)."""

_TRIES = 8
"""Numbers tried where others are given out meanwhile."""


def inabilities(person: Person) -> tuple[str, ...]:
    """What is written down of a person as such, and of nothing else."""
    return tuple(word for word in person.accommodations if word in get_args(Inability))


class UserPinSet(Command, frozen=True):
    """Give a person a PIN, and a user number where there is none. Answered by `UserPinIsSet`."""

    user_id: UserId
    pin: Annotated[str, msgspec.Meta(max_length=64)]
    number: Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,8}\Z")] | None = None
    """The user number; None: the one that the person has, else a new one."""


class UserPinClear(Command, frozen=True):
    """Take a person's PIN and number away. Answered by `UserPinCleared`."""

    user_id: UserId


class UserCardAdd(Command, frozen=True):
    """Bind a card to a person. Answered by `UserCardAdded`."""

    user_id: UserId
    text: Annotated[str, msgspec.Meta(max_length=256)]
    """What the reader reads of it."""


class UserCardRemove(Command, frozen=True):
    """Take a card away from its person. Answered by `UserCardRemoved`."""

    user_id: UserId
    card: Label


class UserCannot(Command, frozen=True):
    """Write down what a person cannot do: turn or close the eyes when asked, or hurry. Answered by `UserCannotDo`."""

    user_id: UserId
    cannot: tuple[Inability, ...] = ()
    """All of it; empty: nothing."""


class UserGroups(Command, frozen=True):
    """Put a person into groups, or ask for them. Answered by `UserInGroups`."""

    user_id: UserId
    groups: Annotated[tuple[Name, ...], msgspec.Meta(max_length=32)] | None = None
    """All of them, in place of those before; None: nothing is changed."""


class UserPinIsSet(Reply, frozen=True):
    """The person has this PIN from now on."""

    user_id: str
    number: str


class UserPinCleared(Reply, frozen=True):
    """The person has no PIN any more."""

    user_id: str


class UserCannotDo(Reply, frozen=True):
    """What the person cannot do, from now on; PIN or card make up for what is never asked therefore."""

    user_id: str
    cannot: tuple[str, ...]


class UserInGroups(Reply, frozen=True):
    """The person's groups, sorted."""

    user_id: str
    groups: tuple[str, ...]


class UserCardAdded(Reply, frozen=True):
    """The card is the person's."""

    user_id: str
    card: str
    """How the card is called from now on."""


class UserCardRemoved(Reply, frozen=True):
    """The card is nobody's."""

    user_id: str
    card: str


FactorCommand = UserPinSet | UserPinClear | UserCardAdd | UserCardRemove | UserCannot | UserGroups
FactorReply = UserPinIsSet | UserPinCleared | UserCardAdded | UserCardRemoved | UserCannotDo | UserInGroups


class FactorDesk:
    """Carries out the commands.

    Args:
        parts: what PINs and cards are kept with.
        pin_digits: fewest digits of a PIN.
        operator: who is written down as having done it.
    """

    def __init__(self, parts: FactorParts, pin_digits: int, operator: str) -> None:
        self._parts = parts
        self._pin_digits = pin_digits
        self._operator = operator

    def by(self, operator: str) -> "FactorDesk":
        """The same desk, used by this operator."""
        return FactorDesk(self._parts, self._pin_digits, operator)

    async def of(self, user_id: str) -> tuple[str | None, tuple[str, ...]]:
        """A person's user number, None where there is no PIN, and the names of the cards."""
        pin = await self._parts.rows.pin_of(user_id)
        return (None if pin is None else pin.number), tuple(card.name for card in await self._parts.rows.cards_of(user_id))

    async def carry_out(self, command: FactorCommand) -> FactorReply:
        """The reply to one command. `OperationRefused`: nothing was changed."""
        person = await self._parts.store.person(LOCAL, command.user_id)
        if person is None:
            raise OperationRefused("user_not_found", f"there is nobody of the id {command.user_id!r}; see `kioskctl user list`")
        match command:
            case UserPinSet():
                return await self._set(command)
            case UserPinClear():
                if not await self._parts.rows.clear_pin(self._act("pin_cleared", command.user_id)):
                    raise OperationRefused("pin_not_found", f"{command.user_id!r} has no PIN")
                return UserPinCleared(user_id=command.user_id)
            case UserCardAdd():
                return await self._add(command)
            case UserCardRemove():
                if not await self._parts.rows.remove_card(command.card, self._act("card_removed", command.user_id, command.card)):
                    raise OperationRefused("card_not_found", f"{command.user_id!r} has no card of that name")
                return UserCardRemoved(user_id=command.user_id, card=command.card)
            case UserCannot():
                return await self._cannot(person, command)
            case UserGroups():
                return await self._groups(person, command)
            case _:
                assert_never(command)

    async def _groups(self, person: Person, command: UserGroups) -> UserInGroups:
        """Those before are replaced, where others are named; the act is in the log first."""
        groups = person.groups
        if command.groups is not None:
            groups = tuple(sorted(set(command.groups)))
            await self._parts.rows.write_act(self._act("groups_set", command.user_id, groups=list(groups)))
            await self._parts.store.put_person(replace(person, groups=groups))
        return UserInGroups(user_id=command.user_id, groups=tuple(sorted(groups)))

    async def _cannot(self, person: Person, command: UserCannot) -> UserCannotDo:
        """What was written down of it before is replaced; the act is in the log first."""
        cannot = tuple(sorted(set(command.cannot)))
        await self._parts.rows.write_act(self._act("inability_noted", command.user_id, cannot=list(cannot)))
        others = tuple(each for each in person.accommodations if each not in get_args(Inability))
        await self._parts.store.put_person(replace(person, accommodations=(*others, *cannot)))
        return UserCannotDo(user_id=command.user_id, cannot=cannot)

    async def _set(self, command: UserPinSet) -> UserPinIsSet:
        had = await self._parts.rows.pin_of(command.user_id)
        asked = command.number or (had.number if had else None)
        for _ in range(_TRIES):
            number = asked or pins.new_number(await self._parts.rows.numbers())
            if why := pins.refusal(command.pin, number, self._pin_digits):
                raise OperationRefused("pin_refused", why)
            hashed = await self._parts.hashes.make(number, command.pin)
            try:
                pin = Pin(command.user_id, number, hashed, self._clock.dated())
                await self._parts.rows.put_pin(pin, self._act("pin_set", command.user_id))
            except StoreConflict as error:
                if asked:
                    raise OperationRefused("number_taken", f"the user number {number} is another's") from error
            else:
                return UserPinIsSet(user_id=command.user_id, number=number)
        raise OperationRefused("number_taken", "no free user number was found; name one with --number")

    async def _add(self, command: UserCardAdd) -> UserCardAdded:
        said = cards.parsed(command.text)
        if said is None:
            raise OperationRefused("card_unreadable", "a card says 6 to 64 letters, digits, - or _, and nothing else")
        hashed, name = cards.card_hash(self._parts.key_hash, said), cards.new_name()
        card = Card(command.user_id, name, hashed, self._clock.dated())
        try:
            await self._parts.rows.add_card(card, self._act("card_added", command.user_id, name))
        except StoreConflict as error:
            raise OperationRefused("card_taken", "this card is somebody's already; remove it there first") from error
        return UserCardAdded(user_id=command.user_id, card=name)

    @property
    def _clock(self) -> Clock:
        return self._parts.clock

    def _act(self, act: str, user_id: str, card: str = "", **more: object) -> OperatorAct:
        clock, detail = self._clock, more | ({"card": card} if card else {})
        return OperatorAct(act, user_id, asker(self._operator), clock.boot_id, clock.boot(), clock.dated(), detail)
