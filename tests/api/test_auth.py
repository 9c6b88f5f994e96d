"""Credentials: keys and tokens that are taken, and every way in which they are not."""

import uuid
from dataclasses import replace

import jwt
import pytest

from api.auth import Credentials, new_api_key, prefix_of, require
from api.errors import ApiError
from api.records import Client
from device.clock import ManualClock


@pytest.fixture
def credentials(store, keys, clock):
    return Credentials(store, keys.hash_api_key, keys.jwt, clock)


@pytest.fixture
async def made(store, keys):
    key = new_api_key()
    client = Client(str(uuid.uuid4()), "till", "office", ("enroll",), key.prefix, keys.hash_api_key(key.text))
    await store.put_client(client)
    return client, key.text


def test_keys_have_a_prefix_and_hide_in_logs():
    keys = {new_api_key().text for _ in range(50)}
    assert len(keys) == 50
    for text in keys:
        assert text == f"fk_{prefix_of(text)}_{text.split('_', 2)[2]}"
        assert len(text.split("_", 2)[2]) >= 43
    assert new_api_key().text not in repr(new_api_key())
    assert "fk_" not in repr(new_api_key())


@pytest.mark.parametrize(
    "text", ["", "fk_", "fk_short_x", "fk_abcdefgh_", "xx_abcdefgh_y", "fk_abcdefg\u00e9_y", "fk_abc/efgh_y"]
)
def test_what_has_not_the_form_of_a_key(text):
    assert prefix_of(text) is None


async def test_the_right_key(credentials, made):
    client, key = made
    assert (await credentials.client_of_key(key)).client_id == client.client_id


async def test_wrong_keys(credentials, store, made):
    client, key = made
    for wrong in ("", key[:-1], key + "x", key.upper(), key.replace("fk_", "fk_a", 1), "fk_aaaaaaaa_" + key[12:], "é", "x" * 999):
        with pytest.raises(ApiError, match="invalid_api_key"):
            await credentials.client_of_key(wrong)
    await store.put_client(replace(client, revoked_at=5.0))
    with pytest.raises(ApiError, match="invalid_api_key"):
        await credentials.client_of_key(key)


async def test_a_token_until_it_expires(credentials, made, clock):
    client, _ = made
    token, expires = credentials.issue(client)
    assert expires - clock.wall() == 3600
    assert (await credentials.client_of_token(token)).client_id == client.client_id
    clock.advance(3600)
    with pytest.raises(ApiError, match="invalid_token"):
        await credentials.client_of_token(token)


async def test_no_token_is_good_for_longer_than_an_hour(store, keys, clock, made):
    long = Credentials(store, keys.hash_api_key, keys.jwt, clock, token_s=1e6)
    assert long.issue(made[0])[1] - clock.wall() == 3600


async def test_forged_tokens(credentials, keys, clock, made):
    client, _ = made
    token, _ = credentials.issue(client)
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})

    def forge(key=keys.jwt, algorithm="HS256", kid=header["kid"], **changed):
        changed = {**claims, **changed}
        changed = {name: value for name, value in changed.items() if value is not None}
        return jwt.encode(changed, key, algorithm, headers={} if kid is None else {"kid": kid})

    assert (await credentials.client_of_token(forge())).client_id == client.client_id
    now = int(clock.wall())
    forged = [
        forge(key=bytes(32)),
        forge(key=None, algorithm="none"),
        forge(algorithm="HS512", key=keys.jwt * 2),
        forge(kid=None),
        forge(kid="other"),
        forge(iss="other"),
        forge(aud="other"),
        forge(sub=None),
        forge(exp=None),
        forge(iat=None),
        forge(sub=str(uuid.uuid4())),
        forge(exp=now + 86_400),
        forge(boot_exp=int(clock.boot())),
        forge(boot="another", iat=now + 3000, exp=now + 3600),
        forge(boot="another", exp=now),
        forge(boot=None),
        forge(exp=float(now) + 0.5),
        token[:-2],
        token.rpartition(".")[0] + ".",
        "",
        "a.b.c",
        "é",
    ]
    for wrong in forged:
        with pytest.raises(ApiError, match="invalid_token"):
            await credentials.client_of_token(wrong)


async def test_a_token_needs_no_trusted_time_in_its_boot_but_after_a_reboot(store, keys, clock, made):
    def credentials(clock):
        return Credentials(store, keys.hash_api_key, keys.jwt, clock)

    clock.set_wall(0.0, trusted=False)
    client, _ = made
    token, _ = credentials(clock).issue(client)
    clock.set_wall(1_800_000_000.0)
    assert (await credentials(clock).client_of_token(token)).client_id == client.client_id
    token, expires = credentials(clock).issue(client)
    rebooted = ManualClock(1.0, clock.wall(), boot_id="another")
    assert (await credentials(rebooted).client_of_token(token)).client_id == client.client_id
    for wall, trusted in ((clock.wall(), False), (expires, True), (clock.wall() - 100, True)):
        rebooted.set_wall(wall, trusted=trusted)
        with pytest.raises(ApiError, match="invalid_token"):
            await credentials(rebooted).client_of_token(token)


def test_grants():
    client = Client("c", "till", "office", ("enroll",), "p", b"h")
    require(client, "enroll")
    with pytest.raises(ApiError, match="forbidden"):
        require(client, "erase")
