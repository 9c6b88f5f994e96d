"""Moving to another model: who only the former one knows is recognised by it, and enrolled with the present one in that visit."""

import dataclasses
import uuid

import msgspec
import numpy as np
import pytest

from api.clock import Clock
from api.evidence import sample_of
from api.ports import StoreError
from api.recognition import GalleryRecognition
from api.records import LOCAL, DoorState, Enrollment, Origin, Person, SessionKind, SessionStatus
from api.sessions import SessionService
from api.settings import SessionSettings
from api.terms import NewSession
from api.transition import TransitionRecognition
from inference.gallery import Gallery
from inference.probe import SamplePool

NEW, OLD = "new-model", "old-model"
DIMENSION = 96
"""Of the former model; the one in use has another, so that mixing them up is an error."""


def former_face(person: int, sample: int = 0, noise: float = 0.1) -> np.ndarray:
    """A made-up person as the former model sees them."""
    mean = np.random.default_rng(7_000 + person).standard_normal(DIMENSION)
    other = np.random.default_rng(900_000 + person * 1000 + sample).standard_normal(DIMENSION)
    mixed = mean / np.linalg.norm(mean) + noise * other / np.linalg.norm(other)
    return (mixed / np.linalg.norm(mixed)).astype(np.float32)


def template(user_id: str, model_id: str, vector: np.ndarray, **other) -> Enrollment:
    values = {"realm": LOCAL, "origin": Origin.KIOSK, "door": DoorState.CONFIRMED, **other}
    return Enrollment(
        enrollment_id=f"{user_id}-{model_id}",
        user_id=user_id,
        model_id=model_id,
        template=vector,
        quality_score=0.9,
        samples=5,
        liveness_verified=True,
        **values,
    )


class Device:
    """Sessions over a real store, in a transition that lasts until it is told to be over."""

    def __init__(self, store, recognition: TransitionRecognition, sessions: SessionService, clock: Clock, seen) -> None:
        self.store, self.recognition, self.sessions, self.clock, self.seen = store, recognition, sessions, clock, seen
        self.lasts = True

    async def enrol(self, user_id: str, model_id: str, vector: np.ndarray, **other) -> Enrollment:
        made = template(user_id, model_id, vector, **other)
        await self.store.put_person(Person(made.realm, user_id))
        await self.store.add_enrollment(made)
        self.recognition.add(made)
        return made

    async def visit(self, person: int, *, blinking=True, beside=former_face, claimed=None, realm=LOCAL, client=None, **wanted):
        """Somebody stands before the camera for a while; how the session ended."""
        row = await self.sessions.create(
            NewSession(kind=SessionKind.AUTHENTICATION, realm=realm, user_id=claimed, client_id=client, active_s=8.0, **wanted)
        )
        track = np.random.default_rng(uuid.uuid4().int % 2**32).integers(1, 10_000)
        for n in range(1, 40):
            frame = self.seen(n, time=self.clock.boot(), track=int(track), person=person, blinks=int(blinking and n > 6))
            if beside is not None:
                frame = msgspec.structs.replace(frame, beside=beside(person, n).astype("<f4").tobytes())
            told = await self.sessions.feed(row.token, frame)
            if told.status is not SessionStatus.ACTIVE:
                return told
            self.clock.advance(0.1)
        return await self.sessions.cancel(row.token)

    async def moved(self, user_id: str, realm=LOCAL) -> list[Enrollment]:
        return [each for each in await self.store.enrollments(realm, user_id) if each.origin is Origin.TRANSITION]


@pytest.fixture
def device(store, clock, seen, calibration):
    with Gallery(NEW, 128) as new, Gallery(OLD, DIMENSION) as old:
        present = GalleryRecognition(new, calibration, threshold=0.65, tries=4)
        former = GalleryRecognition(old, calibration, threshold=0.65, tries=4)
        recognition = TransitionRecognition(present, former, lambda: made.lasts)
        made = Device(store, recognition, SessionService(store, recognition, SessionSettings(), clock), clock, seen)
        yield made


