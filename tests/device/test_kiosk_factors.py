"""PINs and cards at the running kiosk: the door, confirming a pending enrolment, and the make-up for steps left out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.effects import MAKE_UP
from api.records import LOCAL, DoorState, Person
from device.board import Phase
from device.clock import SystemClock
from device.factor_commands import FactorDesk, UserCardAdd, UserPinSet
from device.keys import load_keys
from device.pad_settings import PadSettings
from device.pad_throttle import PadThrottle
from device.pins import PinHashes
from device.second_factor import FactorParts, SecondFactor, asks_make_up
from device.store.store import SqlCipherStore
from tests.device.test_grants import ATTEMPT
from tests.device.test_kiosk import ADA, STRANGER, Failing, Scene, scene
from tests.device.test_second_factor import CHEAP

PIN, CARD = "739218", "0012345678"


@pytest.fixture
async def factor(real_store: SqlCipherStore, tmp_path: Path) -> SecondFactor:
    """Ada's PIN and card, and bob's PIN, at a kiosk that lets three failures pass."""
    key_hash = load_keys(tmp_path / "keys" / "root.key").hash_api_key
    parts = FactorParts(real_store, real_store.factors, PinHashes(key_hash, CHEAP), key_hash, SystemClock())
    desk = FactorDesk(parts, 6, "root")
    for user_id, number in (("ada", "4711"), ("bob", "815")):
        await real_store.put_person(Person(LOCAL, user_id, display_name=user_id.title()))
        await desk.carry_out(UserPinSet(user_id=user_id, pin=PIN, number=number))
    await desk.carry_out(UserCardAdd(user_id="ada", text=CARD))
    return SecondFactor(parts, PadThrottle(real_store.factors, PadSettings(free_failures=3), SystemClock()))


@pytest.fixture
async def at(real_store: SqlCipherStore, tmp_path: Path, factor: SecondFactor) -> AsyncIterator[Scene]:
    async with scene(tmp_path, real_store, factor=factor) as made:
        yield made


async def said(at: Scene) -> tuple[str, str, str]:
    return at.board.sign.phase.value, at.board.sign.outcome, at.board.sign.reason


@pytest.mark.parametrize(("means", "text"), [("pin", ("4711", PIN)), ("card", (CARD + "\r",))])
async def test_a_pin_or_a_card_opens_by_a_grant_of_its_own(at: Scene, means: str, text: tuple[str, ...]) -> None:
    await at.kiosk.present(means, *text)  # type: ignore[arg-type]
    assert await said(at) == ("result", "granted", means)
    assert at.board.sign.name == "Ada"
    ((attempt,), (visit,), (event, *_)) = await at.attempts(), await at.visits(), await at.events()
    assert (attempt.means, attempt.success, attempt.liveness_passed) == (means, True, False)
    assert (visit.outcome, visit.reason, visit.user_id, visit.attempts) == ("granted", means, "ada", (attempt.attempt_id,))
    assert (event.kind, event.grant, event.attempt_id) == ("unlocked", means, attempt.attempt_id)


async def test_wrong_pins_are_refused_and_then_have_to_wait(at: Scene) -> None:
    for _ in range(3):
        await at.kiosk.present("pin", "4711", "000000")
        assert await said(at) == ("result", "refused", "pin_wrong")
    await at.kiosk.present("pin", "4711", PIN)
    assert await said(at) == ("result", "refused", "locked_out")
    assert at.board.sign.seconds == 30
    assert not await at.events()
    assert [visit.reason for visit in await at.visits()] == ["pin_wrong"] * 3
    assert PIN not in str(at.lines)


async def test_the_pad_works_while_the_camera_does_not(at: Scene) -> None:
    await at.camera.show_nobody(0.1)
    await at.camera.close()
    async with asyncio.timeout(3):
        while at.board.sign.phase is not Phase.CLOSED:  # noqa: ASYNC110  # the board's feed is the test's own
            await asyncio.sleep(0.02)
    await at.kiosk.pad(opened=True)
    assert at.board.sign.phase is Phase.PAD
    await at.kiosk.present("pin", "4711", PIN)
    assert await said(at) == ("result", "granted", "pin")
    async with asyncio.timeout(3):
        while at.board.sign.phase is not Phase.CLOSED:  # noqa: ASYNC110  # the board's feed is the test's own
            await asyncio.sleep(0.02)


async def test_nobody_is_judged_while_somebody_types(at: Scene) -> None:
    await at.camera.show(ADA, 0.2, blinking=False)
    await at.kiosk.pad(opened=True)
    await at.camera.show(ADA, 0.6)
    assert at.board.sign.phase is Phase.PAD
    assert [visit.reason for visit in await at.visits()] == ["other_means"]
    await at.kiosk.pad(opened=False)
    await at.camera.show(ADA, 0.8)
    assert (await at.settled(2))[1].outcome == "granted"


async def test_where_pins_open_nothing_they_open_nothing(
    real_store: SqlCipherStore, tmp_path: Path, factor: SecondFactor
) -> None:
    async with scene(tmp_path, real_store, factor=factor, grants=("camera",)) as at:
        await at.kiosk.present("pin", "4711", PIN)
        assert (at.board.sign.phase, at.board.sign.instruction) == (Phase.WAITING, "look_straight")
        assert not await at.events()
        assert [attempt.means for attempt in await at.attempts()] == ["pin"]
        await at.camera.show(ADA, 0.8)
        (visit,) = await at.settled()
        assert (visit.outcome, visit.reason) == ("granted", "match")
        assert len(visit.attempts) == 2, "the PIN's is the visit's too"


async def test_a_store_that_fails_opens_nothing(real_store: SqlCipherStore, tmp_path: Path, factor: SecondFactor) -> None:
    failing = Failing(real_store)
    factor._store = failing  # type: ignore[assignment]
    async with scene(tmp_path, failing, factor=factor) as at:  # type: ignore[arg-type]
        failing.full = True
        await at.kiosk.present("pin", "4711", PIN)
        assert (at.board.sign.phase, at.board.sign.reason) == (Phase.CLOSED, "store_failed")
        assert not await at.events()


async def make_pending(at: Scene) -> None:
    (enrollment,) = await at.store.enrollments(LOCAL, "ada")
    await at.store.remove_enrollment(LOCAL, enrollment.enrollment_id)
    await at.store.add_enrollment(replace(enrollment, door=DoorState.PENDING))


async def test_a_pending_enrolment_is_confirmed_by_pin_and_then_the_face(at: Scene, real_store: SqlCipherStore) -> None:
    await make_pending(at)
    await at.kiosk.present("pin", "4711", PIN)
    assert at.board.sign.confirm
    await at.camera.show_nobody(0.6)
    await at.camera.show(ADA, 0.8)
    assert [visit.reason for visit in await at.settled(2)] == ["pin", "match"]
    (enrollment,) = await at.store.enrollments(LOCAL, "ada")
    assert enrollment.door is DoorState.CONFIRMED
    act = (await real_store.factors.acts("ada"))[-1]
    assert (act.act, act.operator, act.detail["means"]) == ("enrollment_confirmed", "kiosk", "pin")


async def test_neither_another_pin_nor_another_face_confirms_it(at: Scene) -> None:
    await make_pending(at)
    await at.kiosk.present("pin", "815", PIN)
    assert not at.board.sign.confirm
    await at.camera.show_nobody(0.6)
    await at.camera.show(ADA, 0.8)
    assert "enrollment_not_confirmed" in {visit.reason for visit in await at.settled(2)}
    await at.camera.show_nobody(0.6)
    await at.kiosk.present("pin", "4711", PIN)
    await at.camera.show_nobody(0.6)
    await at.camera.show(STRANGER, 1.2)
    await at.settled(4)
    assert [visit.reason for visit in await at.visits() if visit.outcome == "granted"] == ["pin", "pin"]
    (enrollment,) = await at.store.enrollments(LOCAL, "ada")
    assert enrollment.door is DoorState.PENDING


@pytest.fixture
async def owing(
    real_store: SqlCipherStore, tmp_path: Path, factor: SecondFactor, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    """A kiosk at which every face asks for the make-up."""
    monkeypatch.setattr("device.admission.asks_make_up", lambda attempt: attempt.means == "camera")
    async with scene(tmp_path, real_store, factor=factor) as made:
        yield made


async def owed(at: Scene) -> None:
    await at.camera.show(ADA, 0.8)
    assert at.board.sign.phase is Phase.FACTOR
    assert not await at.events()
    assert not await at.visits()


async def test_the_make_up_opens_together_with_the_face(owing: Scene) -> None:
    await owed(owing)
    await owing.kiosk.present("pin", "4711", "000000")
    assert (owing.board.sign.phase, owing.board.sign.reason) == (Phase.FACTOR, "pin_wrong")
    await owing.kiosk.present("card", CARD)
    (visit,) = await owing.visits()
    assert (visit.outcome, visit.reason, visit.user_id, len(visit.attempts)) == ("granted", "match", "ada", 3)
    assert [event.grant for event in await owing.events()] == ["camera"]


async def test_somebody_elses_pin_is_no_make_up(owing: Scene) -> None:
    await owed(owing)
    await owing.kiosk.present("pin", "815", PIN)
    (visit,) = await owing.visits()
    assert (visit.outcome, visit.reason) == ("refused", "make_up_failed")
    assert not await owing.events()


async def test_who_gives_the_make_up_up_is_refused(owing: Scene) -> None:
    await owed(owing)
    await owing.kiosk.pad(opened=True)
    assert owing.board.sign.phase is Phase.FACTOR
    await owing.kiosk.pad(opened=False)
    (visit,) = await owing.visits()
    assert (visit.outcome, visit.reason) == ("refused", "make_up_missing")
    assert not await owing.events()


async def test_a_make_up_that_does_not_come_is_a_refusal(owing: Scene) -> None:
    owing.kiosk._settings = owing.kiosk._settings.model_copy(update={"claim_s": 0.6})
    await owing.camera.show(ADA, 0.8)
    await owing.camera.show_nobody(0.6)
    (visit,) = await owing.settled()
    assert (visit.outcome, visit.reason) == ("refused", "make_up_missing")
    assert not await owing.events()


async def test_a_pin_just_before_the_face_is_the_make_up(owing: Scene) -> None:
    await owing.kiosk.present("card", CARD)
    await owing.camera.show_nobody(0.6)
    await owing.camera.show(ADA, 0.8)
    assert [(visit.outcome, visit.reason) for visit in await owing.settled(2)] == [("granted", "card"), ("granted", "match")]


def test_an_attempt_says_so_where_it_asks_for_the_make_up() -> None:
    assert not asks_make_up(ATTEMPT)
    assert asks_make_up(replace(ATTEMPT, detail={MAKE_UP: True}))
