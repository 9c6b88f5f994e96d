"""PINs and cards on the real encrypted store: what may be chosen, throttling, and answers that tell nothing."""

import itertools
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from api.ports import StoreConflict
from api.records import LOCAL, Person
from device import cards, pins
from device.clock import ManualClock
from device.command import OperationRefused
from device.factor_commands import (
    FactorDesk,
    UserCannot,
    UserCannotDo,
    UserCardAdd,
    UserCardAdded,
    UserCardRemove,
    UserGroups,
    UserInGroups,
    UserPinClear,
    UserPinIsSet,
    UserPinSet,
)
from device.factor_records import OperatorAct, Pin
from device.keys import create_root_key, load_keys
from device.pad_settings import PadSettings
from device.pad_throttle import PadThrottle
from device.pins import PinHashes
from device.second_factor import FactorParts, SecondFactor
from device.store.store import SqlCipherStore, open_store

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
RULES = PadSettings(free_failures=2, wait_s=10, most_failures=5, device_failures=4)
GOOD, WRONG = "739218", "739219"


class Counting(PinHashes):
    """Counts how often a PIN is checked."""

    checked = 0

    async def fits(self, number: str, pin: str, kept: bytes | None) -> bool:
        self.checked += 1
        return await super().fits(number, pin, kept)


class Pad:
    """A pad over a store, with ada, whose PIN is `GOOD`."""

    def __init__(self, store: SqlCipherStore, folder: Path, clock: ManualClock) -> None:
        key_hash = load_keys(folder / "keys" / "root.key").hash_api_key
        self.store, self.rows, self.clock = store, store.factors, clock
        self.hashes = Counting(key_hash, CHEAP)
        parts = FactorParts(store, store.factors, self.hashes, key_hash, clock)
        self.desk = FactorDesk(parts, 6, "root")
        self.factor = SecondFactor(parts, PadThrottle(store.factors, RULES, clock))


@pytest.fixture
async def pad(real_store: SqlCipherStore, tmp_path: Path) -> Pad:
    found = Pad(real_store, tmp_path, ManualClock(boot=1000.0))
    await real_store.put_person(Person(LOCAL, "ada"))
    await found.desk.carry_out(UserPinSet(user_id="ada", pin=GOOD, number="4711"))
    return found


@given(st.text("0123456789", min_size=1, max_size=14))
def test_only_pins_that_are_not_guessed_first_may_be_chosen(pin: str) -> None:
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    allowed = 6 <= len(pin) <= 12 and steps not in ({0}, {1}, {9}) and "4711" not in pin
    assert (pins.refusal(pin, "4711", 6) == "") == allowed


@pytest.mark.parametrize(
    "text", ["", "12345", "x" * 65, "' OR 1=1 --", "<b>123456</b>", "https://a.b/c", "12345６", "1234567\x00"]
)
def test_what_is_no_card_is_none(text: str) -> None:
    assert cards.parsed(text) is None


@given(st.text("ABCabc019_-", min_size=6, max_size=64), st.sampled_from(["", "\n", "\r\n", "\t"]))
@settings(max_examples=20)
def test_a_card_is_what_it_says(text: str, end: str) -> None:
    assert cards.parsed(text + end) == text


def test_numbers_given_out_are_free_and_grow_where_many_are_taken() -> None:
    assert len(pins.new_number([])) == 4
    crowd = {str(number) for number in range(1000, 2000)}
    assert len(pins.new_number(crowd)) == 5


async def test_the_right_pin_is_a_committed_success(pad: Pad) -> None:
    presented = await pad.factor.pin("4711", GOOD)
    assert presented.person == Person(LOCAL, "ada")
    ((_, attempt),) = await pad.store.attempts(LOCAL)
    assert presented.attempt is not None
    assert (attempt.attempt_id, attempt.means, attempt.success) == (presented.attempt.attempt_id, "pin", True)
    assert await pad.store.verify() > 0


