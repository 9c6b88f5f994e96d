"""The kiosk at work: a real vision socket, real sessions, gallery, matcher and encrypted store, and a stand-in for the person."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from api.demanding import Demanding
from api.liveness_settings import LivenessSettings
from api.ports import Store, StoreFull
from api.recognition import GalleryRecognition
from api.records import LOCAL, Attempt, DoorEvent, DoorState, Enrollment, Origin, Person, Visit
from api.sessions import SessionService
from api.settings import SessionSettings
from device.board import Board, Phase, Sign
from device.clock import SystemClock
from device.door.base import Door
from device.door.base import DoorState as Lock
from device.door.simulated import SimulatedDoor
from device.feed import Subscription
from device.kiosk import Kiosk
from device.kiosk_parts import KioskReserved, Parts
from device.pad_settings import PadSettings
from device.second_factor import SecondFactor
from device.settings import DoorSettings, KioskSettings, Variant
from device.vision_link import LOOP, VisionLink
from inference.gallery import Gallery
from inference.manifest import load_manifest
from tests.device.stand_in import StandIn, face_of

ADA, STRANGER = 1, 2
RULES = KioskSettings(visit_timeout_s=3, leave_s=0.3, stale_s=0.5, result_s=0.5, cooldown_s=0.6)


@dataclass
class Scene:
    """A running kiosk and what it said."""

    store: Store
    door: Door
    link: VisionLink
    board: Board
    kiosk: Kiosk
    camera: StandIn
    lines: list[str]
    signs: Subscription[Sign]
    _shown: list[Sign] = field(default_factory=list)

    def shown(self) -> list[Sign]:
        """All that the screen has shown."""
        self._shown += self.signs.take()
        return self._shown

    async def attempts(self) -> list[Attempt]:
        return [attempt for _, attempt in await self.store.attempts(LOCAL)]

    async def visits(self) -> list[Visit]:
        return [visit for _, visit in await self.store.visits()]

    async def events(self) -> list[DoorEvent]:
        return [event for _, event in await self.store.door_events()]

    async def settled(self, visits: int = 1) -> list[Visit]:
        """The visits, once there are as many."""
        async with asyncio.timeout(5):
            while len(found := await self.visits()) < visits:  # noqa: ASYNC110  # rows tell nobody when they come
                await asyncio.sleep(0.02)
        return found


class Failing:
    """A store whose next write of attempts fails, as on a full disk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.full = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def add_attempt(self, attempt: Attempt) -> int:
        if self.full:
            raise StoreFull("no space left")
        return await self._store.add_attempt(attempt)


class Forgetting(Failing):
    """A store from which a person is erased as soon as their success is written."""

    async def add_attempt(self, attempt: Attempt) -> int:
        number = await super().add_attempt(attempt)
        if attempt.success:
            await self._store.erase_person(LOCAL, attempt.user_id or "")
        return number


class RealDoor(SimulatedDoor):
    """What a door with a driver that moves something looks like to the kiosk."""

    real = True


@asynccontextmanager
async def scene(
    folder: Path,
    store: Store,
    door: type[SimulatedDoor] = SimulatedDoor,
    *,
    live: bool = False,
    factor: SecondFactor | None = None,
    grants: tuple[Variant, ...] = DoorSettings().grants,
    rules: KioskSettings = RULES,
) -> AsyncIterator[Scene]:
    model = load_manifest(None).embedding
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        gallery = stack.enter_context(Gallery(model.id, model.dimension))
        recognition = GalleryRecognition(gallery, model.calibration, threshold=0.65, tries=2)
        await store.put_person(Person(LOCAL, "ada", display_name="Ada"))
        template = Enrollment("e", LOCAL, "ada", model.id, face_of(ADA), 0.9, 5, True, Origin.KIOSK, DoorState.CONFIRMED)
        await store.add_enrollment(template)
        recognition.add(template)
        demanding = Demanding(LivenessSettings(policy="basic"), None, clock)
        sessions = SessionService(store, recognition, SessionSettings(), clock, demanding=demanding)
        link = await stack.enter_async_context(VisionLink("camera", folder / "s", model.id, os.getpid))
        entered = await stack.enter_async_context(door(store, clock, grants))
        board, lines = Board(), []
        parts = Parts(link, sessions, store, entered, clock, board, lines.append, factor)
        kiosk = Kiosk(parts, rules, DoorSettings(pulse_s=0.4, grants=grants), PadSettings(open_s=5, claim_s=5))
        camera = await StandIn(link, live).connect()
        running = asyncio.ensure_future(kiosk.run())
        await asyncio.sleep(0)
        signs = stack.enter_context(board.changes.subscribe(1000))
        here = Scene(store, entered, link, board, kiosk, camera, lines, signs)
        try:
            yield here
        finally:
            running.cancel()
            await asyncio.wait({running})
            await here.camera.close()
        if not running.cancelled():
            running.result()