async def test_whom_the_former_model_knows_is_let_in_and_known_to_the_present_one_from_then_on(device):
    kept = await device.enrol("ann", OLD, former_face(1))
    told = await device.visit(1)
    assert (told.status, told.user_id) == (SessionStatus.COMPLETED, "ann")
    assert told.attempt.matched_enrollment == kept.enrollment_id
    (moved,) = await device.moved("ann")
    assert (moved.model_id, moved.realm, moved.door, moved.liveness_verified) == (NEW, LOCAL, DoorState.CONFIRMED, True)
    assert moved.template.shape == (128,)
    assert moved.samples >= 2
    assert told.attempt.detail["enrolled"] == moved.enrollment_id

    device.lasts = False
    again = await device.visit(1, beside=None)
    assert (again.status, again.user_id) == (SessionStatus.COMPLETED, "ann")
    assert again.attempt.matched_enrollment == moved.enrollment_id


async def test_after_the_time_the_former_model_is_compared_no_more(device):
    await device.enrol("ann", OLD, former_face(1))
    assert device.recognition.compared == (NEW, OLD)
    device.lasts = False
    assert device.recognition.compared == (NEW,)
    told = await device.visit(1)
    assert (told.status, told.outcome) == (SessionStatus.FAILED, "no_match")
    assert await device.moved("ann") == []


async def test_whom_the_present_model_knows_is_not_sampled(device):
    await device.enrol("ann", OLD, former_face(1))
    device.recognition.add(template("ann", NEW, device.seen(1).vector()))
    told = await device.visit(1)
    assert told.attempt.matched_enrollment == f"ann-{NEW}"
    assert await device.moved("ann") == []


async def test_a_face_that_shows_no_life_moves_nobody(device):
    await device.enrol("ann", OLD, former_face(1))
    waived = await device.visit(1, blinking=False, require_liveness=False)
    assert waived.status is SessionStatus.COMPLETED
    assert await device.moved("ann") == []


async def test_a_stranger_is_let_in_by_neither(device):
    await device.enrol("ann", OLD, former_face(1))
    told = await device.visit(2)
    assert (told.status, told.outcome) == (SessionStatus.FAILED, "no_match")
    assert [each.enrollment_id for each in await device.store.enrollments(LOCAL)] == [f"ann-{OLD}"]


async def test_frames_that_the_former_model_does_not_vouch_for_are_left_out(device):
    await device.enrol("ann", OLD, former_face(1))
    good = tuple(sample_of(beside(device.seen(n), former_face(1, n))) for n in range(1, 7))
    poor = sample_of(beside(device.seen(15), former_face(2, 3)))
    decision = device.recognition.decide(LOCAL, SamplePool(8, samples=(*good, poor)), "ann", 0.0)
    assert decision.success
    assert decision.takeover is not None
    assert decision.takeover.samples == good
    unseen = tuple(dataclasses.replace(sample, beside=None) for sample in good[1:])
    decision = device.recognition.decide(LOCAL, SamplePool(8, samples=(good[0], good[1], *unseen)), "ann", 0.0)
    assert decision.takeover is not None
    assert len(decision.takeover.samples) == 2


def beside(frame, vector):
    return msgspec.structs.replace(frame, beside=vector.astype("<f4").tobytes())


async def test_templates_and_probes_of_two_models_never_meet(device):
    """A template under one model is not found by the same numbers from the other, though both would fit."""
    with Gallery(NEW, 128) as gallery:
        other = template("ann", OLD, device.seen(1).vector())
        assert gallery.replace_all([other]) == 1
        assert not gallery.has_person(LOCAL, "ann")
    device.recognition.add(template("ann", "third-model", device.seen(1).vector()))
    assert device.recognition.decide(LOCAL, SamplePool(8, samples=(sample_of(device.seen(1)),)), "ann", 0.0).reason == (
        "user_not_enrolled"
    )


