"""Operators' enrolments, from photos and at the device's own camera. Made at the device, they count for the door at once."""

import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from api.clock import Clock
from api.erasure import erase_enrollment
from api.errors import MESSAGE, ApiError
from api.feedback import Feedback
from api.ports import Recognition, Store, StoreError
from api.records import LOCAL, Basis, DoorState, Enrollment, Origin, Person, SessionKind, SessionStatus
from api.sessions import SessionService
from api.terms import NewSession
from device.asker import asker
from device.command import OperationRefused
from device.enroll_commands import EnrollCamera, Enrolled, EnrollPhotos, EnrollProgress, EnrollTested, Photo, PhotoJudged
from device.photos import JudgedPhoto, PhotoJudge, of_one_person, pooled
from inference.observation import Observation
from inference.probe import SamplePool

TEST_S = 8.0
"""Seconds that a test match may take."""

BLIND_S = 10.0
"""Seconds without an observation after which the camera counts as not working."""


class SourceOver(Exception):
    """A source that is not live came to its end."""


class View(Protocol):
    """What a camera's pipeline sees; `device.feed.Subscription` is one."""

    async def within(self, seconds: float) -> Observation | None:
        """The next observation, or None when none came in time.

        Raises:
            SourceOver: none will come.
        """


class LocalCamera(Protocol):
    """The device's own camera, as operators use it."""

    @property
    def live(self) -> bool:
        """Whether it shows what is there now: no recording, and no demo. Nothing known of it counts as live."""

    def look(self) -> AbstractAsyncContextManager[View]:
        """What the camera's pipeline sees, until the context ends.

        Raises:
            OperationRefused: the camera does not work; the message says why.
        """

    def reserve(self) -> AbstractAsyncContextManager[View]:
        """The same, while nobody's visit is judged.

        Raises:
            OperationRefused: the camera does not work, or somebody else has reserved it.
        """

    def tell(self, feedback: Feedback) -> None:
        """Say what the person in front is asked now, why, and how far the enrolment is."""

    def release(self) -> None:
        """Ask nothing any more."""

    def conclude(self, *, enrolled: bool) -> None:
        """Say how the enrolment ended."""


@dataclass(slots=True)
class _Ended:
    """How an enrolment at the camera ended; None: not yet."""

    enrolled: bool | None = None


