"""What operators can do, carried out on the device's own parts: the same in the running kiosk and in kioskctl by itself."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import assert_never

import msgspec

from api.auth import KeyHash
from api.clock import rfc3339
from api.erasure import erase_person
from api.errors import ApiError
from api.links import LinkStore, make_link
from api.ports import Recognition, VisionUnavailable
from api.records import LOCAL, Enrollment, Person
from device import user_commands
from device.aiming_commands import AimClose, AimOpen
from device.certificates import TlsRefused
from device.client_commands import (
    ClientAdd,
    ClientCommand,
    ClientDesk,
    ClientList,
    ClientRevoke,
    ClientRotate,
    ClientShow,
)
from device.clock_commands import ClockConfirm, ClockGiveUp, ClockQuery, ClockSet
from device.command import OperationRefused
from device.commands import QUERIES, AnyCommand, AnyReply
from device.config import Config
from device.enroll_commands import EnrollCamera, EnrollLinkMade, EnrollLinkMake, EnrollPhotos, Photo
from device.enrolling import BLIND_S, Enrolling, LocalCamera, SourceOver
from device.factor_commands import (
    FactorDesk,
    UserCannot,
    UserCardAdd,
    UserCardRemove,
    UserGroups,
    UserPinClear,
    UserPinSet,
    inabilities,
)
from device.health_report import HealthQuery
from device.lan import url
from device.model_commands import ModelCommand, ModelDesk, ModelList, ModelUse, ModelVerify
from device.models import to_enroll_again
from device.operator_commands import OperatorAdd, OperatorDesk, OperatorList, OperatorRemove, OperatorReset, OperatorRole
from device.person_commands import People, PersonDetail, PersonView, UserErase, UserErased, UserList, UserShow
from device.service_commands import ServiceDesk
from device.status_commands import DeviceStatus, Sight, StatusQuery, VisionStatus, VisitLog, VisitView, WatchCamera
from device.user_commands import UserConfirm, UserStateCommand, UserUnlock
from device.views import at, enrollment_view, lockout_view, person_view, sight, visit_view
from device.webhook_commands import (
    WebhookAdd,
    WebhookCommand,
    WebhookList,
    WebhookRemove,
    WebhookRotate,
    WebhookTest,
    carry_out,
)
from inference.journal import event

log = logging.getLogger(__name__)

FOLLOW_S = 0.5
"""Seconds between looks at the log for new visits."""

PAGE = 500
"""Visits read at a time."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the moving parts are, now."""

    control: bool
    """Whether the kiosk is running."""
    uptime_s: float
    camera: VisionStatus
    remote: VisionStatus
    door_state: str


