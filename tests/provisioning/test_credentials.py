"""Keys that are changed and clients that are shut out, enrolments confirmed, users unlocked: by kioskctl, on real data."""

import asyncio
import uuid
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from api.auth import prefix_of
from api.lockout import Lockout
from api.records import DoorState, Enrollment, Origin, Person
from device.config import load_config
from device.keys import load_keys
from device.store.store import SqlCipherStore, open_store


@pytest.fixture
def stored(kioskctl) -> Any:
    """Does something in the store of the device, whose kiosk does not run."""

    def stored(work) -> Any:
        async def whole() -> Any:
            config = load_config(kioskctl.file)
            async with open_store(config.database, load_keys(config.paths.key_file)) as store:
                return await work(store)

        return asyncio.run(whole())

    return stored


def test_a_key_is_rotated_with_an_overlap_or_without(kioskctl) -> None:
    first = kioskctl.json("client", "add", "intranet", "--realm", "staff")
    second = kioskctl.json("client", "rotate", "intranet", "--overlap", "2")
    view = kioskctl.json("client", "show", first["client_id"])["client"]
    assert view["key_prefix"] == prefix_of(second["api_key"]) != prefix_of(first["api_key"])
    assert view["former_prefix"] == prefix_of(first["api_key"])
    assert view["former_until"] == second["former_until"]
    third = kioskctl.json("client", "rotate", "intranet", "--overlap", "0")
    assert third["former_until"] is None
    shown = kioskctl("client", "show", "intranet")
    assert "good until" not in shown.out
    for key in (first, second, third):
        assert key["api_key"] not in shown.out + kioskctl("client", "list").out
    assert prefix_of(kioskctl("client", "rotate", "intranet").out.splitlines()[-1])
    assert kioskctl("client", "rotate", "intranet", "--overlap", "-1").code == 2


def test_a_revoked_client_stays_so_and_its_name_is_free(kioskctl) -> None:
    first = kioskctl.json("client", "add", "intranet", "--realm", "staff")
    assert kioskctl("client", "revoke", "intranet", answer="n\n").code == 1
    assert kioskctl.json("client", "show", "intranet")["client"]["revoked"] is False
    assert kioskctl.json("client", "revoke", "intranet", "--yes")["client_id"] == first["client_id"]
    assert kioskctl.json("client", "show", "intranet")["client"]["revoked"] is True
    assert kioskctl.refused("client", "rotate", "intranet") == "client_revoked"
    again = kioskctl.json("client", "add", "intranet", "--realm", "staff")
    assert kioskctl.json("client", "show", "intranet")["client"]["client_id"] == again["client_id"]
    assert kioskctl.refused("client", "revoke", "nobody", "--yes") == "client_not_found"


def test_old_keys_are_marked(kioskctl, stored) -> None:
    kioskctl.json("client", "add", "intranet", "--realm", "staff")

    async def age(store: SqlCipherStore) -> None:
        (client,) = await store.clients()
        await store.put_client(replace(client, key_created_at=1.7e9))

    stored(age)
    (view,) = kioskctl.json("client", "list")["clients"]
    # Where the clock of this machine is not trusted, no age is known.
    assert view["key_old"] == (view["key_age_days"] is not None)
    assert ("client rotate intranet" in kioskctl("client", "list").out) == view["key_old"]


def test_pending_enrolments_are_confirmed(kioskctl, stored) -> None:
    async def enrol(store: SqlCipherStore) -> None:
        await store.put_person(Person("local", "ada"))
        template = np.full(128, 128**-0.5, dtype=np.float32)
        for _ in range(3):
            made = Enrollment(str(uuid.uuid4()), "local", "ada", "m", template, 0.9, 5, True, Origin.CLIENT, DoorState.PENDING)
            await store.add_enrollment(made)

    stored(enrol)
    ids = [each["enrollment_id"] for each in kioskctl.json("user", "show", "ada")["enrollments"]]
    assert kioskctl.json("user", "confirm", "ada", "--enrollment", ids[1]) == {"user_id": "ada", "enrollments": 1}
    assert [each["door"] for each in kioskctl.json("user", "show", "ada")["enrollments"]] == ["pending", "confirmed", "pending"]
    assert kioskctl.json("user", "confirm", "ada")["enrollments"] == 2
    assert kioskctl.refused("user", "confirm", "ada") == "nothing_pending"
    assert kioskctl.refused("user", "confirm", "nobody") == "nothing_pending"


def test_a_locked_out_user_is_unlocked(kioskctl, stored) -> None:
    stored(lambda store: store.put_lockout("staff", "ada", Lockout(50, 3600.0, "boot", 1e9)))
    assert kioskctl.json("user", "unlock", "ada") == {"realm": "local", "user_id": "ada", "failures": 0}
    assert kioskctl.json("user", "unlock", "ada", "--realm", "staff")["failures"] == 50
    assert stored(lambda store: store.lockout("staff", "ada")) == Lockout()
