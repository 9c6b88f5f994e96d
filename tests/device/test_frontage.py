"""On a public frontage nobody is embedded before they ask, and nothing that is written holds anybody's vector."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest

from api.ports import Store
from api.records import LOCAL
from device.board import Phase
from device.frontage import Gate
from device.settings import KioskSettings
from inference.channel import Embed, Instruct, ToVision, read_from_control
from inference.observation import Observation
from tests.device.stand_in import face_of
from tests.device.test_kiosk import ADA, RULES, STRANGER, Scene, scene

PUBLIC = RULES.model_copy(update={"frontage": "public", "mark_eye_distance": 100.0, "tap_s": 3.0})


def looked(track: int, eyes: float) -> Observation:
    return Observation(seq=1, time=0.0, width=640, height=480, track=track, eye_distance=eyes)


def test_a_staff_door_is_always_open_and_a_public_one_for_those_who_ask() -> None:
    public = KioskSettings(frontage="public", mark_eye_distance=60, mark_s=0.5, tap_s=10, patience=2)
    assert Gate().open(0.0, KioskSettings(), visiting=False)
    assert not Gate().open(0.0, public, visiting=False)
    assert Gate().open(0.0, public, visiting=True)
    asked = Gate().asked(100.0, public)
    assert asked.open(119.9, public, visiting=False)
    assert not asked.open(120.1, public, visiting=False)


def test_the_mark_counts_for_one_face_that_stays_there() -> None:
    public = KioskSettings(frontage="public", mark_eye_distance=60, mark_s=0.5)
    gate = Gate().seen(looked(1, 59), 0.0, public)
    assert not gate.open(9.0, public, visiting=False)
    gate = gate.seen(looked(1, 61), 10.0, public)
    assert not gate.open(10.4, public, visiting=False)
    assert gate.seen(looked(1, 61), 10.4, public).open(10.5, public, visiting=False)
    assert not gate.seen(looked(2, 61), 10.4, public).open(10.6, public, visiting=False), "somebody else"
    assert not gate.seen(looked(1, 50), 10.4, public).open(10.6, public, visiting=False), "a step back"
    assert not gate.seen(looked(0, 0), 10.4, public).open(10.6, public, visiting=False), "gone"


@pytest.fixture
async def at(tmp_path: Path, real_store: Store) -> AsyncIterator[Scene]:
    async with scene(tmp_path, real_store, rules=PUBLIC) as made:
        yield made


async def told(at: Scene) -> list[ToVision]:
    """What vision was told so far."""
    at.link.send(Instruct("end of what was told"))
    found: list[ToVision] = []
    while (message := await read_from_control(at.camera._reader)) is not None:
        if getattr(message, "instruction", "") == "end of what was told":
            break
        found.append(message)
    return found


async def test_nobody_is_judged_or_embedded_before_they_ask(at: Scene) -> None:
    await at.camera.show(ADA, 0.6)
    assert [message for message in await told(at) if isinstance(message, Embed)] == [Embed(on=False)]
    assert at.board.sign.phase is Phase.WAITING
    assert at.board.sign.face is None
    assert not await at.visits()
    at.kiosk.tapped()
    await at.camera.show_nobody(0.1)
    assert [message for message in await told(at) if isinstance(message, Embed)] == [Embed(on=True)]
    await at.camera.show(ADA, 0.8)
    assert (await at.settled())[0].outcome == "granted"


async def test_an_operator_who_enrols_somebody_has_them_embedded(at: Scene) -> None:
    await at.camera.show_nobody(0.1)
    await told(at)
    async with at.kiosk.reserved():
        assert await told(at) == [Embed(on=True)]
    assert await told(at) == [Embed(on=False)]


async def test_an_unknown_persons_vector_is_in_nothing_that_is_written(tmp_path: Path, real_store: Store) -> None:
    async with scene(tmp_path, real_store) as at:
        await at.camera.show(STRANGER, 1.2)
        await at.settled()
        rows = [*await at.attempts(), *await at.visits(), *await at.events()]
        sessions = [await at.store.session(attempt.session_token) for attempt in await at.attempts()]
        assert {each.user_id for each in await at.store.enrollments(LOCAL)} == {"ada"}
    assert rows
    written = [value for row in (*rows, *sessions) if row is not None for value in leaves(asdict(row))]
    assert not any(isinstance(value, bytes) for value in written)
    vector = {round(float(number), 4) for sample in range(60) for number in face_of(STRANGER, sample)}
    numbers = {round(value, 4) for value in written if isinstance(value, float)}
    assert len(numbers & vector) < 4, "numbers that are in it by chance alone"


def leaves(value: object) -> list[object]:
    """Every value in nested dicts and lists."""
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list | tuple):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [value]
