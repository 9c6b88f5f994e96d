"""PIN pad and card reader at the kiosk: what a PIN or a card does to visit and screen. Judging them is `second_factor`'s."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace

from device.admission import Admission
from device.board import Phase, Sign
from device.kiosk_course import Course
from device.kiosk_parts import Parts, wait_shown
from device.needs import times
from device.pad_settings import PadSettings
from device.second_factor import Presented
from device.settings import KioskSettings
from device.visit import Claim, Outcome, Owed, Visit


class KioskPad:
    """Takes what is typed and shown. One task at a time may use it."""

    def __init__(self, course: Course, parts: Parts, rules: KioskSettings, settings: PadSettings, admission: Admission) -> None:
        self._course = course
        self._parts = parts
        self._rules = rules
        self._settings = settings
        self._admission = admission

    async def open(self) -> None:
        """Somebody opens the pad, or types on it."""
        course = self._course
        if course.state.owed is None:
            await course.break_off("other_means")
            until = self._parts.clock.boot() + self._settings.open_s * self._rules.patience
            course.state = replace(course.state, pad_until=until, shown_until=0.0)
            course.show(Sign(phase=Phase.PAD))

    async def close(self) -> None:
        """Whoever owes a PIN or a card and closes the pad gives up."""
        course = self._course
        if course.state.owed is not None:
            await course.overdue()
        elif self._parts.board.sign.phase is Phase.PAD:
            course.state = replace(course.state, pad_until=0.0, shown_until=0.0)
            course.show(course.resting)

    async def present(self, judge: Callable[[], Awaitable[Presented]]) -> None:
        """A PIN or a card is presented; what came of it is on the board."""
        began = self._parts.clock.boot()
        if self._course.state.owed is None:
            await self._course.break_off("other_means")
        # Nobody is erased between the look at who they are and the rows about them.
        async with self._parts.sessions.people.shared():
            presented = await judge()
            if self._course.state.owed is not None:
                await self._make_up(self._course.state.owed, presented)
            else:
                await self._by_factor(presented, began)

    async def _make_up(self, owed: Owed, presented: Presented) -> None:
        course = self._course
        visit, attempt = course.state.visit, presented.attempt
        if visit is None:
            return
        if attempt is not None:
            visit = replace(visit, attempts=(*visit.attempts, attempt.attempt_id))
            course.state = replace(course.state, visit=visit)
        if presented.person is None or presented.reason:
            course.show(Sign(phase=Phase.FACTOR, reason=presented.reason, seconds=wait_shown(presented.wait_s)))
            return
        same = presented.person.user_id == owed.user_id
        why = await self._admission.unlock(owed.attempt) if same else "make_up_failed"
        outcome = Outcome("refused" if why else "granted", why or "match", owed.user_id, owed.attempt.confidence)
        await course.end(visit, outcome, presented.person)

    async def _by_factor(self, presented: Presented, began: float) -> None:
        course = self._course
        person, attempt, now = presented.person, presented.attempt, self._parts.clock.boot()
        outcome = await self._admission.by_factor(presented)
        if person is not None and attempt is not None and attempt.success:
            longer = times(person, self._rules)
            until = now + self._settings.claim_s * self._rules.patience * longer
            course.state = replace(course.state, claim=Claim(person.user_id, presented.means, attempt.attempt_id, until, longer))
        if outcome is None:
            course.state = replace(course.state, pad_until=0.0)
            course.show(Sign(phase=Phase.WAITING, instruction="look_straight"))
        elif attempt is None:
            course.state = replace(course.state, shown_until=now + self._rules.result_s, pad_until=0.0)
            course.show(Sign(phase=Phase.RESULT, outcome="refused", reason=outcome.reason, seconds=wait_shown(presented.wait_s)))
        else:
            await course.end(Visit(str(uuid.uuid4()), "", began, now, (attempt.attempt_id,)), outcome, person)
