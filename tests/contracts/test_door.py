"""What every door must do: the same tests for each driver."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from api.clock import Clock
from api.ports import Store, StoreError
from api.records import LOCAL, DoorEvent, Person
from device.clock import SystemClock
from device.door.base import Door, DoorState
from device.door.drivers import make_door
from device.grants import CameraGrant, CardGrant, GrantRefused, OperatorGrant
from device.keys import create_root_key, load_keys
from device.settings import DoorSettings
from device.store.store import open_store

ADA = CameraGrant("ada", "11111111-1111-4111-8111-111111111111")
DRIVERS = ("simulated",)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create_root_key(tmp_path / "keys" / "root.key")
    async with open_store(tmp_path / "facekiosk.db", load_keys(tmp_path / "keys" / "root.key"), create=True) as store:
        yield store


@pytest.fixture(params=DRIVERS)
def make(request: pytest.FixtureRequest) -> Callable[[Store], Door]:
    def made(store: Store) -> Door:
        clock: Clock = SystemClock()
        return make_door(DoorSettings(driver=request.param), store, clock)

    return made


async def events(store: Store) -> Sequence[DoorEvent]:
    return [event for _, event in await store.door_events()]


async def locked(door: Door) -> None:
    async with asyncio.timeout(5):
        while door.state is not DoorState.LOCKED:  # noqa: ASYNC110  # a door tells nobody when it locks
            await asyncio.sleep(0.01)


async def test_it_begins_locked_and_locks_in_time(make: Callable[[Store], Door], store: Store) -> None:
    await store.put_person(Person(LOCAL, "ada"))
    async with make(store) as door:
        assert door.state is DoorState.LOCKED
        began = asyncio.get_running_loop().time()
        await door.unlock(ADA, 0.3)
        assert door.state is DoorState.UNLOCKED
        await locked(door)
        assert 0.25 < asyncio.get_running_loop().time() - began < 2
    kinds = [(event.kind, event.grant, event.user_id, event.attempt_id) for event in await events(store)]
    assert kinds == [("unlocked", "camera", "ada", ADA.attempt_id), ("locked", "camera", "ada", ADA.attempt_id)]


async def test_who_is_erased_while_it_is_open_is_named_no_more(make: Callable[[Store], Door], store: Store) -> None:
    await store.put_person(Person(LOCAL, "ada"))
    async with make(store) as door:
        await door.unlock(ADA, 0.2)
        await store.erase_person(LOCAL, "ada")
        await locked(door)
    assert [(event.kind, event.user_id) for event in await events(store)] == [("unlocked", None), ("locked", None)]


async def test_a_second_grant_lengthens_and_never_shortens(make: Callable[[Store], Door], store: Store) -> None:
    async with make(store) as door:
        began = asyncio.get_running_loop().time()
        await door.unlock(ADA, 0.6)
        await door.unlock(CardGrant(ADA.user_id, ADA.attempt_id), 0.1)
        await asyncio.sleep(0.3)
        assert door.state is DoorState.UNLOCKED
        await locked(door)
        assert asyncio.get_running_loop().time() - began > 0.55
        await door.unlock(ADA, 0.1)
        assert door.state is DoorState.UNLOCKED
        await locked(door)
    assert [event.kind for event in await events(store)] == ["unlocked", "unlocked", "locked", "unlocked", "locked"]


async def test_it_is_locked_when_it_is_left(make: Callable[[Store], Door], store: Store) -> None:
    async with make(store) as door:
        await door.unlock(ADA, 30)
    assert door.state is DoorState.LOCKED
    assert [event.kind for event in await events(store)] == ["unlocked", "locked"]


async def test_grants_that_are_switched_off_open_nothing(make: Callable[[Store], Door], store: Store) -> None:
    async with make(store) as door:
        with pytest.raises(GrantRefused, match="operator"):
            await door.unlock(OperatorGrant("olga"), 1)
        assert door.state is DoorState.LOCKED
    assert not await events(store)


class Broken:
    """A store that keeps events until it is told to fail."""

    def __init__(self) -> None:
        self.failing = False

    async def add_door_event(self, event: DoorEvent) -> int:
        if self.failing:
            raise StoreError("no space left")
        return 1

    async def person(self, realm: str, user_id: str) -> Person | None:
        if self.failing:
            raise StoreError("no space left")
        return Person(realm, user_id)


async def test_what_cannot_be_recorded_does_not_happen(make: Callable[[Store], Door]) -> None:
    store = Broken()
    async with make(store) as door:  # type: ignore[arg-type]
        store.failing = True
        with pytest.raises(StoreError):
            await door.unlock(ADA, 1)
        assert door.state is DoorState.LOCKED


async def test_it_locks_even_if_that_cannot_be_recorded(make: Callable[[Store], Door]) -> None:
    store = Broken()
    async with make(store) as door:  # type: ignore[arg-type]
        await door.unlock(ADA, 0.1)
        store.failing = True
        await locked(door)
        store.failing = False
        await door.unlock(ADA, 0.1)
        assert door.state is DoorState.UNLOCKED