@dataclass(frozen=True, slots=True)
class Operations:
    """Carries out operators' commands; see `device.commands` for what each is and answers.

    Args:
        store: the records.
        recognition: gallery and matcher, told of every change.
        enrolling: enrolments from photos and at the camera.
        camera: the device's own camera.
        config: the checked configuration.
        key_hash: the keyed hash by which API keys are kept.
        health: says how the moving parts are.
        models: the models that are there and in use.
        factors: PINs and cards.
        service: health, clock and aiming view.
        operators: accounts for the admin screen.
    """

    store: LinkStore
    recognition: Recognition
    enrolling: Enrolling
    camera: LocalCamera
    config: Config
    key_hash: KeyHash
    health: Callable[[], Health]
    models: ModelDesk
    factors: FactorDesk
    service: ServiceDesk
    operators: OperatorDesk

    async def perform(self, command: AnyCommand, photos: AsyncIterator[Photo] | None = None) -> AsyncGenerator[AnyReply, None]:
        """Carry out one command; the replies.

        Raises:
            OperationRefused: the device did not do it, and changed nothing.
            StoreError: the store could not; nothing was changed.
        """
        try:
            async with aclosing(self._replies(checked(command), photos)) as replies:
                async for reply in replies:
                    yield reply
            if not isinstance(command, QUERIES):
                name = type(command).__name__
                log.info("operators' command %s done", name, extra=event("operator", command=name))
        except ApiError as error:
            raise OperationRefused(error.code, error.message) from error
        except VisionUnavailable as error:
            raise OperationRefused("vision_unavailable", str(error)) from error

    def _replies(self, command: AnyCommand, photos: AsyncIterator[Photo] | None) -> AsyncGenerator[AnyReply, None]:
        match command:
            case EnrollPhotos():
                return self.enrolling.from_photos(command, photos or _none())
            case EnrollCamera():
                return self.enrolling.at_camera(command)
            case VisitLog():
                return self.visits(command)
            case WatchCamera():
                return self.watch()
            case HealthQuery() | ClockQuery() | ClockSet() | ClockConfirm() | ClockGiveUp() | AimOpen() | AimClose():
                return _once(self.service.carry_out(command))
            case OperatorAdd() | OperatorList() | OperatorRole() | OperatorReset() | OperatorRemove():
                return _once(self.operators.carry_out(command))
            case UserPinSet() | UserPinClear() | UserCardAdd() | UserCardRemove() | UserCannot() | UserGroups():
                return _once(self.factors.carry_out(command))
            case _:
                return _once(self._answer(command))

    async def _answer(
        self,
        command: ClientCommand
        | UserStateCommand
        | UserList
        | UserShow
        | UserErase
        | EnrollLinkMake
        | StatusQuery
        | WebhookCommand
        | ModelCommand,
    ) -> AnyReply:
        match command:
            case ClientAdd() | ClientList() | ClientShow() | ClientRotate() | ClientRevoke():
                desk = ClientDesk(self.store, self.key_hash, self.enrolling.clock, self.enrolling.sessions)
                return await desk.carry_out(command)
            case UserConfirm() | UserUnlock():
                return await user_commands.carry_out(command, self.store)
            case UserList():
                return await self.user_list(command)
            case UserShow():
                return await self.user_show(command)
            case UserErase():
                return await self.user_erase(command)
            case StatusQuery():
                return await self.status()
            case WebhookAdd() | WebhookList() | WebhookRemove() | WebhookRotate() | WebhookTest():
                timeout_s = self.config.events.webhook_timeout_s
                return await carry_out(command, self.store, self.enrolling.clock, timeout_s)
            case EnrollLinkMake():
                return await self.enroll_link(command)
            case ModelList() | ModelVerify() | ModelUse():
                return await self.models.carry_out(command)
            case _:
                assert_never(command)

    async def user_list(self, command: UserList) -> People:
        """The people of a realm, by id."""
        people = await self.store.people(command.realm)
        owned: dict[str, list[Enrollment]] = {}
        for enrollment in await self.store.enrollments(command.realm):
            owned.setdefault(enrollment.user_id, []).append(enrollment)
        return People(people=tuple(self._person_view(person, owned.get(person.user_id, [])) for person in people))

    async def user_show(self, command: UserShow) -> PersonDetail:
        """One person and the enrolments. `OperationRefused`: nobody of that id."""
        person = await self.store.person(command.realm, command.user_id)
        if person is None:
            raise _nobody(command)
        enrollments = await self.store.enrollments(command.realm, command.user_id)
        views = tuple(enrollment_view(enrollment) for enrollment in enrollments)
        failed = await self.store.lockout(command.realm, command.user_id)
        locked = lockout_view(failed, self.config.lockout, self.enrolling.clock)
        pin, cards = await self.factors.of(command.user_id) if command.realm == LOCAL else (None, ())
        return PersonDetail(
            person=self._person_view(person, enrollments),
            enrollments=views,
            lockout=locked,
            pin_number=pin,
            cards=cards,
            cannot=inabilities(person),
        )

    async def user_erase(self, command: UserErase) -> UserErased:
        """Forget a person, at once and everywhere."""
        sessions, realm, user_id = self.enrolling.sessions, command.realm, command.user_id
        enrollments = await erase_person(self.store, self.recognition, sessions, realm, user_id)
        if enrollments is None:
            raise _nobody(command)
        return UserErased(realm=realm, user_id=user_id, enrollments=enrollments)

    async def enroll_link(self, command: EnrollLinkMake) -> EnrollLinkMade:
        """Make a link for enrolment. `OperationRefused`: nothing is served on the network."""
        if not self.config.lan.host:
            raise OperationRefused("lan_off", "there is no listener on the network; do `kioskctl tls init`, then set [lan] host")
        try:
            page = f"{url(self.config.lan)}/enroll/"
        except TlsRefused as error:
            raise OperationRefused("tls_refused", str(error)) from error
        seconds = (command.hours or self.config.enroll.link_hours) * 3600
        clock, name = self.enrolling.clock, command.display_name
        token, expires = await make_link(self.store, self.key_hash, clock, command.user_id, name, seconds)
        return EnrollLinkMade(user_id=command.user_id, url=f"{page}#{token}", expires_at=rfc3339(expires))

    async def visits(self, command: VisitLog) -> AsyncGenerator[VisitView, None]:
        """The newest visits, oldest first, then with `follow` each that comes."""
        newest = await self.store.visits(limit=max(command.count, 1), newest_first=True)
        last = newest[0][0] if newest else 0
        for number, visit in reversed(newest[: command.count]):
            yield visit_view(number, visit)
        if command.follow and not self.health().control:
            raise OperationRefused("not_running", "the kiosk is not running, so no visits come; start it with `kioskctl run`")
        while command.follow:
            await asyncio.sleep(FOLLOW_S)
            for number, visit in await self.store.visits(after=last, limit=PAGE):
                yield visit_view(number, visit)
                last = number

    async def watch(self) -> AsyncGenerator[Sight, None]:
        """What the camera's pipeline sees, frame by frame, the newest where the reader is slow."""
        async with self.camera.look() as view:
            try:
                while (observation := await view.within(BLIND_S)) is not None:
                    yield sight(observation)
            except SourceOver:
                return
        raise OperationRefused("vision_unavailable", f"the camera showed nothing for {BLIND_S:g} s; see `kioskctl status`")

    async def status(self) -> DeviceStatus:
        """How the device is."""
        health, config = self.health(), self.config
        enrollments = await self.store.all_enrollments()
        newest = await self.store.visits(limit=1, newest_first=True)
        compared = self.recognition.compared
        again = to_enroll_again(enrollments, compared[0])
        return DeviceStatus(
            version=_version(),
            control=health.control,
            uptime_s=round(health.uptime_s, 1),
            policy=config.liveness.at_door(live=health.camera.live).value,
            camera=health.camera,
            remote=health.remote,
            model_id=compared[0],
            next_model_id=await self.models.pending(),
            former_model_id=compared[1] if len(compared) > 1 else "",
            transition_days_left=self.models.days_left,
            enroll_again=tuple(sorted(user_id for (realm, user_id), must in again.items() if must and realm == LOCAL)),
            enroll_again_elsewhere=sum(must for (realm, _), must in again.items() if realm != LOCAL),
            people=len(await self.store.people(LOCAL)),
            enrollments=len(enrollments),
            other_models=sum(enrollment.model_id not in compared for enrollment in enrollments),
            clients=len(await self.store.clients()),
            door_driver=config.door.driver,
            door_state=health.door_state,
            last_visit=at(newest[0][1].created_at) if newest else None,
            last_visit_number=newest[0][0] if newest else None,
        )

    def _person_view(self, person: Person, enrollments: Sequence[Enrollment]) -> PersonView:
        return person_view(person, enrollments, self.recognition.compared)


def _nobody(command: UserShow | UserErase) -> OperationRefused:
    return OperationRefused(
        "user_not_found", f"realm {command.realm} has nobody of the id {command.user_id!r}; see `kioskctl user list`"
    )


def checked(command: AnyCommand) -> AnyCommand:
    """The command, its values held to their limits: making a struct does not check them, decoding does.

    Raises:
        OperationRefused: a value is out of range.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(command), AnyCommand)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        raise OperationRefused("invalid_request", str(error)) from error


async def _once(answer: Awaitable[AnyReply]) -> AsyncGenerator[AnyReply, None]:
    yield await answer


async def _none() -> AsyncIterator[Photo]:
    nothing: tuple[Photo, ...] = ()
    for photo in nothing:
        yield photo


def _version() -> str:
    try:
        return version("facekiosk")
    except PackageNotFoundError:
        return "uninstalled"
