"""The kiosk at work: observations of the local camera in, decisions, grants and visit rows out. Its rules are in `device.visit`.

Fail secure: a stale observation, a vision that is gone, or a store that fails ends the visit, and the door stays shut.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Literal

import msgspec

from api.errors import ApiError
from api.feedback import Feedback
from api.ports import StoreError
from api.records import LOCAL, Attempt, Person, SessionKind, SessionStatus
from api.terms import NewSession
from device.admission import MAKE_UP, Admission
from device.board import Phase, Sign, framed
from device.frontage import Gate
from device.kiosk_parts import KioskReserved, Parts, asking, line, visit_row, wait_shown
from device.pad_settings import PadSettings
from device.second_factor import Presented
from device.settings import DoorSettings, KioskSettings
from device.visit import Claim, Do, Outcome, Owed, State, Visit, abandoned, seen
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


class Kiosk:
    """Runs visits, one at a time."""

    def __init__(self, parts: Parts, rules: KioskSettings, door: DoorSettings, pad: PadSettings | None = None) -> None:
        self._parts = parts
        self._rules = rules.patient()
        self._pad = pad or PadSettings()
        self._admission = Admission(parts.link, parts.store, parts.door, parts.clock, parts.factor, door.grants, door.pulse_s)
        self._state = State()
        self._gate = Gate()
        parts.link.embed(on=self._rules.frontage == "staff")
        self._resting = Sign()
        """What is shown while no observation comes."""
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
                        await self._guarded(partial(self._step, observation))
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
            self._parts.link.embed(on=True)
            yield
        finally:
            self._parts.link.embed(on=self._rules.frontage == "staff")
            self._reserved = False

    async def pad(self, *, opened: bool) -> None:
        """Somebody opens the pad, types on it, or closes it."""
        async with self._turn:
            if not self._reserved and self._parts.factor is not None:
                await self._guarded(self._open_pad if opened else self._close_pad)

    async def _open_pad(self) -> None:
        if self._state.owed is None:
            await self._break_off("other_means")
            until = self._parts.clock.boot() + self._pad.open_s * self._rules.patience
            self._state = replace(self._state, pad_until=until, shown_until=0.0)
            self._show(Sign(phase=Phase.PAD))

    async def _close_pad(self) -> None:
        """Whoever owes a PIN or a card and closes the pad gives up."""
        if self._state.owed is not None:
            await self._overdue()
        elif self._parts.board.sign.phase is Phase.PAD:
            self._state = replace(self._state, pad_until=0.0, shown_until=0.0)
            self._show(self._resting)

    def tapped(self) -> None:
        """Somebody touched the screen."""
        self._gate = self._gate.asked(self._parts.clock.boot(), self._rules)

    async def present(self, means: Literal["pin", "card"], *said: str) -> None:
        """A PIN (`number`, `pin`) or a card (`text`) is presented; what came of it is on the board."""
        factor = self._parts.factor
        if factor is not None:
            judging = partial(factor.pin if means == "pin" else factor.card, *said)
            async with self._turn:
                await self._guarded(partial(self._present, judging))

    async def _present(self, judge: Callable[[], Awaitable[Presented]]) -> None:
        if self._reserved:
            return
        began = self._parts.clock.boot()
        self.tapped()
        if self._state.owed is None:
            await self._break_off("other_means")
        # Nobody is erased between the look at who they are and the rows about them.
        async with self._parts.sessions.people.shared():
            presented = await judge()
            if self._state.owed is not None:
                await self._make_up(self._state.owed, presented)
            else:
                await self._by_factor(presented, began)

    async def _make_up(self, owed: Owed, presented: Presented) -> None:
        visit, attempt = self._state.visit, presented.attempt
        if visit is None:
            return
        if attempt is not None:
            visit = replace(visit, attempts=(*visit.attempts, attempt.attempt_id))
            self._state = replace(self._state, visit=visit)
        if presented.person is None or presented.reason:
            self._show(Sign(phase=Phase.FACTOR, reason=presented.reason, seconds=wait_shown(presented.wait_s)))
            return
        same = presented.person.user_id == owed.user_id
        why = await self._admission.unlock(owed.attempt) if same else "make_up_failed"
        outcome = Outcome("refused" if why else "granted", why or "match", owed.user_id, owed.attempt.confidence)
        await self._end(visit, outcome, presented.person)

    async def _by_factor(self, presented: Presented, began: float) -> None:
        person, attempt, now = presented.person, presented.attempt, self._parts.clock.boot()
        outcome = await self._admission.by_factor(presented)
        if person is not None and attempt is not None and attempt.success:
            until = now + self._pad.claim_s * self._rules.patience
            self._state = replace(self._state, claim=Claim(person.user_id, presented.means, attempt.attempt_id, until))
        if outcome is None:
            self._state = replace(self._state, pad_until=0.0)
            self._show(Sign(phase=Phase.WAITING, instruction="look_straight"))
        elif attempt is None:
            self._state = replace(self._state, shown_until=now + self._rules.result_s, pad_until=0.0)
            self._show(Sign(phase=Phase.RESULT, outcome="refused", reason=outcome.reason, seconds=wait_shown(presented.wait_s)))
        else:
            await self._end(Visit(str(uuid.uuid4()), "", began, now, (attempt.attempt_id,)), outcome, person)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
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
            await self._unseen(now)
            return
        self._fresh_at, self._resting = now, Sign(phase=Phase.WAITING)
        if self._reserved or now < self._broken_until:
            return
        self._gate = self._gate.seen(observation, now, self._rules)
        asked = self._gate.open(now, self._rules, visiting=self._state.visit is not None)
        self._parts.link.embed(on=asked)
        self._state, do = seen(self._state, observation, now, self._rules)
        match do:
            case Do.NOTHING | Do.BEGIN if not asked:
                self._show(self._idle(None, now))
            case Do.NOTHING:
                self._show(self._idle(observation, now), observation)
            case Do.BEGIN:
                await self._begin(now)
                await self._feed(observation)
            case Do.FEED:
                await self._feed(observation)
            case Do.LEAVE:
                await self._break_off("left")
            case Do.OVERDUE:
                await self._overdue()

    async def _unseen(self, now: float) -> None:
        if self._fresh_at is None:
            self._rest(now)
        elif now - self._fresh_at > self._rules.stale_s:
            await self._blind()

    def _rest(self, now: float) -> None:
        """No observation comes: show why, unless somebody types or reads an answer."""
        if self._parts.link.failing:
            self._resting = Sign(phase=Phase.CLOSED, reason="vision_failing")
        if not self._reserved and now >= max(self._state.shown_until, self._state.pad_until):
            self._show(self._resting)

    async def _blind(self) -> None:
        """Vision is gone, or shows only the past."""
        self._fresh_at = None
        log.warning("no fresh observation for %g s; the door stays shut", self._rules.stale_s)
        await self._break_off("vision_unavailable")
        self._resting = Sign(phase=Phase.CLOSED, reason="vision_unavailable")
        if self._parts.clock.boot() >= self._state.pad_until:
            self._show(self._resting)

    async def _overdue(self) -> None:
        visit, owed = self._state.visit, self._state.owed
        if visit is not None and owed is not None:
            await self._end(visit, Outcome("refused", "make_up_missing", owed.user_id, owed.attempt.confidence))

    def _idle(self, observation: Observation | None, now: float) -> Sign:
        """What is shown between visits; None: whoever is there is not looked at."""
        shown = self._parts.board.sign
        if shown.phase is Phase.RESULT and (now < self._state.shown_until or self._state.let_in):
            return shown
        if self._state.owed is not None or now < self._state.pad_until:
            return shown
        left = self._state.cooldown.left(now)
        if observation is None:
            return Sign(phase=Phase.WAITING)
        if left and observation.faces:
            return Sign(phase=Phase.PAUSE, seconds=float(round(left + 0.5)))
        return Sign(phase=Phase.WAITING, condition=observation.condition if observation.faces else "")

    async def _begin(self, now: float) -> None:
        hello = self._parts.link.hello
        level = self._parts.sessions.liveness.at_door(live=hello is None or hello.live)
        wanted = NewSession(kind=SessionKind.AUTHENTICATION, realm=LOCAL, level=level, active_s=self._rules.visit_timeout_s)
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
            self._show(asking(feedback), observation)
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
                await self._by_face(visit, attempt, person)
            else:
                confidence = attempt.confidence if attempt is not None else None
                await self._end(visit, Outcome("refused", feedback.outcome, person.user_id if person else None, confidence))

    async def _by_face(self, visit: Visit, attempt: Attempt, person: Person | None) -> None:
        now = self._parts.clock.boot()
        claim = None if person is None else self._state.claimed(person.user_id, now)
        outcome = await self._admission.by_face(attempt, person, claim)
        if claim is not None:
            self._state = replace(self._state, claim=None)
        if outcome.outcome != MAKE_UP.outcome or person is None:
            await self._end(visit, outcome, person)
            return
        if self._parts.factor is None:
            await self._end(visit, Outcome("refused", "make_up_missing", person.user_id, attempt.confidence))
            return
        until = now + self._pad.claim_s * self._rules.patience
        self._state = replace(self._state, owed=Owed(attempt, person.user_id, until))
        self._parts.link.instruct("")
        self._show(Sign(phase=Phase.FACTOR))

    async def _end(self, visit: Visit, outcome: Outcome, person: Person | None = None) -> None:
        """Write the visit, tell it, welcome whom it lets in, and begin the pause where one is due."""
        now = self._parts.clock.boot()
        self._state = self._state.ended(outcome, now, self._rules)
        granted = outcome.outcome == "granted"
        name = (person.display_name or person.user_id) if granted and person is not None else ""
        confirm = granted and outcome.reason != "match" and await self._admission.pending(outcome.user_id or "")
        if confirm:
            # The face is to be judged again at once, although its person is in.
            self._state = replace(self._state, let_in=0)
        self._parts.link.instruct("")
        milliseconds = round((now - visit.began) * 1000)
        if outcome.outcome != "abandoned":
            self._parts.announce(line(outcome, milliseconds))
            sign = Sign(phase=Phase.RESULT, outcome=outcome.outcome, reason=outcome.reason, name=name, progress=1.0)
            language = person.language if granted and person is not None else ""
            self._show(msgspec.structs.replace(sign, confirm=confirm, language=language))
        await self._parts.store.add_visit(visit_row(visit, outcome, milliseconds, self._parts.clock))
        level = logging.INFO if outcome.outcome == "abandoned" else logging.DEBUG
        log.log(level, "visit %s %s: %s after %d ms", visit.visit_id, outcome.outcome, outcome.reason, milliseconds)

    async def _break_off(self, reason: str) -> None:
        """End a visit under way without a decision of its own. Never raises for the store: the visit is over either way."""
        visit = self._state.visit
        if visit is None:
            return
        try:
            if self._state.owed is None:
                await self._parts.sessions.cancel(visit.token)
            await self._end(visit, abandoned(visit, reason))
        except (StoreError, ApiError) as error:
            log.error("visit %s could not be written: %s", visit.visit_id, error)
        finally:
            self._state = replace(self._state, visit=None, owed=None)

    def _show(self, sign: Sign, observation: Observation | None = None) -> None:
        sign = sign if observation is None else framed(sign, observation)
        self._parts.board.show(msgspec.structs.replace(sign, door=self._parts.door.state.value))
