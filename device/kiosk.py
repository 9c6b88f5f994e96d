"""The kiosk at work: observations of the local camera in, decisions, grants and visit rows out. Its rules are in `device.visit`.

Fail secure: a stale observation, a vision that is gone, or a store that fails ends the visit, and the door stays shut.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import msgspec

from api.clock import Clock
from api.errors import ApiError
from api.feedback import Feedback
from api.ports import Store, StoreError
from api.records import LOCAL, Attempt, Person, SessionKind, SessionStatus
from api.records import Visit as VisitRow
from api.sessions import SessionService
from api.terms import NewSession
from device.access import refusal
from device.board import Board, Phase, Sign, framed
from device.door.base import Door
from device.grants import GrantRefused, camera_grant
from device.settings import DoorSettings, KioskSettings
from device.vision_link import VisionLink
from device.visit import Do, Outcome, State, Visit, abandoned, seen
from inference.observation import Observation

log = logging.getLogger(__name__)

TICK_S = 0.25
"""How often the kiosk looks around when no observation comes, seconds."""

DEPTH = 8
"""Observations that may wait while rows are written; older ones go."""

FUTURE_S = 0.1
"""Seconds that an observation's time may be ahead: the clock is one, but is read in two processes."""

RETRY_S = 2.0
"""Seconds out of service after the store failed."""


class KioskReserved(Exception):
    """Somebody else has reserved the camera."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the kiosk works with."""

    link: VisionLink
    sessions: SessionService
    store: Store
    door: Door
    clock: Clock
    board: Board
    announce: Callable[[str], None]
    """Told one line per decision."""