async def test_an_enrolled_person_who_blinks_is_let_in(tmp_path: Path, real_store: Store) -> None:
    async with scene(tmp_path, real_store) as at:
        await at.camera.show(ADA, 0.8)
        (visit,) = await at.settled()
        assert (visit.outcome, visit.reason, visit.user_id) == ("granted", "match", "ada")
        (attempt,) = await at.attempts()
        assert visit.attempts == (attempt.attempt_id,)
        assert attempt.success
        assert attempt.liveness_passed
        assert at.board.sign.phase is Phase.RESULT
        assert (at.board.sign.outcome, at.board.sign.name) == ("granted", "Ada")
        assert "unlocked" in {sign.door for sign in at.shown()}
        assert "blink" in {sign.instruction for sign in at.shown()}
        (line,) = at.lines
        assert line.startswith("granted")
        assert "user ada  confidence 0.9" in line
        await at.camera.show_nobody(0.6)
        assert at.door.state is Lock.LOCKED
        assert [(event.kind, event.attempt_id) for event in await at.events()] == [
            ("unlocked", attempt.attempt_id),
            ("locked", attempt.attempt_id),
        ]
        assert at.board.sign.phase is Phase.WAITING


async def test_a_stranger_is_refused_and_has_to_wait(tmp_path: Path, real_store: Store) -> None:
    async with scene(tmp_path, real_store) as at:
        await at.camera.show(STRANGER, 1.2)
        (visit,) = await at.settled()
        assert (visit.outcome, visit.reason, visit.user_id) == ("refused", "no_match", None)
        assert not await at.events()
        assert {sign.name for sign in at.shown()} == {""}
        assert {sign.reason for sign in at.shown() if sign.outcome == "refused"} == {"no_match"}
        assert any(sign.phase is Phase.PAUSE and sign.seconds == 1 for sign in at.shown())
        assert "refused" in at.lines[0]
        assert "no_match" in at.lines[0]
        attempts = await at.attempts()
        assert visit.attempts == tuple(attempt.attempt_id for attempt in attempts)
        await at.camera.show_nobody(0.7)
        await at.camera.show(ADA, 1.0)
        assert (await at.settled(2))[-1].outcome == "granted"


async def test_who_shows_no_life_is_refused_in_time(tmp_path: Path, real_store: Store) -> None:
    async with scene(tmp_path, real_store) as at:
        await at.camera.show(ADA, RULES.visit_timeout_s + 0.4, blinking=False)
        (visit,) = await at.settled()
        assert (visit.outcome, visit.reason, visit.user_id) == ("refused", "liveness_failed", None)
        assert not await at.events()
        (attempt,) = await at.attempts()
        assert not attempt.liveness_passed
        assert visit.duration_ms == pytest.approx(3000, abs=500)


@pytest.mark.parametrize(
    ("person", "why"),
    [({"status": "disabled"}, "person_disabled"), ({"valid_until": 1.0}, "no_longer_valid")],
)
async def test_a_known_person_without_access_is_refused_by_name(
    tmp_path: Path, real_store: Store, person: dict[str, Any], why: str
) -> None:
    async with scene(tmp_path, real_store) as at:
        await at.store.put_person(replace(Person(LOCAL, "ada"), **person))
        await at.camera.show(ADA, 0.8)
        (visit,) = await at.settled()
        assert visit.outcome == "refused"
        assert visit.reason in (why, "clock_not_trusted")
        assert visit.user_id == "ada"
        assert not await at.events()


async def test_who_is_erased_as_they_are_recognised_is_not_let_in_nor_named(tmp_path: Path, real_store: Store) -> None:
    async with scene(tmp_path, Forgetting(real_store)) as at:
        await at.camera.show(ADA, 0.8)
        (visit,) = await at.settled()
        assert (visit.outcome, visit.reason, visit.user_id) == ("refused", "no_match", None)
        assert not await at.events()
        assert await at.store.person(LOCAL, "ada") is None


async def test_who_leaves_before_a_decision_abandons_the_visit(tmp_path: Path, real_store: Store) -> None:
    async with scene(tmp_path, real_store) as at:
        await at.camera.show(ADA, 0.3, blinking=False)
        await at.camera.show_nobody(0.5)
        (visit,) = await at.settled()
        assert (visit.outcome, visit.reason, visit.attempts) == ("abandoned", "left", ())
        assert not at.lines


async def test_the_past_decides_nothing(tmp_path: Path, real_store: Store) -> None:
    async with scene(tmp_path, real_store) as at:
        await at.camera.show(ADA, 0.8, age_s=0.6)
        assert not await at.attempts()
        await at.camera.show_nobody(0.1)
        await at.camera.show(ADA, 0.8, age_s=0.6)
        assert at.board.sign.phase is Phase.CLOSED
        assert not await at.visits()


@pytest.mark.parametrize("age_s", [-5.0, float("nan"), float("-inf")])
async def test_times_that_cannot_be_decide_nothing(tmp_path: Path, real_store: Store, age_s: float) -> None:
    async with scene(tmp_path, real_store) as at:
        await at.camera.show(ADA, 0.6, age_s=age_s)
        assert not await at.attempts()
        assert not await at.visits()


