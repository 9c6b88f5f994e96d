"""Operators' commands on a real store and gallery; those that need vision are tested with kioskctl itself."""

import contextlib
import dataclasses
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from api.lockout import LockoutSettings
from api.lockouts import Lockouts
from api.ports import StoreFull
from api.records import LOCAL, DoorState, Enrollment, Origin, Person, Visit
from device.command import OperationRefused
from device.commands import QUERIES, AnyCommand
from device.factor_commands import UserPinClear, UserPinSet
from device.offline import offline
from device.operations import Operations
from device.person_commands import People, PersonDetail, UserErase, UserErased, UserList, UserShow
from device.setup import create, plan
from device.status_commands import DeviceStatus, StatusQuery, VisitLog, VisitView
from device.user_commands import LockoutView, UserUnlock
from inference.probe import Sample, SamplePool


@pytest.fixture
async def operations(tmp_path: Path) -> AsyncIterator[Operations]:
    file = tmp_path / "facekiosk.toml"
    text, _ = plan(file)
    async with offline(create(file, text)) as made:
        yield made


def face(number: int) -> np.ndarray:
    vector = np.random.default_rng(number).standard_normal(128)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def enrollment(user_id: str, **other: Any) -> Enrollment:
    values = {
        "enrollment_id": f"{user_id}-1",
        "realm": LOCAL,
        "user_id": user_id,
        "model_id": "another-model",
        "template": face(len(user_id)),
        "quality_score": 0.8,
        "samples": 5,
        "liveness_verified": False,
        "origin": Origin.PHOTOS,
        "door": DoorState.CONFIRMED,
    }
    return Enrollment(**values | other)  # type: ignore[arg-type]


async def enrol(operations: Operations, user_id: str, **other: Any) -> Enrollment:
    made = enrollment(user_id, **{"model_id": operations.recognition.model_id} | other)
    await operations.store.put_person(Person(made.realm, user_id, status=other.get("status", "active")))
    await operations.store.add_enrollment(made)
    operations.recognition.add(made)
    return made


async def ask(operations: Operations, command: AnyCommand) -> Any:
    (reply,) = [reply async for reply in operations.perform(command)]
    return reply


def named(operations: Operations, user_id: str) -> str | None:
    """Whom the gallery takes two good samples of the person for."""
    pool = SamplePool()
    for number, noise in enumerate((0.0, 0.02)):
        vector = face(len(user_id)) + noise * face(99)
        pool = pool.offer(Sample((vector / np.linalg.norm(vector)).astype(np.float32), 0.9, None, float(number), 1))
    return operations.recognition.decide(LOCAL, pool, None, 0.0).user_id


async def test_the_door_knows_only_confirmed_enrolments_of_the_model_in_use(operations: Operations) -> None:
    await enrol(operations, "known")
    await enrol(operations, "pending", door=DoorState.PENDING)
    await enrol(operations, "older", model_id="another-model")
    await enrol(operations, "guest", realm="staff")
    await operations.store.put_person(Person(LOCAL, "nothing"))
    people = await ask(operations, UserList())
    assert isinstance(people, People)
    assert {view.user_id: view.door for view in people.people} == {
        "known": True,
        "nothing": False,
        "older": False,
        "pending": False,
    }
    status = await ask(operations, StatusQuery())
    assert isinstance(status, DeviceStatus)
    assert (status.people, status.enrollments, status.other_models) == (4, 4, 1)
    shown = await ask(operations, UserShow(user_id="guest", realm="staff"))
    assert isinstance(shown, PersonDetail)
    assert shown.person.door is False


async def test_a_lock_out_and_a_face_that_is_somebody_elses_are_shown(operations: Operations) -> None:
    await enrol(operations, "grace", duplicate=True)
    shown = await ask(operations, UserShow(user_id="grace"))
    assert shown.enrollments[0].duplicate
    assert shown.lockout == LockoutView(failures=0, disabled=False, wait_s=0)
    lockouts = Lockouts(operations.store, LockoutSettings(), operations.enrolling.clock)
    for _ in range(6):
        await lockouts.failed(LOCAL, "grace")
    locked = (await ask(operations, UserShow(user_id="grace"))).lockout
    assert (locked.failures, locked.disabled) == (6, False)
    assert 50 < locked.wait_s <= 60
    for _ in range(44):
        await lockouts.failed(LOCAL, "grace")
    assert (await ask(operations, UserShow(user_id="grace"))).lockout == LockoutView(failures=50, disabled=True, wait_s=None)
    await ask(operations, UserUnlock(user_id="grace"))
    assert (await ask(operations, UserShow(user_id="grace"))).lockout.failures == 0