class Kiosk:
    """Runs visits, one at a time."""

    def __init__(self, parts: Parts, rules: KioskSettings, door: DoorSettings) -> None:
        self._parts = parts
        self._rules = rules
        self._pulse_s = door.pulse_s
        self._state = State()
        self._fresh_at: float | None = None
        self._broken_until = 0.0
        self._reserved = False
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Judge whoever comes, until cancelled; then a visit under way is written down as broken off."""
        with self._parts.link.observations.subscribe(DEPTH) as subscription:
            try:
                while True:
                    observation = await subscription.within(TICK_S)
                    async with self._turn:
                        await self._guarded(observation)
            finally:
                await self._break_off("stopped")

    @asynccontextmanager
    async def reserved(self) -> AsyncIterator[None]:
        """No visit is judged until the context ends.

        Raises:
            KioskReserved: it is reserved already.
        """
        if self._reserved:
            raise KioskReserved("somebody else is using the kiosk's camera; try again when they are done")
        self._reserved = True
        try:
            async with self._turn:
                await self._break_off("reserved")
            self._parts.board.show(Sign(phase=Phase.RESERVED))
            yield
        finally:
            self._reserved = False

    async def _guarded(self, observation: Observation | None) -> None:
        try:
            await self._step(observation)
        except StoreError as error:
            log.error("the store failed; the door stays shut: %s: %s", type(error).__name__, error)
            self._broken_until = self._parts.clock.boot() + RETRY_S
            await self._break_off("store_failed")
            self._show(Sign(phase=Phase.CLOSED, reason="store_failed"))
        except ValueError as error:
            # Vision is not trusted: numbers that are no embedding end the visit, not the kiosk.
            log.error("an observation cannot be judged: %s", error)
            await self._break_off("vision_unavailable")

    async def _step(self, observation: Observation | None) -> None:
        now = self._parts.clock.boot()
        if observation is None or not -FUTURE_S <= now - observation.time <= self._rules.stale_s:
            if self._fresh_at is not None and now - self._fresh_at > self._rules.stale_s:
                await self._blind()
            elif self._parts.link.failing:
                self._show(Sign(phase=Phase.CLOSED, reason="vision_failing"))
            return
        self._fresh_at = now
        if self._reserved or now < self._broken_until:
            return
        self._state, do = seen(self._state, observation, now, self._rules)
        match do:
            case Do.NOTHING:
                self._show(self._idle(observation, now), observation)
            case Do.BEGIN:
                await self._begin(now)
                await self._feed(observation)
            case Do.FEED:
                await self._feed(observation)
            case Do.LEAVE:
                await self._break_off("left")

    async def _blind(self) -> None:
        """Vision is gone, or shows only the past."""
        self._fresh_at = None
        log.warning("no fresh observation for %g s; the door stays shut", self._rules.stale_s)
        await self._break_off("vision_unavailable")
        self._show(Sign(phase=Phase.CLOSED, reason="vision_unavailable"))

    def _idle(self, observation: Observation, now: float) -> Sign:
        shown = self._parts.board.sign
        if shown.phase is Phase.RESULT and (now < self._state.shown_until or self._state.let_in):
            return shown
        left = self._state.cooldown.left(now)
        if left and observation.faces:
            return Sign(phase=Phase.PAUSE, seconds=float(round(left + 0.5)))
        return Sign(phase=Phase.WAITING, condition=observation.condition if observation.faces else "")

    async def _begin(self, now: float) -> None:
        wanted = NewSession(kind=SessionKind.AUTHENTICATION, realm=LOCAL, active_s=self._rules.visit_timeout_s)
        row = await self._parts.sessions.create(wanted)
        self._state = self._state.began(str(uuid.uuid4()), row.token, now)

    async def _feed(self, observation: Observation) -> None:
        visit = self._state.visit
        if visit is None:
            return
        try:
            feedback = await self._parts.sessions.feed(visit.token, observation)
        except ApiError:
            # The sweep of sessions whose time is over came first; what it decided is written.
            feedback = await self._parts.sessions.status(visit.token)
        if feedback.attempt is not None:
            self._state = self._state.decided(feedback.attempt.attempt_id, feedback.attempt.failure_reason)
        if feedback.status is SessionStatus.ACTIVE:
            self._parts.link.instruct(feedback.instruction)
            self._show(_asking(feedback), observation)
        else:
            await self._conclude(self._state.visit or visit, feedback)

    async def _conclude(self, visit: Visit, feedback: Feedback) -> None:
        attempt = feedback.attempt
        if feedback.status not in (SessionStatus.COMPLETED, SessionStatus.FAILED):
            await self._break_off(feedback.outcome or "session_expired")
            return
        # Nobody is erased between the look at who they are and the visit's row; before it, they are nobody's name.
        async with self._parts.sessions.people.shared():
            user = attempt.user_id if attempt is not None else None
            person = None if user is None else await self._parts.store.person(LOCAL, user)
            if feedback.status is SessionStatus.COMPLETED and attempt is not None:
                await self._end(visit, *await self._let_in(attempt, person))
            else:
                confidence = attempt.confidence if attempt is not None else None
                await self._end(visit, Outcome("refused", feedback.outcome, person.user_id if person else None, confidence))

    async def _let_in(self, attempt: Attempt, person: Person | None) -> tuple[Outcome, str]:
        """Open the door for a decision whose row is committed, unless something stands against it; and whom to welcome."""
        if person is None:
            return Outcome("refused", "no_match", None, attempt.confidence), ""
        enrollments = await self._parts.store.enrollments(LOCAL, person.user_id)
        matched = next((each for each in enrollments if each.enrollment_id == attempt.matched_enrollment), None)
        why = refusal(person, matched, self._parts.clock.dated()) or await self._unlock(attempt)
        if why:
            return Outcome("refused", why, person.user_id, attempt.confidence), ""
        return Outcome("granted", "match", person.user_id, attempt.confidence), person.display_name or person.user_id

    async def _unlock(self, attempt: Attempt) -> str:
        """Grant and pulse; why not, if not."""
        hello = self._parts.link.hello
        try:
            grant = camera_grant(attempt, live=hello is not None and hello.live, door_real=self._parts.door.real)
            await self._parts.door.unlock(grant, self._pulse_s)
        except GrantRefused as error:
            log.warning("no grant: %s", error)
            return "door_refused"
        return ""

    async def _end(self, visit: Visit, outcome: Outcome, name: str = "") -> None:
        """Write the visit, tell it, and begin the pause where one is due."""
        now = self._parts.clock.boot()
        self._state = self._state.ended(outcome, now, self._rules)
        self._parts.link.instruct("")
        milliseconds = round((now - visit.began) * 1000)
        if outcome.outcome != "abandoned":
            self._parts.announce(line(outcome, milliseconds))
            self._show(Sign(phase=Phase.RESULT, outcome=outcome.outcome, reason=outcome.reason, name=name, progress=1.0))
        await self._parts.store.add_visit(self._row(visit, outcome, milliseconds))
        level = logging.INFO if outcome.outcome == "abandoned" else logging.DEBUG
        log.log(level, "visit %s %s: %s after %d ms", visit.visit_id, outcome.outcome, outcome.reason, milliseconds)

    def _row(self, visit: Visit, outcome: Outcome, milliseconds: int) -> VisitRow:
        clock = self._parts.clock
        return VisitRow(
            visit_id=visit.visit_id,
            outcome=outcome.outcome,
            reason=outcome.reason,
            user_id=outcome.user_id,
            confidence=outcome.confidence,
            duration_ms=milliseconds,
            attempts=visit.attempts,
            boot_id=clock.boot_id,
            boot_time=clock.boot(),
            created_at=clock.dated(),
        )

    async def _break_off(self, reason: str) -> None:
        """End a visit under way without a decision of its own. Never raises for the store: the visit is over either way."""
        visit = self._state.visit
        if visit is None:
            return
        try:
            await self._parts.sessions.cancel(visit.token)
            await self._end(visit, abandoned(visit, reason))
        except (StoreError, ApiError) as error:
            log.error("visit %s could not be written: %s", visit.visit_id, error)
        finally:
            self._state = replace(self._state, visit=None)

    def _show(self, sign: Sign, observation: Observation | None = None) -> None:
        sign = sign if observation is None else framed(sign, observation)
        self._parts.board.show(msgspec.structs.replace(sign, door=self._parts.door.state.value))


def _asking(feedback: Feedback) -> Sign:
    return Sign(
        phase=Phase.VISIT, instruction=feedback.instruction, condition=feedback.condition, progress=round(feedback.progress, 2)
    )


def line(outcome: Outcome, milliseconds: int) -> str:
    """A decision as one line: word, user, confidence, reason, milliseconds from first face to decision."""
    confidence = "-" if outcome.confidence is None else f"{outcome.confidence:.2f}"
    user = "".join(each if each.isprintable() else "?" for each in outcome.user_id or "-")
    return f"{outcome.outcome:7}  user {user}  confidence {confidence}  {outcome.reason}  {milliseconds} ms"