async def test_a_wrong_pin_and_an_unknown_number_are_answered_alike_after_the_same_work(pad: Pad) -> None:
    known, unknown = await pad.factor.pin("4711", WRONG), await pad.factor.pin("9999", WRONG)
    assert (
        (known.reason, known.person, known.wait_s) == (unknown.reason, unknown.person, unknown.wait_s) == ("pin_wrong", None, 0)
    )
    assert pad.hashes.checked == 2
    known, unknown = [(await pad.factor.pin(number, WRONG)) for number in ("4711", "9999")]
    assert (known.reason, unknown.reason) == ("pin_wrong", "pin_wrong")
    known, unknown = [(await pad.factor.pin(number, GOOD)) for number in ("4711", "9999")]
    assert (known.reason, known.wait_s) == (unknown.reason, unknown.wait_s) == ("locked_out", 10)
    assert pad.hashes.checked == 4


async def test_a_lock_out_survives_a_restart_and_ends_in_time(tmp_path: Path) -> None:
    create_root_key(tmp_path / "keys" / "root.key")
    keys, clock = load_keys(tmp_path / "keys" / "root.key"), ManualClock(boot=1000.0)
    async with open_store(tmp_path / "db", keys, create=True) as store:
        before = Pad(store, tmp_path, clock)
        await store.put_person(Person(LOCAL, "ada"))
        await before.desk.carry_out(UserPinSet(user_id="ada", pin=GOOD, number="4711"))
        for _ in range(2):
            await before.factor.pin("4711", WRONG)
    async with open_store(tmp_path / "db", keys) as store:
        after = Pad(store, tmp_path, clock)
        assert (await after.factor.pin("4711", GOOD)).reason == "locked_out"
        clock.advance(10.5)
        assert (await after.factor.pin("4711", GOOD)).reason == ""
        assert (await after.factor.pin("4711", WRONG)).reason == "pin_wrong"


async def test_only_an_operator_ends_many_failures(pad: Pad) -> None:
    for _ in range(RULES.most_failures):
        await pad.factor.pin("4711", WRONG)
        pad.clock.advance(1000)
    assert (await pad.factor.pin("4711", GOOD)).wait_s == float("inf")
    await pad.desk.carry_out(UserPinSet(user_id="ada", pin="204862"))
    assert (await pad.factor.pin("4711", "204862")).reason == ""


async def test_guessing_across_numbers_makes_the_device_wait_whatever_succeeds_between(pad: Pad) -> None:
    for number in range(4):
        await pad.factor.pin(str(8000 + number), WRONG)
        if number == 2:
            assert (await pad.factor.pin("4711", GOOD)).reason == ""
    assert (await pad.factor.pin("4711", GOOD)).reason == "locked_out"
    assert (await pad.factor.card("cardcard")).reason == "locked_out"
    pad.clock.advance(10.5)
    assert (await pad.factor.pin("4711", GOOD)).reason == ""
    pad.clock.advance(RULES.device_forgive_s)
    await pad.factor.pin("8000", WRONG)
    assert (await pad.factor.pin("4711", GOOD)).reason == ""


async def test_a_card_is_its_persons_until_it_is_removed(pad: Pad) -> None:
    reply = await pad.desk.carry_out(UserCardAdd(user_id="ada", text="0012345678\n"))
    assert isinstance(reply, UserCardAdded)
    presented = await pad.factor.card("0012345678\r\n")
    assert presented.person is not None
    assert (presented.person.user_id, presented.means) == ("ada", "card")
    with pytest.raises(OperationRefused, match="somebody's already"):
        await pad.desk.carry_out(UserCardAdd(user_id="ada", text="0012345678"))
    await pad.desk.carry_out(UserCardRemove(user_id="ada", card=reply.card))
    assert (await pad.factor.card("0012345678")).reason == "card_unknown"
    assert (await pad.factor.card("'; DROP TABLE cards; --")).reason == "card_unknown"


async def test_the_person_must_be_one_who_may_come_in(pad: Pad) -> None:
    await pad.store.put_person(Person(LOCAL, "ada", status="disabled"))
    presented = await pad.factor.pin("4711", GOOD)
    assert (presented.reason, presented.attempt and presented.attempt.success) == ("person_disabled", False)


