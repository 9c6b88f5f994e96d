"""From a committed decision to the door: who may come in, by which grant, and what else is asked of them. No screen here."""

import logging
from dataclasses import dataclass

from api.clock import Clock
from api.ports import Store
from api.records import LOCAL, Attempt, DoorState, Enrollment, Person
from device.access import refusal
from device.door.base import Door
from device.grants import Grant, GrantRefused, camera_grant, card_grant, pin_grant
from device.second_factor import Presented, SecondFactor, asks_make_up
from device.vision_link import VisionLink
from device.visit import Claim, Outcome

log = logging.getLogger(__name__)

MAKE_UP = Outcome("owed", "make_up")
"""No outcome yet: the face was recognised, and a PIN or a card is still to come."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Decides and unlocks.

    Args:
        link: says whether the camera's source is live.
        factor: writes down what a person confirmed; None: there is neither pad nor reader.
        grants: what may open the door.
        pulse_s: seconds that it then stays unlocked.
    """

    link: VisionLink
    store: Store
    door: Door
    clock: Clock
    factor: SecondFactor | None
    grants: tuple[str, ...]
    pulse_s: float

    async def by_face(self, attempt: Attempt, person: Person | None, claim: Claim | None) -> Outcome:
        """What follows from a success of the camera's session. The door is open where the outcome says so."""
        if person is None:
            return Outcome("refused", "no_match", None, attempt.confidence)
        matched = await self._matched(attempt, person)
        why = refusal(person, matched, self.clock.dated())
        if why == "enrollment_not_confirmed" and matched is not None and claim is not None:
            why = await self._confirmed(matched, claim)
        if not why and asks_make_up(attempt) and claim is None:
            return Outcome(MAKE_UP.outcome, MAKE_UP.reason, person.user_id, attempt.confidence)
        why = why or await self.unlock(attempt)
        return Outcome("refused" if why else "granted", why or "match", person.user_id, attempt.confidence)

    async def by_factor(self, presented: Presented) -> Outcome | None:
        """What follows from a PIN or a card; None where it is good, but opens only together with a face."""
        user_id = presented.person.user_id if presented.person is not None else None
        if presented.reason or presented.attempt is None:
            return Outcome("refused", presented.reason, user_id)
        if presented.means not in self.grants:
            return None
        why = await self.unlock(presented.attempt)
        return Outcome("refused" if why else "granted", why or presented.means, user_id)

    async def pending(self, user_id: str) -> bool:
        """Whether the person has an enrolment that waits to be confirmed."""
        return any(
            each.door is DoorState.PENDING and each.status == "active" for each in await self.store.enrollments(LOCAL, user_id)
        )

    async def unlock(self, attempt: Attempt) -> str:
        """Grant and pulse; why not, if not."""
        try:
            await self.door.unlock(self._grant(attempt), self.pulse_s)
        except GrantRefused as error:
            log.warning("no grant: %s", error)
            return "door_refused"
        return ""

    def _grant(self, attempt: Attempt) -> Grant:
        match attempt.means:
            case "pin":
                return pin_grant(attempt)
            case "card":
                return card_grant(attempt)
            case _:
                hello = self.link.hello
                return camera_grant(attempt, live=hello is not None and hello.live, door_real=self.door.real)

    async def _matched(self, attempt: Attempt, person: Person) -> Enrollment | None:
        enrollments = await self.store.enrollments(LOCAL, person.user_id)
        return next((each for each in enrollments if each.enrollment_id == attempt.matched_enrollment), None)

    async def _confirmed(self, matched: Enrollment, claim: Claim) -> str:
        """Confirm the enrolment whose person showed a PIN or a card just now, and now this face; why not, if not."""
        if self.factor is None or not await self.store.confirm_enrollments(LOCAL, claim.user_id, matched.enrollment_id):
            return "enrollment_not_confirmed"
        await self.factor.confirmed(claim.user_id, matched.enrollment_id, claim.means)
        return ""
