"""`kioskctl user pin` and `user card`: asked for at a prompt, never on the command line."""

from typing import Any

import pytest

from api.records import LOCAL, Person
from device.offline import opened
from provisioning.options import Common

PIN = "739218"


@pytest.fixture
async def grace(kioskctl: Any) -> Any:
    """kioskctl on a device that knows grace, without a face."""
    async with opened(Common(kioskctl.file, True).load()) as (store, _, _):
        await store.put_person(Person(LOCAL, "grace"))
    return kioskctl


def test_a_pin_is_asked_for_twice_and_shown_nowhere(grace: Any) -> None:
    answer = grace("user", "pin", "set", "grace", "--number", "4711", answer=f"{PIN}\n{PIN}\n")
    assert answer.code == 0, answer
    assert "4711" in answer.out
    assert PIN not in answer.out + answer.err
    shown = grace.json("user", "show", "grace")
    assert (shown["pin_number"], shown["cards"]) == ("4711", [])
    assert grace("user", "pin", "set", "grace", PIN).code == 2
    assert grace.json("user", "pin", "clear", "grace") == {"user_id": "grace"}
    assert grace.refused("user", "pin", "clear", "grace") == "pin_not_found"


@pytest.mark.parametrize(("typed", "code"), [("111111", "pin_refused"), ("123", "pin_refused")])
def test_a_pin_that_is_guessed_first_is_refused(grace: Any, typed: str, code: str) -> None:
    answer = grace("user", "pin", "set", "grace", "--json", answer=f"{typed}\n{typed}\n")
    assert (answer.code, answer.document["error"]["code"]) == (1, code)


def test_a_card_is_bound_and_taken_away(grace: Any) -> None:
    answer = grace("user", "card", "add", "grace", "--json", answer="0012345678\n")
    card = answer.document["card"]
    assert grace.json("user", "show", "grace")["cards"] == [card]
    assert grace.json("user", "card", "remove", "grace", card)["card"] == card
    assert grace.refused("user", "card", "remove", "grace", card) == "card_not_found"
    assert grace("user", "card", "add", "nobody", "--json", answer="0012345678\n").document["error"]["code"] == "user_not_found"