async def test_a_disabled_person_is_not_the_doors(operations: Operations) -> None:
    await enrol(operations, "gone")
    person = await operations.store.person(LOCAL, "gone")
    assert person is not None
    await operations.store.put_person(dataclasses.replace(person, status="disabled"))
    assert (await ask(operations, UserShow(user_id="gone"))).person.door is False


async def test_erasing_forgets_in_store_and_index_at_once(operations: Operations) -> None:
    await enrol(operations, "grace")
    await enrol(operations, "other-person")
    assert named(operations, "grace") == "grace"
    erased = await ask(operations, UserErase(user_id="grace"))
    assert erased == UserErased(realm=LOCAL, user_id="grace", enrollments=1)
    assert named(operations, "grace") is None
    assert named(operations, "other-person") == "other-person"
    with pytest.raises(OperationRefused):
        await ask(operations, UserShow(user_id="grace"))


async def test_an_erasure_that_fails_changes_nothing(operations: Operations, monkeypatch: pytest.MonkeyPatch) -> None:
    await enrol(operations, "grace")

    async def full(realm: str, user_id: str) -> bool:
        raise StoreFull("no space is left")

    monkeypatch.setattr(operations.store, "erase_person", full)
    with pytest.raises(StoreFull):
        await ask(operations, UserErase(user_id="grace"))
    assert named(operations, "grace") == "grace"
    assert (await ask(operations, UserShow(user_id="grace"))).person.enrollments == 1


async def test_the_journal_hears_of_what_changes_something_and_of_no_question(
    operations: Operations, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    acts: list[str] = []
    operations.store.watch.on_act.append(acts.append)
    await enrol(operations, "anna")
    for command in (StatusQuery(), UserShow(user_id="anna"), UserPinSet(user_id="anna", pin="394857"), UserList()):
        [reply async for reply in operations.perform(command)]
    with pytest.raises(OperationRefused):
        [reply async for reply in operations.perform(UserErase(user_id="nobody"))]
    for _ in range(2):  # the second one finds nothing to change
        with contextlib.suppress(OperationRefused):
            [reply async for reply in operations.perform(UserPinClear(user_id="anna"))]
    told = [record.fields["command"] for record in caplog.records if getattr(record, "event", "") == "operator"]  # type: ignore[attr-defined]
    assert told == ["UserPinSet", "UserPinClear"]
    assert acts == ["pin_set", "pin_cleared"]
    assert "anna" not in caplog.text


def test_what_asks_is_no_change() -> None:
    asking = {each.__name__ for each in QUERIES}
    named = {each.__name__ for each in get_args(AnyCommand) if re.search("List$|Show$|Query$|Log$|Verify$|^Watch", each.__name__)}
    assert asking == named


async def test_the_log_shows_the_newest_oldest_first(operations: Operations) -> None:
    for number in range(5):
        visit = Visit(f"visit-{number}", "refused", "no_match", None, None, 1000, (), "boot", float(number))
        await operations.store.add_visit(visit)
    told = [reply async for reply in operations.perform(VisitLog(count=3))]
    assert [reply.visit_id for reply in told if isinstance(reply, VisitView)] == ["visit-2", "visit-3", "visit-4"]
    assert [reply async for reply in operations.perform(VisitLog(count=0))] == []


async def test_values_out_of_range_are_refused_before_anything_is_done(operations: Operations) -> None:
    for command in (UserErase(user_id=""), UserList(realm="no such/realm"), VisitLog(count=-1)):
        with pytest.raises(OperationRefused) as refused:
            await ask(operations, command)
        assert refused.value.code == "invalid_request"