async def test_a_second_embedding_of_a_wrong_size_or_length_is_none(device):
    await device.enrol("ann", OLD, former_face(1))
    for wrong in (lambda p, n: np.zeros(DIMENSION), lambda p, n: former_face(p, n)[:5], lambda p, n: former_face(p, n) * 3):
        told = await device.visit(1, beside=wrong)
        assert told.outcome == "no_match"


async def test_without_a_transition_a_second_embedding_is_not_looked_at(store, clock, seen, calibration):
    with Gallery(NEW, 128) as gallery:
        recognition = GalleryRecognition(gallery, calibration, threshold=0.65, tries=2)
        sessions = SessionService(store, recognition, SessionSettings(), clock)
        row = await sessions.create(NewSession(kind=SessionKind.AUTHENTICATION, realm=LOCAL))
        for n in range(1, 12):
            told = await sessions.feed(row.token, beside(seen(n, time=n * 0.1, blinks=int(n > 5)), former_face(1)))
            if told.status is not SessionStatus.ACTIVE:
                break
    (_, attempt), *_ = await store.attempts(LOCAL)
    assert attempt.failure_reason == "no_match"


async def test_a_clients_frames_enrol_nobody_for_the_door(device):
    await device.enrol("ann", OLD, former_face(1))
    told = await device.visit(1, client="client", claimed="ann")
    assert told.status is SessionStatus.COMPLETED
    assert await device.moved("ann") == []


async def test_in_a_clients_realm_its_people_move_too(device):
    await device.enrol("ann", OLD, former_face(1), realm="staff", client_id="client", door=DoorState.PENDING)
    told = await device.visit(1, client="client", claimed="ann", realm="staff")
    assert told.status is SessionStatus.COMPLETED
    (moved,) = await device.moved("ann", "staff")
    assert (moved.client_id, moved.door) == ("client", DoorState.PENDING)


async def test_an_unconfirmed_enrolment_moves_nobody_at_the_door(device):
    await device.enrol("ann", OLD, former_face(1), door=DoorState.PENDING)
    assert (await device.visit(1)).status is SessionStatus.COMPLETED
    assert await device.moved("ann") == []


async def test_a_face_that_the_present_model_takes_for_another_is_not_enrolled_with_it(device, caplog):
    await device.enrol("ann", OLD, former_face(1))
    await device.enrol("bert", NEW, device.seen(1).vector())
    told = await device.visit(1, claimed="ann")
    assert (told.status, told.user_id) == (SessionStatus.COMPLETED, "ann")
    assert await device.moved("ann") == []
    assert "another user's" in caplog.text


async def test_nobody_gets_more_than_a_few_templates_this_way(device):
    await device.enrol("ann", OLD, former_face(1))
    for _ in range(5):
        assert (await device.visit(1)).user_id == "ann"
        for each in await device.moved("ann"):
            device.recognition.remove_enrollment(LOCAL, each.enrollment_id)
    assert len(await device.moved("ann")) == 3


async def test_where_the_template_cannot_be_stored_the_person_is_let_in_all_the_same(device, monkeypatch, caplog):
    await device.enrol("ann", OLD, former_face(1))

    async def full(enrollment):
        raise StoreError("no room")

    monkeypatch.setattr(device.store, "add_enrollment", full)
    assert (await device.visit(1)).status is SessionStatus.COMPLETED
    assert "could not be stored" in caplog.text
    monkeypatch.undo()
    assert await device.moved("ann") == []


async def test_erasing_somebody_forgets_the_templates_of_both_models(device):
    await device.enrol("ann", OLD, former_face(1))
    await device.visit(1)
    device.recognition.remove_person(LOCAL, "ann")
    assert (await device.visit(1)).outcome == "no_match"