@dataclass(frozen=True, slots=True)
class Enrolling:
    """Carries out operators' enrolments."""

    store: Store
    recognition: Recognition
    sessions: SessionService
    photos: PhotoJudge
    camera: LocalCamera
    clock: Clock
    operator: str
    """Who is written down as having recorded the basis."""

    async def from_photos(
        self, command: EnrollPhotos, photos: AsyncIterator[Photo]
    ) -> AsyncGenerator[EnrollProgress | PhotoJudged | Enrolled, None]:
        """Judge the photos, store one enrolment: the average of those that can be used.

        Raises:
            OperationRefused: no photo can be used, they show different people, or the face is another user's.
            VisionUnavailable: vision is not there.
            StoreError: nothing was stored.
        """
        found: list[JudgedPhoto] = []
        async with aclosing(self.photos.judge(command, photos, found)) as progress:
            async for step in progress:
                yield step
        pool, judged = pooled(of_one_person(found, self.recognition.same_face))
        for candidate in judged:
            yield candidate.answer()
        if not pool.samples:
            raise OperationRefused("poor_image_quality", "no photo can be used; nobody was enrolled")
        if not command.allow_duplicate:
            self._check_unknown(command.user_id, pool)
        yield await self._store(command, pool)

    def _check_unknown(self, user_id: str, pool: SamplePool) -> None:
        other = self.recognition.duplicate_of(LOCAL, pool.mean(), except_user=user_id)
        if other is not None:
            raise OperationRefused(
                "duplicate_person",
                f"this face is enrolled already, as {other.user_id}; nobody was enrolled. "
                "Erase that user first, or say --allow-duplicate if they are two people",
            )

    async def _store(self, command: EnrollPhotos, pool: SamplePool) -> Enrolled:
        enrollment = Enrollment(
            enrollment_id=str(uuid.uuid4()),
            realm=LOCAL,
            user_id=command.user_id,
            model_id=self.recognition.model_id,
            template=pool.mean(),
            quality_score=round(pool.quality(), 4),
            samples=len(pool),
            liveness_verified=False,
            origin=Origin.PHOTOS,
            door=DoorState.CONFIRMED,
            created_at=self.clock.dated(),
            label=command.look,
        )
        async with self.sessions.people.shared():
            await self._note_person(command)
            await self.store.add_enrollment(enrollment)
            self.recognition.add(enrollment)
        return _enrolled(enrollment)

    async def _note_person(self, command: EnrollPhotos | EnrollCamera) -> None:
        """Make the person, or write down what the operator said of one who is known."""
        known = await self.store.person(LOCAL, command.user_id)
        person = known or Person(LOCAL, command.user_id, created_at=self.clock.dated())
        if command.display_name is not None:
            person = replace(person, display_name=command.display_name)
        if command.basis:
            basis = Basis(command.basis, command.basis_text, asker(self.operator), self.clock.wall())
            person = replace(person, basis=basis)
        if person != known:
            await self.store.put_person(person)

    async def at_camera(self, command: EnrollCamera) -> AsyncGenerator[EnrollProgress | Enrolled | EnrollTested, None]:
        """Enrol whoever stands in front of the camera, with the door's liveness; progress is told when it changes.

        Raises:
            OperationRefused: the camera does not work, or the enrolment failed; the message says what to do.
            StoreError: nothing was stored.
        """
        async with self.camera.reserve() as view, self._concluding() as ended:
            wanted = NewSession(
                kind=SessionKind.ENROLLMENT,
                realm=LOCAL,
                user_id=command.user_id,
                origin=Origin.KIOSK,
                door=DoorState.CONFIRMED,
                level=self.sessions.liveness.at_door(live=self.camera.live),
            )
            row = await self.sessions.create(wanted)
            last: EnrollProgress | None = None
            try:
                while True:
                    feedback = await self._next(row.token, view)
                    if feedback.status is SessionStatus.COMPLETED:
                        break
                    self.camera.tell(feedback)
                    step = _progress(feedback)
                    if step != last:
                        yield step
                    last = step
            finally:
                self.camera.release()
                await self.sessions.cancel(row.token)
            await self._note_person(command)
            enrolled = await self._stored(feedback)
            if command.look:
                await self.store.label_enrollment(enrolled.enrollment_id, command.look)
            yield enrolled
            if not command.test:
                ended.enrolled = True
                return
            self.camera.tell(feedback)
            tested = await self._tested(enrolled, view)
            ended.enrolled = tested.result != "no_match"
            yield tested

    @asynccontextmanager
    async def _concluding(self) -> AsyncIterator["_Ended"]:
        """Tell the person in front how it ended, unless an operator stopped it."""
        ended = _Ended()
        try:
            yield ended
        except (OperationRefused, ApiError, StoreError):
            self.camera.conclude(enrolled=False)
            raise
        if ended.enrolled is not None:
            self.camera.conclude(enrolled=ended.enrolled)

    async def _tested(self, enrolled: Enrolled, view: View) -> EnrollTested:
        result = await _test_match(self.sessions, view, enrolled.user_id)
        if result == "no_match":
            await erase_enrollment(self.store, self.recognition, self.sessions, LOCAL, enrolled.enrollment_id)
        return EnrollTested(result=result)

    async def _next(self, token: str, view: View) -> Feedback:
        try:
            observation = await view.within(BLIND_S)
        except SourceOver as error:
            raise OperationRefused("camera_ended", "the recording ended before the enrolment was complete") from error
        if observation is None:
            raise OperationRefused("vision_unavailable", f"the camera showed nothing for {BLIND_S:g} s; see `kioskctl status`")
        feedback = await self.sessions.feed(token, observation)
        if feedback.status not in (SessionStatus.ACTIVE, SessionStatus.COMPLETED):
            why = MESSAGE.get(feedback.outcome, feedback.outcome)
            raise OperationRefused(feedback.outcome, f"{why}; nobody was enrolled. Do what the instruction says and try again")
        return feedback

    async def _stored(self, feedback: Feedback) -> Enrolled:
        enrollments = await self.store.enrollments(LOCAL, feedback.user_id)
        return _enrolled(next(each for each in enrollments if each.enrollment_id == feedback.enrollment_id))


async def _test_match(sessions: SessionService, view: View, user_id: str) -> str:
    """Search for whoever stands in front now as the door would, liveness aside: it was shown a moment ago.

    `matched`, `no_match` (nobody, or another), or `left`: no decision came, as the person went, or another came in between.
    """
    wanted = NewSession(kind=SessionKind.AUTHENTICATION, realm=LOCAL, require_liveness=False, active_s=TEST_S)
    row, track = await sessions.create(wanted), 0
    try:
        while (observation := await view.within(TEST_S)) is not None:
            track = track or observation.track
            if observation.track not in (0, track):
                return "left"
            feedback = await sessions.feed(row.token, observation)
            if feedback.status is SessionStatus.COMPLETED:
                return "matched" if feedback.user_id == user_id else "no_match"
            if feedback.status is not SessionStatus.ACTIVE:
                return "no_match" if feedback.outcome == "no_match" else "left"
    except SourceOver:
        pass
    finally:
        await sessions.cancel(row.token)
    return "left"


def _progress(feedback: Feedback) -> EnrollProgress:
    return EnrollProgress(
        completed_samples=feedback.completed_samples,
        target_samples=feedback.target_samples,
        instruction=feedback.instruction,
        condition=feedback.condition,
    )


def _enrolled(enrollment: Enrollment) -> Enrolled:
    return Enrolled(
        user_id=enrollment.user_id,
        enrollment_id=enrollment.enrollment_id,
        samples=enrollment.samples,
        quality_score=enrollment.quality_score,
        liveness_verified=enrollment.liveness_verified,
        origin=enrollment.origin.value,
        door=enrollment.door.value,
    )
