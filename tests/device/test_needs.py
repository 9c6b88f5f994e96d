"""Longer times for people who cannot hurry: of whom it holds, and that visit, make-up and result last longer for them."""

from pathlib import Path

import pytest

from api.records import LOCAL, Person
from device.needs import times
from device.second_factor import SecondFactor
from device.settings import KioskSettings
from device.store.store import SqlCipherStore
from tests.device.test_kiosk import ADA, RULES, scene
from tests.device.test_kiosk_factors import CARD, factor

__all__ = ["factor"]


def test_a_word_in_the_record_or_a_group_gives_time_and_nothing_else_does() -> None:
    rules = KioskSettings(unhurried=3, unhurried_groups=("dialysis",))
    assert times(Person(LOCAL, "ann", accommodations=("turn", "hurry")), rules) == 3
    assert times(Person(LOCAL, "ann", groups=("all", "dialysis")), rules) == 3
    assert times(Person(LOCAL, "ann", groups=("all",), accommodations=("turn",)), rules) == 1
    assert times(None, rules) == 1


@pytest.mark.parametrize("longer", [1, 4])
async def test_a_card_gives_its_person_a_longer_visit_and_result(
    tmp_path: Path, real_store: SqlCipherStore, factor: SecondFactor, longer: float
) -> None:
    rules = RULES.model_copy(update={"unhurried": longer})
    async with scene(tmp_path, real_store, factor=factor, grants=("camera",), rules=rules) as at:
        await real_store.put_person(Person(LOCAL, "ada", "Ada", accommodations=("hurry",)))
        asked = at.kiosk._parts.clock.boot()
        await at.kiosk.present("card", CARD)
        claim = at.kiosk._course.state.claim
        assert claim is not None
        assert 0 <= claim.until - asked - 5 * longer < 2
        await at.camera.show(ADA, 0.8)
        (visit,) = await at.settled()
        assert (visit.outcome, visit.reason) == ("granted", "match")
        left = at.kiosk._course.state.shown_until - at.kiosk._parts.clock.boot()
        assert (left > RULES.result_s) == (longer > 1)
        (session,) = at.kiosk._parts.sessions._sessions.values()
        assert session.state.terms.active_s == RULES.visit_timeout_s * longer
