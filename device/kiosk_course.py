"""The course of the visit there is: begun, broken off, ended, written down, shown. Who ends it, and why, is decided elsewhere.

Fail secure: a store that fails ends the visit, and the door stays shut.
"""

import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec

from api.errors import ApiError
from api.ports import StoreError
from api.records import LOCAL, Person, SessionKind
from api.terms import NewSession
from device.admission import Admission
from device.board import Phase, Sign, framed
from device.kiosk_parts import Parts, line, visit_row
from device.needs import times
from device.settings import KioskSettings
from device.visit import Outcome, State, Visit, abandoned
from inference.observation import Observation

log = logging.getLogger(__name__)

RETRY_S = 2.0
"""Seconds out of service after the store failed."""


class Course:
    """The kiosk's state, and the steps that write and show it. One task at a time may take one."""

    def __init__(self, parts: Parts, rules: KioskSettings, admission: Admission) -> None:
        self._parts = parts
        self._rules = rules
        self._admission = admission
        self.state = State()
        self.resting = Sign()
        """What is shown while no observation comes."""
        self.broken_until = 0.0

    async def begin(self, now: float) -> None:
        """A session for the face in front."""
        hello = self._parts.link.hello
        level = self._parts.sessions.liveness.at_door(live=hello is None or hello.live)
        claim = self.state.claim
        longer = claim.times if claim is not None and now < claim.until else 1.0
        active_s = self._rules.visit_timeout_s * longer
        wanted = NewSession(kind=SessionKind.AUTHENTICATION, realm=LOCAL, level=level, active_s=active_s)
        row = await self._parts.sessions.create(wanted)
        self.state = self.state.began(str(uuid.uuid4()), row.token, now)

    async def end(self, visit: Visit, outcome: Outcome, person: Person | None = None) -> None:
        """Write the visit, tell it, welcome whom it lets in, and begin the pause where one is due."""
        now = self._parts.clock.boot()
        self.state = self.state.ended(outcome, now, self._rules, times(person, self._rules))
        granted = outcome.outcome == "granted"
        name = (person.display_name or person.user_id) if granted and person is not None else ""
        confirm = granted and outcome.reason != "match" and await self._admission.pending(outcome.user_id or "")
        if confirm:
            # The face is to be judged again at once, although its person is in.
            self.state = replace(self.state, let_in=0)
        self._parts.link.instruct("")
        milliseconds = round((now - visit.began) * 1000)
        if outcome.outcome != "abandoned":
            self._parts.announce(line(outcome, milliseconds))
            sign = Sign(phase=Phase.RESULT, outcome=outcome.outcome, reason=outcome.reason, name=name, progress=1.0)
            language = person.language if granted and person is not None else ""
            self.show(msgspec.structs.replace(sign, confirm=confirm, language=language))
        await self._parts.store.add_visit(visit_row(visit, outcome, milliseconds, self._parts.clock))
        level = logging.INFO if outcome.outcome == "abandoned" else logging.DEBUG
        log.log(level, "visit %s %s: %s after %d ms", visit.visit_id, outcome.outcome, outcome.reason, milliseconds)

    async def break_off(self, reason: str) -> None:
        """End a visit under way without a decision of its own. Never raises for the store: the visit is over either way."""
        visit = self.state.visit
        if visit is None:
            return
        try:
            if self.state.owed is None:
                await self._parts.sessions.cancel(visit.token)
            await self.end(visit, abandoned(visit, reason))
        except (StoreError, ApiError) as error:
            log.error("visit %s could not be written: %s", visit.visit_id, error)
        finally:
            self.state = replace(self.state, visit=None, owed=None)

    async def overdue(self) -> None:
        """The PIN or the card that a visit waits for did not come in time, or was given up."""
        visit, owed = self.state.visit, self.state.owed
        if visit is not None and owed is not None:
            await self.end(visit, Outcome("refused", "make_up_missing", owed.user_id, owed.attempt.confidence))

    async def guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """Carry out a step; what fails in it ends the visit, never the kiosk."""
        try:
            await work()
        except StoreError as error:
            log.error("the store failed; the door stays shut: %s: %s", type(error).__name__, error)
            self.broken_until = self._parts.clock.boot() + RETRY_S
            await self.break_off("store_failed")
            self.show(Sign(phase=Phase.CLOSED, reason="store_failed"))
        except ValueError as error:
            # Vision is not trusted: numbers that are no embedding end the visit, not the kiosk.
            log.error("an observation cannot be judged: %s", error)
            await self.break_off("vision_unavailable")
        except Exception:
            log.exception("a step of the kiosk failed; the door stays shut")
            self.broken_until = self._parts.clock.boot() + RETRY_S
            await self.break_off("failed")

    def show(self, sign: Sign, observation: Observation | None = None) -> None:
        """Put it on the board, with the door's state, and the face's place where one is given."""
        sign = sign if observation is None else framed(sign, observation)
        self._parts.board.show(msgspec.structs.replace(sign, door=self._parts.door.state.value))