async def test_what_operators_do_is_in_the_chain_without_pin_or_card(pad: Pad) -> None:
    await pad.desk.carry_out(UserCardAdd(user_id="ada", text="0012345678"))
    await pad.desk.carry_out(UserPinClear(user_id="ada"))
    acts = await pad.rows.acts("ada")
    assert [act.act for act in acts] == ["pin_set", "card_added", "pin_cleared"]
    assert {act.operator for act in acts} == {"root"}
    assert not any(secret in str(acts) for secret in (GOOD, "0012345678"))
    assert (await pad.factor.pin("4711", GOOD)).reason == "pin_wrong"
    with pytest.raises(OperationRefused, match="no PIN"):
        await pad.desk.carry_out(UserPinClear(user_id="ada"))


async def test_what_somebody_cannot_do_is_written_down_by_whom(pad: Pad) -> None:
    await pad.store.put_person(Person(LOCAL, "ada", accommodations=("slow_speech",)))
    for cannot in (("turn", "close_eyes"), ("turn",)):
        told = await pad.desk.carry_out(UserCannot(user_id="ada", cannot=cannot))
        assert told == UserCannotDo(user_id="ada", cannot=tuple(sorted(cannot)))
    person = await pad.store.person(LOCAL, "ada")
    assert person is not None
    assert person.accommodations == ("slow_speech", "turn")
    acts = [act for act in await pad.rows.acts("ada") if act.act == "inability_noted"]
    assert [act.detail for act in acts] == [{"cannot": ["close_eyes", "turn"]}, {"cannot": ["turn"]}]
    with pytest.raises(OperationRefused, match="nobody"):
        await pad.desk.carry_out(UserCannot(user_id="nobody", cannot=("turn",)))


async def test_groups_are_asked_for_set_and_taken_away_by_whom(pad: Pad) -> None:
    for said, there in ((None, ()), (("night", "guests", "night"), ("guests", "night")), (None, ("guests", "night")), ((), ())):
        told = await pad.desk.carry_out(UserGroups(user_id="ada", groups=said))
        assert told == UserInGroups(user_id="ada", groups=there)
        person = await pad.store.person(LOCAL, "ada")
        assert person is not None
        assert person.groups == there
    acts = [act for act in await pad.rows.acts("ada") if act.act == "groups_set"]
    assert [act.detail for act in acts] == [{"groups": ["guests", "night"]}, {"groups": []}]
    with pytest.raises(OperationRefused, match="nobody"):
        await pad.desk.carry_out(UserGroups(user_id="nobody"))


async def test_a_number_is_one_persons_alone(pad: Pad) -> None:
    await pad.store.put_person(Person(LOCAL, "bob"))
    with pytest.raises(OperationRefused, match="another's"):
        await pad.desk.carry_out(UserPinSet(user_id="bob", pin=GOOD, number="4711"))
    given_out = await pad.desk.carry_out(UserPinSet(user_id="bob", pin=GOOD))
    assert isinstance(given_out, UserPinIsSet)
    assert given_out.number != "4711"
    ada, bob = await pad.rows.pin_of("ada"), await pad.rows.pin_of("bob")
    assert ada is not None
    assert bob is not None
    assert not await pad.hashes.fits(bob.number, GOOD, ada.hash), "a hash moved to another row fits there no more"
    with pytest.raises(StoreConflict):
        await pad.rows.put_pin(Pin("nobody", "77", b"x"), OperatorAct("pin_set", "nobody", "root", "b", 1.0))


async def test_erasing_takes_pin_cards_and_failures_along(pad: Pad) -> None:
    await pad.desk.carry_out(UserCardAdd(user_id="ada", text="0012345678"))
    await pad.factor.pin("4711", WRONG)
    await pad.store.erase_person(LOCAL, "ada")
    assert await pad.rows.pin_by_number("4711") is None
    assert (await pad.rows.lockout("number 4711")).failures == 0
    assert (await pad.factor.card("0012345678")).reason == "card_unknown"
    assert await pad.store.verify() > 0
