"""Operators' accounts on the real encrypted store: codes against those of RFC 6238, throttling, answers, sessions."""

import base64
import re
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from hypothesis import given, settings
from hypothesis import strategies as st

from api.records import LOCAL, Person
from device.clock import ManualClock
from device.command import OperationRefused
from device.keys import load_keys
from device.operator_commands import (
    OperatorAccounts,
    OperatorAdd,
    OperatorDesk,
    OperatorList,
    OperatorRemove,
    OperatorReset,
    OperatorRole,
    OperatorSecrets,
)
from device.operators import codes
from device.operators.records import MAY, May, Role
from device.operators.sessions import MOST, OperatorSessions
from device.operators.settings import OperatorSettings
from device.operators.sign_in import OperatorParts, SignIn, SignInRefused
from device.pins import PinHashes
from device.store.store import SqlCipherStore

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
RULES = OperatorSettings(free_failures=2, wait_s=10, most_failures=5)
PASSWORD = "correct horse battery"
RFC_SECRET = b"12345678901234567890"


class Counting(PinHashes):
    """Counts how often a password is checked."""

    checked = 0

    async def fits(self, number: str, pin: str, kept: bytes | None) -> bool:
        self.checked += 1
        return await super().fits(number, pin, kept)


class Accounts:
    """Accounts over a store, with ada the operator."""

    def __init__(self, store: SqlCipherStore, folder: Path) -> None:
        key_hash = load_keys(folder / "keys" / "root.key").hash_api_key
        self.clock = ManualClock(boot=1000.0)
        self.store = store
        self.hashes = Counting(key_hash, CHEAP, "password")
        self.parts = OperatorParts(store.operators, store.factors, self.hashes, key_hash, self.clock, RULES)
        self.ended: list[str] = []
        self.desk = OperatorDesk(self.parts, "root", self.ended.append)
        self.door = SignIn(self.parts)

    async def refused(self, name: str, password: str, code: str) -> SignInRefused:
        with pytest.raises(SignInRefused) as refused:
            await self.door.sign_in(name, password, code)
        return refused.value

    def code(self, secrets: OperatorSecrets, steps: int = 0) -> str:
        secret = re.search(r"secret=([A-Z2-7]+)", secrets.uri)
        assert secret
        key = base64.b32decode(secret[1] + "=" * (-len(secret[1]) % 8))
        return TOTP(key, 6, SHA1(), 30).generate(self.clock.wall() + 30 * steps).decode()


@pytest.fixture
async def accounts(real_store: SqlCipherStore, tmp_path: Path) -> Accounts:
    return Accounts(real_store, tmp_path)


@pytest.fixture
async def ada(accounts: Accounts) -> OperatorSecrets:
    made = await accounts.desk.carry_out(OperatorAdd(name="ada", role="operator", password=PASSWORD))
    assert isinstance(made, OperatorSecrets)
    return made


