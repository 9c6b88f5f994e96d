"""What the rules of a session decide, carried out: match, enrol, and the rows of it, each committed before it is told."""

import logging
import uuid
from dataclasses import dataclass, replace
from typing import Any

from api import session as rules
from api.access import barred
from api.clock import Clock
from api.demanding import UNKNOWN, Demanding
from api.errors import ApiError
from api.inquiry import Asked, Known
from api.lockouts import Lockouts
from api.ports import Recognised, Recognition, Store, StoreError
from api.records import LOCAL, Attempt, DoorState, Enrollment, Origin, Person, SessionRow
from api.session_state import Effect, Enroll, Identify, Judge, Refuse, State
from api.settings import SessionSettings
from inference.observation import Observation

log = logging.getLogger(__name__)

MOST_MOVED = 3
"""Templates that a transition makes of one person: the first may be of poor light, and until it serves the former one does."""

MAKE_UP = "make_up"
"""Key of an attempt's detail, true where what was left out of a challenge must be made up for by PIN or card."""

_UNKNOWN = ("no_match", "user_not_enrolled")
"""Reasons of a decision that names nobody but who was claimed."""


@dataclass(slots=True)
class Work:
    """What carrying out one frame's effects has come to so far; taken over into the session only when all of it worked."""

    row: SessionRow
    state: State
    observation: Observation | None
    began: float
    attempt: Attempt | None = None


