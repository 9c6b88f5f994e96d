"""The kiosk at work: observations of the local camera in, decisions, grants and visit rows out. Its rules are in `device.visit`.

Fail secure: a stale observation, a vision that is gone, or a store that fails ends the visit, and the door stays shut.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Literal

from api.errors import ApiError
from api.feedback import Feedback
from api.records import LOCAL, Attempt, Person, SessionStatus
from device.admission import MAKE_UP, Admission
from device.board import Phase, Sign
from device.frontage import Gate
from device.kiosk_course import Course
from device.kiosk_pad import KioskPad
from device.kiosk_parts import KioskReserved, Parts, approached, asking
from device.needs import times
from device.pad_settings import PadSettings
from device.settings import DoorSettings, KioskSettings
from device.visit import Do, Outcome, Owed, Visit, seen
from inference.observation import Observation

log = logging.getLogger(__name__)

TICK_S = 0.25
"""How often the kiosk looks around when no observation comes, seconds."""

DEPTH = 8
"""Observations that may wait while rows are written; older ones go."""

FUTURE_S = 0.1
"""Seconds that an observation's time may be ahead: the clock is one, but is read in two processes."""


class Kiosk:
    """Runs visits, one at a time."""

    def __init__(self, parts: Parts, rules: KioskSettings, door: DoorSettings, pad: PadSettings | None = None) -> None:
        self._parts = parts
        self._rules = rules.patient()
        self._settings = pad or PadSettings()
        self._admission = Admission(parts.link, parts.store, parts.door, parts.clock, parts.factor, door.grants, door.pulse_s)
        self._course = Course(parts, self._rules, self._admission)
        self._pad = KioskPad(self._course, parts, self._rules, self._settings, self._admission)
        self._gate = Gate()
        parts.link.embed(on=self._rules.frontage == "staff")
        self._fresh_at: float | None = None
        self._reserved = False
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Judge whoever comes, until cancelled; then a visit under way is written down as broken off."""
        with self._parts.link.observations.subscribe(DEPTH) as subscription:
            try:
                while True:
                    observation = await subscription.within(TICK_S)
                    async with self._turn:
                        await self._course.guarded(partial(self._step, observation))
            finally:
                await self._course.break_off("stopped")

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
                await self._course.break_off("reserved")
            self._parts.board.show(Sign(phase=Phase.RESERVED))
            self._parts.link.embed(on=True)
            yield
        finally:
            self._parts.link.embed(on=self._rules.frontage == "staff")
            self._reserved = False

    def concluded(self, *, enrolled: bool) -> None:
        """An operator's enrolment ended; its person is told, and nobody's visit begins meanwhile."""
        until = self._parts.clock.boot() + self._rules.result_s
        self._course.state = replace(self._course.state, shown_until=until)
        self._course.show(Sign(phase=Phase.RESULT, outcome="enrolled" if enrolled else "not_enrolled", progress=1.0))

    async def pad(self, *, opened: bool) -> None:
        """Somebody opens the pad, types on it, or closes it."""
        async with self._turn:
            if not self._reserved and self._parts.factor is not None:
                await self._course.guarded(self._pad.open if opened else self._pad.close)

    def tapped(self) -> None:
        """Somebody touched the screen."""
        self._gate = self._gate.asked(self._parts.clock.boot(), self._rules)

    async def present(self, means: Literal["pin", "card"], *said: str) -> None:
        """A PIN (`number`, `pin`) or a card (`text`) is presented; what came of it is on the board."""
        factor = self._parts.factor
        if factor is not None:
            judging = partial(factor.pin if means == "pin" else factor.card, *said)
            async with self._turn:
                if not self._reserved:
                    self.tapped()
                    await self._course.guarded(partial(self._pad.present, judging))

    async def _step(self, observation: Observation | None) -> None:
        now = self._parts.clock.boot()
        if observation is None or not -FUTURE_S <= now - observation.time <= self._rules.stale_s:
            await self._unseen(now)
            return
        self._fresh_at, self._course.resting = now, Sign(phase=Phase.WAITING)
        if self._reserved or now < self._course.broken_until:
            return
        self._gate = self._gate.seen(observation, now, self._rules)
        asked = self._gate.open(now, self._rules, visiting=self._course.state.visit is not None)
        self._parts.link.embed(on=asked)
        self._course.state, do = seen(self._course.state, observation, now, self._rules)
        match do:
            case Do.NOTHING | Do.BEGIN if not asked:
                self._course.show(self._idle(None, now))
            case Do.NOTHING:
                self._course.show(self._idle(observation, now), observation)
            case Do.BEGIN:
                await self._course.begin(now)
                await self._feed(observation)
            case Do.FEED:
                await self._feed(observation)
            case Do.LEAVE:
                await self._course.break_off("left")
            case Do.OVERDUE:
                await self._course.overdue()

    async def _unseen(self, now: float) -> None:
        if self._fresh_at is None:
            self._rest(now)
        elif now - self._fresh_at > self._rules.stale_s:
            await self._blind()

    def _rest(self, now: float) -> None:
        """No observation comes: show why, unless somebody types or reads an answer."""
        if self._parts.link.failing:
            self._course.resting = Sign(phase=Phase.CLOSED, reason="vision_failing")
        if not self._reserved and now >= max(self._course.state.shown_until, self._course.state.pad_until):
            self._course.show(self._course.resting)

    async def _blind(self) -> None:
        """Vision is gone, or shows only the past."""
        self._fresh_at = None
        log.warning("no fresh observation for %g s; the door stays shut", self._rules.stale_s)
        await self._course.break_off("vision_unavailable")
        self._course.resting = Sign(phase=Phase.CLOSED, reason="vision_unavailable")
        if self._parts.clock.boot() >= self._course.state.pad_until:
            self._course.show(self._course.resting)

    def _idle(self, observation: Observation | None, now: float) -> Sign:
        """What is shown between visits; None: whoever is there is not looked at."""
        shown = self._parts.board.sign
        if shown.phase is Phase.RESULT and (now < self._course.state.shown_until or self._course.state.let_in):
            return shown
        if self._course.state.owed is not None or now < self._course.state.pad_until:
            return shown
        left = self._course.state.cooldown.left(now)
        if observation is None:
            return Sign(phase=Phase.WAITING)
        if left and observation.faces:
            return Sign(phase=Phase.PAUSE, seconds=float(round(left + 0.5)))
        return approached(observation)

    async def _feed(self, observation: Observation) -> None:
        visit = self._course.state.visit
        if visit is None:
            return
        try:
            feedback = await self._parts.sessions.feed(visit.token, observation)
        except ApiError:
            # The sweep of sessions whose time is over came first; what it decided is written.
            feedback = await self._parts.sessions.status(visit.token)
        if feedback.attempt is not None:
            self._course.state = self._course.state.decided(feedback.attempt.attempt_id, feedback.attempt.failure_reason)
        if feedback.status is SessionStatus.ACTIVE:
            self._parts.link.instruct(feedback.instruction)
            self._course.show(asking(feedback), observation)
        else:
            await self._conclude(self._course.state.visit or visit, feedback)

    async def _conclude(self, visit: Visit, feedback: Feedback) -> None:
        attempt = feedback.attempt
        if feedback.status not in (SessionStatus.COMPLETED, SessionStatus.FAILED):
            await self._course.break_off(feedback.outcome or "session_expired")
            return
        # Nobody is erased between the look at who they are and the visit's row; before it, they are nobody's name.
        async with self._parts.sessions.people.shared():
            user = attempt.user_id if attempt is not None else None
            person = None if user is None else await self._parts.store.person(LOCAL, user)
            if feedback.status is SessionStatus.COMPLETED and attempt is not None:
                await self._by_face(visit, attempt, person)
            else:
                confidence = attempt.confidence if attempt is not None else None
                outcome = Outcome("refused", feedback.outcome, person.user_id if person else None, confidence)
                await self._course.end(visit, outcome)

    async def _by_face(self, visit: Visit, attempt: Attempt, person: Person | None) -> None:
        now = self._parts.clock.boot()
        claim = None if person is None else self._course.state.claimed(person.user_id, now)
        outcome = await self._admission.by_face(attempt, person, claim)
        if claim is not None:
            self._course.state = replace(self._course.state, claim=None)
        if outcome.outcome != MAKE_UP.outcome or person is None:
            await self._course.end(visit, outcome, person)
            return
        if self._parts.factor is None:
            await self._course.end(visit, Outcome("refused", "make_up_missing", person.user_id, attempt.confidence))
            return
        until = now + self._settings.claim_s * self._rules.patience * times(person, self._rules)
        self._course.state = replace(self._course.state, owed=Owed(attempt, person.user_id, until))
        self._parts.link.instruct("")
        self._course.show(Sign(phase=Phase.FACTOR))