@pytest.mark.parametrize(
    ("now", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_one_time_codes_are_those_of_the_standard(now: int, code: str) -> None:
    """RFC 6238, appendix B, the last six digits."""
    assert codes.step_of(RFC_SECRET, code, now, 0) == now // 30


@given(st.integers(0, 2**33), st.integers(-4, 4))
@settings(max_examples=50)
def test_a_code_is_good_one_step_either_way_and_once(now: int, off: int) -> None:
    if now // 30 + off < 0:
        return
    code = TOTP(RFC_SECRET, 6, SHA1(), 30).generate((now // 30 + off) * 30).decode()
    step = codes.step_of(RFC_SECRET, code, now, -1)
    if abs(off) <= 1:
        assert step is not None
        assert codes.step_of(RFC_SECRET, code, now, step) is None
    elif step is not None:  # two steps with one code: one in 300,000
        assert abs(step - now // 30) <= 1


async def test_name_password_and_code_sign_in_and_the_code_does_so_once(accounts: Accounts, ada: OperatorSecrets) -> None:
    code = accounts.code(ada)
    assert (await accounts.door.sign_in("ada", PASSWORD, code)).role is Role.OPERATOR
    assert (await accounts.refused("ada", PASSWORD, code)).code == "sign_in_failed"
    accounts.clock.advance(30)
    assert await accounts.door.sign_in("ada", PASSWORD, accounts.code(ada))


async def test_which_of_the_three_was_wrong_is_told_to_nobody(accounts: Accounts, ada: OperatorSecrets) -> None:
    tries = [("eve", PASSWORD, accounts.code(ada)), ("ada", PASSWORD + "x", accounts.code(ada)), ("ada", PASSWORD, "000000")]
    assert [(await accounts.refused(*each)).code for each in tries] == ["sign_in_failed"] * 3
    assert accounts.hashes.checked == 3, "a name that nobody has takes the same work"


async def test_failures_make_the_next_try_wait_whoever_is_guessed(accounts: Accounts, ada: OperatorSecrets) -> None:
    for name in ("ada", "eve"):
        for _ in range(2):
            await accounts.refused(name, "wrong", "000000")
        refused = await accounts.refused(name, PASSWORD, accounts.code(ada))
        assert (refused.code, refused.wait_s) == ("locked_out", 10)
    accounts.clock.advance(10.5)
    assert await accounts.door.sign_in("ada", PASSWORD, accounts.code(ada))
    for _ in range(RULES.most_failures):
        await accounts.refused("ada", "wrong", "000000")
        accounts.clock.advance(1000)
    (view,) = (await accounts.desk.carry_out(OperatorList())).operators  # type: ignore[union-attr]
    assert view.wait_s is None
    renewed = await accounts.desk.carry_out(OperatorReset(name="ada"))
    assert isinstance(renewed, OperatorSecrets)
    assert await accounts.door.sign_in("ada", PASSWORD, accounts.code(renewed))


async def test_a_recovery_code_is_good_once_and_without_a_known_time(accounts: Accounts, ada: OperatorSecrets) -> None:
    accounts.clock.set_wall(0.0, trusted=False)
    assert (await accounts.refused("ada", PASSWORD, "123456")).code == "clock_not_trusted"
    first = ada.recovery_codes[0]
    assert len(set(ada.recovery_codes)) == codes.RECOVERY_CODES
    assert await accounts.door.sign_in("ada", PASSWORD, f" {first.upper().replace('-', ' ')} ")
    assert (await accounts.refused("ada", PASSWORD, first)).code == "sign_in_failed"
    left = await accounts.desk.carry_out(OperatorList())
    assert isinstance(left, OperatorAccounts)
    assert left.operators[0].recovery_codes == codes.RECOVERY_CODES - 1


async def test_a_reset_ends_the_former_factor_and_every_change_ends_sessions(accounts: Accounts, ada: OperatorSecrets) -> None:
    await accounts.desk.carry_out(OperatorReset(name="ada", password="another good phrase"))
    assert (await accounts.refused("ada", "another good phrase", ada.recovery_codes[0])).code == "sign_in_failed"
    await accounts.desk.carry_out(OperatorRole(name="ada", role="viewer"))
    await accounts.desk.carry_out(OperatorRemove(name="ada"))
    assert accounts.ended == ["ada"] * 4
    assert (await accounts.desk.carry_out(OperatorList())).operators == ()  # type: ignore[union-attr]
    for command in (OperatorRole(name="ada", role="viewer"), OperatorReset(name="ada"), OperatorRemove(name="ada")):
        with pytest.raises(OperationRefused, match="no operator"):
            await accounts.desk.carry_out(command)


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaaaaaa", "my name is ada!"])
async def test_passwords_that_are_guessed_first_are_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(OperationRefused, match="at least 12"):
        await accounts.desk.carry_out(OperatorAdd(name="ada", role="operator", password=password))


async def test_what_is_done_is_in_the_chain_without_secrets(accounts: Accounts, ada: OperatorSecrets) -> None:
    await accounts.refused("ada", "wrong", "000000")
    await accounts.door.sign_in("ada", PASSWORD, accounts.code(ada))
    await accounts.store.put_person(Person(LOCAL, "grace"))
    await accounts.parts.rows.write(accounts.parts.act("log_opened", "ada", "grace", {"purpose": "lost badge"}))
    acts = [act for _, act in await accounts.parts.rows.acts()]
    assert [(act.act, act.operator, act.user_id) for act in acts] == [
        ("log_opened", "ada", "grace"),
        ("signed_in", "ada", ""),
        ("sign_in_failed", "ada", ""),
        ("operator_added", "kioskctl root", ""),
    ]
    assert not any(secret in str(acts) for secret in (PASSWORD, *ada.recovery_codes))
    await accounts.store.erase_person(LOCAL, "grace")
    ((_, opened), *_) = await accounts.parts.rows.acts(limit=1)
    assert (opened.act, opened.user_id, opened.operator, opened.detail) == ("log_opened", "", "", {})
    assert await accounts.store.verify() == 4


async def test_sessions_end_by_idleness_by_age_and_with_their_account(accounts: Accounts, ada: OperatorSecrets) -> None:
    operator = await accounts.door.sign_in("ada", PASSWORD, accounts.code(ada))
    sessions = OperatorSessions(OperatorSettings(idle_minutes=1, session_hours=0.05), accounts.clock.boot)
    token, signed = sessions.begin(operator)
    assert signed.may(May.CHANGE)
    assert not signed.may(May.AUDIT)
    accounts.clock.advance(50)
    assert sessions.of(token, used=False) is not None
    accounts.clock.advance(11)
    assert sessions.of(token) is None, "looking on alone does not keep it"
    token, _ = sessions.begin(operator)
    for _ in range(4):
        accounts.clock.advance(44)
        assert sessions.of(token) is not None
    accounts.clock.advance(5)
    assert sessions.of(token) is None
    tokens = []
    for _ in range(MOST + 1):
        tokens.append(sessions.begin(operator)[0])
        accounts.clock.advance(1)
    assert [sessions.of(each) is not None for each in tokens] == [False, *[True] * MOST]
    sessions.end_of("ada")
    assert all(sessions.of(each) is None for each in tokens)


def test_whoever_changes_things_does_not_look_after_their_record() -> None:
    assert not any({May.CHANGE, May.AUDIT} <= MAY[role] for role in Role)
    assert all(May.SEE in MAY[role] for role in Role)