class Effects:
    """Carries out effects, one session's one after another. Holds nothing of a session itself."""

    def __init__(
        self,
        store: Store,
        recognition: Recognition,
        settings: SessionSettings,
        clock: Clock,
        lockouts: Lockouts,
        demanding: Demanding,
    ) -> None:
        self._store = store
        self._recognition = recognition
        self._settings = settings
        self._clock = clock
        self._lockouts = lockouts
        self._demanding = demanding

    async def carry_out(self, work: Work, effect: Effect) -> None:
        """Carry out one effect; what came of it is in `work`. `StoreError`: a row could not be kept."""
        match effect:
            case Identify():
                known = await self._known(work.row, effect)
                work.state = rules.identified(work.state, known).state
            case Judge():
                await self._judge(work, effect)
            case Refuse():
                self._demanding.decided(work.row, success=False)
                work.attempt = self._attempt(work, False, effect.reason, effect.liveness_passed)
                await self._store.add_attempt(work.attempt)
            case Enroll():
                await self._enroll(work, effect)

    async def _known(self, row: SessionRow, effect: Identify) -> Known:
        """Whom the samples may show. Nothing is written, counted or told of it."""
        decision = self._recognition.decide(row.realm, effect.samples, effect.claimed, effect.min_confidence)
        person = await self._store.person(row.realm, decision.user_id) if decision.success and decision.user_id else None
        return UNKNOWN if person is None else self._demanding.known(person)

    async def _judge(self, work: Work, judge: Judge) -> None:
        """Decide; a client's claims to be one user are judged one at a time, and none while that user is locked out."""
        if work.row.client_id is None or judge.claimed is None:
            await self._decide(work, judge)
            return
        async with self._lockouts.turn(work.row.realm, judge.claimed) as may:
            if may:
                await self._decide(work, judge)
                return
            work.attempt = self._attempt(work, False, "locked_out", judge.liveness_passed)
            await self._store.add_attempt(work.attempt)
            work.state = rules.decided(work.state, False, "locked_out", self._clock.boot()).state

    async def _counted(self, row: SessionRow, judge: Judge, why: str) -> bool:
        """Count a failure of a live face against the user it claimed to be; whether that user is locked out now."""
        remote = row.client_id is not None and judge.claimed is not None and judge.liveness_passed
        return remote and why in _UNKNOWN and await self._lockouts.failed(row.realm, judge.claimed or "")

    async def _decide(self, work: Work, judge: Judge) -> None:
        """Match, write the attempt, and only then let anybody know."""
        decision = self._recognition.decide(work.row.realm, judge.samples, judge.claimed, judge.min_confidence)
        why = await self._barred(work.row, decision) if decision.success else decision.reason
        why = why or _unasked(work.row, decision, judge.asked)
        attempt = self._attempt(work, not why, why, judge.liveness_passed)
        attempt = replace(
            attempt,
            user_id=judge.claimed if why in _UNKNOWN else decision.user_id,
            confidence=decision.confidence,
            matched_enrollment=None if why else decision.enrollment_id,
            detail={**attempt.detail, "samples": len(judge.samples), **({} if why else _owed(judge.asked))},
        )
        moved = None if why else await self._moved(work.row, judge, decision)
        if moved is not None:
            attempt = replace(attempt, detail={**attempt.detail, "enrolled": moved.enrollment_id})
        # Counted first: a failure that is not written down may count, but none that counts is forgotten.
        locked = await self._counted(work.row, judge, why)
        await self._store.add_attempt(attempt)
        work.attempt = attempt
        if moved is not None:
            await self._keep(moved)
        self._demanding.decided(work.row, success=not why)
        work.state = rules.decided(work.state, not why, _told(work.row, why), self._clock.boot(), final=locked).state
        if not why:
            if work.row.client_id is not None and judge.claimed is not None and judge.liveness_passed:
                await self._lockouts.succeeded(work.row.realm, judge.claimed)
            # Whom the row names is whose key seals it.
            work.row = _with_result(replace(work.row, user_id=attempt.user_id), confidence=attempt.confidence)

    async def _moved(self, row: SessionRow, judge: Judge, decision: Recognised) -> Enrollment | None:
        """The enrolment with the model in use of somebody whom the model before recognised; None: there is none to be made.

        It is worth what the template that matched is worth. A client's frames enrol nobody for the door.
        """
        pool, user_id = decision.takeover, decision.user_id
        if pool is None or user_id is None or not judge.liveness_passed or (row.realm == LOCAL and row.client_id is not None):
            return None
        known = await self._store.enrollments(row.realm, user_id)
        matched = next((each for each in known if each.enrollment_id == decision.enrollment_id), None)
        made = sum(each.origin is Origin.TRANSITION and each.model_id == self._recognition.model_id for each in known)
        if matched is None or made >= MOST_MOVED or (row.realm == LOCAL and matched.door is not DoorState.CONFIRMED):
            return None
        if self._recognition.duplicate_of(row.realm, pool.mean(), user_id) is not None:
            log.warning("the model in use takes a face that the model before recognised for another user's; not enrolled with it")
            return None
        return replace(
            matched,
            enrollment_id=str(uuid.uuid4()),
            model_id=self._recognition.model_id,
            template=pool.mean(),
            quality_score=round(pool.quality(), 4),
            samples=len(pool),
            liveness_verified=True,
            origin=Origin.TRANSITION,
            created_at=self._clock.dated(),
        )

    async def _keep(self, moved: Enrollment) -> None:
        """Store it and make it searchable. Who is recognised is so whether or not that works; the next visit tries again."""
        try:
            await self._store.add_enrollment(moved)
        except StoreError as error:
            log.error("enrolment %s with the model in use could not be stored: %s", moved.enrollment_id, error)
            return
        self._recognition.add(moved)
        log.info("enrolled with the model in use, by the model before: enrolment %s", moved.enrollment_id)

    async def _barred(self, row: SessionRow, decision: Recognised) -> str:
        """Why somebody whose face matched is not recognised: the matcher knows faces, the store who may use theirs now."""
        user_id = decision.user_id or ""
        if row.client_id is not None and await self._lockouts.disabled(row.realm, user_id):
            return "locked_out"
        return barred(await self._store.person(row.realm, user_id), self._clock.dated())

    def _attempt(self, work: Work, success: bool, reason: str, liveness_passed: bool) -> Attempt:
        seen, evidence, judgement = work.observation, work.state.evidence, work.state.judgement
        looking = 0.0 if seen is None else sum(seen.timings_ms.values())
        return Attempt(
            attempt_id=str(uuid.uuid4()),
            session_token=work.row.token,
            realm=work.row.realm,
            kind=work.row.kind,
            success=success,
            user_id=work.row.user_id,
            confidence=None,
            matched_enrollment=None,
            liveness_passed=liveness_passed,
            processing_time_ms=round(looking + (self._clock.boot() - work.began) * 1000),
            failure_reason="" if success else reason,
            boot_id=self._clock.boot_id,
            boot_time=self._clock.boot(),
            created_at=self._clock.dated(),
            detail={
                "frames": evidence.frames,
                "blinks": evidence.blinks,
                "motion": round(evidence.motion, 3),
                "policy": work.state.terms.demands.policy.name,
                "liveness": {} if judgement is None else judgement.detail(),
                "challenge": work.state.inquiry.detail(),
            },
        )

    async def _enroll(self, work: Work, enroll: Enroll) -> None:
        """Store person and template, then make it searchable; a face that is somebody else's already is refused, or noted."""
        enrollment = self._enrollment(work.row, enroll)
        if self._recognition.duplicate_of(enrollment.realm, enrollment.template, enrollment.user_id) is not None:
            if self._settings.duplicates == "refuse":
                work.state = rules.enrolled(work.state, "duplicate_person").state
                return
            log.warning("enrolment %s has the face of another user of its realm", enrollment.enrollment_id)
            enrollment = replace(enrollment, duplicate=True)
        if await self._store.person(enrollment.realm, enrollment.user_id) is None:
            await self._store.put_person(Person(enrollment.realm, enrollment.user_id, created_at=self._clock.dated()))
        await self._store.add_enrollment(enrollment)
        self._recognition.add(enrollment)
        work.row = _with_result(work.row, enrollment_id=enrollment.enrollment_id, liveness_verified=enrollment.liveness_verified)
        work.state = rules.enrolled(work.state).state

    def _enrollment(self, row: SessionRow, enroll: Enroll) -> Enrollment:
        if row.user_id is None:
            raise ApiError("invalid_request", "an enrolment needs a user_id")
        return Enrollment(
            enrollment_id=str(uuid.uuid4()),
            realm=row.realm,
            user_id=row.user_id,
            model_id=self._recognition.model_id,
            template=enroll.samples.mean(),
            quality_score=round(enroll.samples.quality(), 4),
            samples=len(enroll.samples),
            liveness_verified=enroll.liveness_verified,
            origin=Origin(row.metadata["origin"]),
            door=DoorState(row.metadata["door"]),
            created_at=self._clock.dated(),
            client_id=row.client_id,
        )


def _unasked(row: SessionRow, decision: Recognised, asked: Asked) -> str:
    """Why somebody who is recognised is not let off with what was asked of whom the session took them for.

    Clients have neither pad nor reader: nothing can make up for what was left out there.
    """
    if asked.identified and decision.user_id != asked.user_id:
        if asked.user_id is not None:
            return "liveness_failed"
        return "" if asked.challenged else "no_match"
    return "liveness_failed" if asked.left_out and row.client_id is not None else ""


def _owed(asked: Asked) -> dict[str, Any]:
    return {MAKE_UP: True} if asked.left_out else {}


def _told(row: SessionRow, why: str) -> str:
    """The reason as the session tells it: of people who are barred, clients hear what they hear of people who are not there."""
    if row.client_id is None or not why or why in _UNKNOWN:
        return why
    if why == "liveness_failed":
        return why
    return "no_match" if row.user_id is None else "user_not_enrolled"


def _with_result(row: SessionRow, **result: Any) -> SessionRow:  # noqa: ANN401 - what JSON can hold
    return replace(row, metadata={**row.metadata, "result": result})