async def test_numbers_that_are_no_embedding_end_the_visit_and_nothing_else(tmp_path: Path, real_store: Store) -> None:
    async with scene(tmp_path, real_store) as at:
        at.camera.scale = 7.0
        await at.camera.show(ADA, 0.3)
        assert {visit.outcome for visit in await at.settled()} == {"abandoned"}
        at.camera.scale = 1.0
        await at.camera.show(ADA, 0.8)
        assert at.lines[-1].startswith("granted")


async def test_a_vision_that_is_lost_ends_the_visit(tmp_path: Path, real_store: Store) -> None:
    async with scene(tmp_path, real_store) as at:
        await at.camera.show(ADA, 0.3, blinking=False)
        await at.camera.close()
        (visit,) = await at.settled()
        assert (visit.outcome, visit.reason) == ("abandoned", "vision_unavailable")
        assert at.board.sign.phase is Phase.CLOSED
        assert at.board.sign.reason == "vision_unavailable"
        at.camera.link.failures = LOOP
        async with asyncio.timeout(5):
            while at.board.sign.reason != "vision_failing":  # noqa: ASYNC110  # the page hears of it as late as this does
                await asyncio.sleep(0.02)
        await at.link.gone()
        at.camera = await StandIn(at.link).connect()
        await at.camera.show(ADA, 0.8)
        assert (await at.settled(2))[1].outcome == "granted"


async def test_a_decision_that_cannot_be_written_opens_nothing(tmp_path: Path, real_store: Store) -> None:
    failing = Failing(real_store)
    async with scene(tmp_path, failing) as at:  # type: ignore[arg-type]
        failing.full = True
        await at.camera.show(ADA, 0.6)
        assert at.door.state is Lock.LOCKED
        assert at.board.sign.phase is Phase.CLOSED
        assert at.board.sign.reason == "store_failed"
        assert not await at.events()
        assert [visit.outcome for visit in await at.visits()] == ["abandoned"]


async def test_nobody_is_judged_while_the_camera_is_reserved(tmp_path: Path, real_store: Store) -> None:
    async with scene(tmp_path, real_store) as at:
        await at.camera.show(ADA, 0.2, blinking=False)
        async with at.kiosk.reserved():
            with pytest.raises(KioskReserved):
                async with at.kiosk.reserved():
                    pass
            await at.camera.show(ADA, 0.6)
            assert at.board.sign.phase is Phase.RESERVED
            at.kiosk.concluded(enrolled=True)
        await at.camera.show(ADA, 0.2)
        assert (at.board.sign.phase, at.board.sign.outcome) == (Phase.RESULT, "enrolled"), "the person is told"
        (visit,) = await at.visits()
        assert (visit.outcome, visit.reason) == ("abandoned", "reserved")
        await at.camera.show_nobody(0.4)
        await at.camera.show(ADA, 0.8)
        assert (await at.settled(2))[1].outcome == "granted"


@pytest.mark.parametrize("live", [False, True])
async def test_a_real_door_opens_for_a_live_camera_only(tmp_path: Path, real_store: Store, live: bool) -> None:
    async with scene(tmp_path, real_store, RealDoor, live=live) as at:
        await at.camera.show(ADA, 0.8)
        (visit,) = await at.settled()
        assert (visit.outcome, visit.reason) == (("granted", "match") if live else ("refused", "door_refused"))
        assert bool(await at.events()) is live


async def test_stopping_writes_the_visit_under_way(tmp_path: Path, real_store: Store) -> None:
    async with scene(tmp_path, real_store) as at:
        await at.camera.show(ADA, 0.2, blinking=False)
    assert [visit.reason for _, visit in await real_store.visits()] == ["stopped"]


async def test_a_pending_enrolment_opens_nothing_until_it_is_confirmed(tmp_path: Path, real_store: Store) -> None:
    async with scene(tmp_path, real_store) as at:
        (enrollment,) = await at.store.enrollments(LOCAL, "ada")
        await at.store.remove_enrollment(LOCAL, "e")
        await at.store.add_enrollment(replace(enrollment, door=DoorState.PENDING))
        await at.camera.show(ADA, 0.8)
        (visit,) = await at.settled()
        assert (visit.outcome, visit.reason, visit.user_id) == ("refused", "enrollment_not_confirmed", "ada")
        assert not await at.events()
        assert await at.store.confirm_enrollments(LOCAL, "ada") == 1
        await at.camera.show_nobody(0.6)
        await at.camera.show(ADA, 0.8)
        async with asyncio.timeout(5):
            while (await at.visits())[-1].outcome != "granted":  # noqa: ASYNC110  # rows tell nobody when they come
                await asyncio.sleep(0.02)
        assert [event.kind for event in await at.events()][:1] == ["unlocked"]
