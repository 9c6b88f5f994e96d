"""Sessions at work: feeds the rules, carries out their effects in order (attempt row first), keeps the durable rows.

The kiosk and the API use it alike. What an answer looks like on the wire, and what the door does with it, is not known here.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from api import session as rules
from api.access import barred
from api.clock import Clock
from api.errors import ApiError
from api.feedback import Feedback, feedback
from api.lockout import LockoutSettings
from api.lockouts import Lockouts
from api.ports import Recognised, Recognition, Store
from api.records import Attempt, DoorState, Enrollment, Origin, Person, SessionKind, SessionRow, SessionStatus
from api.session import Effect, Enroll, Judge, Refuse, State, Step
from api.settings import SessionSettings
from api.terms import NewSession, lapsed, row_of, terms_of
from api.unbroken import Unbroken
from inference.observation import Observation

log = logging.getLogger(__name__)

_REMEMBERED_S = 60.0
"""How long a session that is over stays in memory, to answer questions without the store."""
_FLOAT32 = 4
_FULL_RETRY_S = 5
_UNKNOWN = ("no_match", "user_not_enrolled")
"""Reasons of a decision that names nobody but who was claimed."""


@dataclass(slots=True)
class _Live:
    """A session in memory. `state` and `row` change together, under the lock."""

    row: SessionRow
    state: State
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    over_at: float | None = None
    heard: bool = False
    """Whether somebody who fed it was told how it ended."""


@dataclass(slots=True)
class _Work:
    """What carrying out one frame's effects has come to so far; taken over into the session only when all of it worked."""

    row: SessionRow
    state: State
    observation: Observation | None
    began: float
    attempt: Attempt | None = None


class SessionService:
    """All sessions of the device. Raises `ApiError` for what a caller did wrong, `StoreError` where a row cannot be kept."""

    def __init__(
        self,
        store: Store,
        recognition: Recognition,
        settings: SessionSettings,
        clock: Clock,
        lockouts: Lockouts | None = None,
    ) -> None:
        self._store = store
        self._lockouts = lockouts or Lockouts(store, LockoutSettings(), clock)
        self._recognition = recognition
        self._settings = settings
        self._clock = clock
        self._sessions: dict[str, _Live] = {}
        self._tasks = Unbroken()
        self.on_end: list[Callable[[str], None]] = []
        """Told the token of each session that is ended by others than its owner."""

    @property
    def settings(self) -> SessionSettings:
        """How sessions judge."""
        return self._settings

    async def create(self, wanted: NewSession) -> SessionRow:
        """Begin a session; its row is stored when this returns.

        Raises:
            ApiError: `locked_out`, or `rate_limited` where the client has as many sessions as it may.
        """
        if wanted.client_id is not None:
            self._check_room(wanted.client_id)
            if wanted.kind is SessionKind.AUTHENTICATION and wanted.user_id is not None:
                await self._lockouts.check(wanted.realm, wanted.user_id)
        row = row_of(wanted, self._settings, self._clock)
        await self._store.put_session(row)
        self._sessions[row.token] = self._begin(row)
        return row

    def _check_room(self, client_id: str) -> None:
        running = sum(live.over_at is None and live.row.client_id == client_id for live in self._sessions.values())
        if running >= self._settings.client_sessions:
            raise ApiError("rate_limited", "this client has too many running sessions; end some", retry_after_s=_FULL_RETRY_S)

    async def resume(self) -> None:
        """Take up the sessions that a restart of control left running, and write the end of those whose time is over."""
        for row in await self._store.active_sessions():
            await self._live(row.token)

    async def end(self, which: Callable[[SessionRow], bool]) -> None:
        """End running sessions that their owners did not end, and forget them: nothing more is written of them."""
        tokens = [token for token, live in self._sessions.items() if which(live.row)]
        tokens += [row.token for row in await self._store.active_sessions() if which(row) and row.token not in tokens]
        for token in tokens:
            with suppress(ApiError):
                await self.cancel(token)
            self._sessions.pop(token, None)
            for told in self.on_end:
                told(token)

    async def feed(self, token: str, observation: Observation) -> Feedback:
        """Judge one observation. What it decides is committed before this returns.

        Raises:
            ApiError: no such session, or it is over.
            StoreError: a row could not be kept; the session stands as before this frame.
        """
        return await self._tasks.whole(self._feed(token, observation))

    async def _feed(self, token: str, observation: Observation) -> Feedback:
        live = await self._live(token)
        async with live.lock:
            _check_active(live.row)
            began = self._clock.boot()
            step = rules.advance(live.state, self._checked(observation), began)
            told = await self._carry_out(live, step, observation, began)
            live.heard = told.status is not SessionStatus.ACTIVE
            return told

    async def status(self, token: str) -> Feedback:
        """Where the session stands. `ApiError`: no such session."""
        return await self._tasks.whole(self._status(token))

    async def _status(self, token: str) -> Feedback:
        live = await self._live(token)
        async with live.lock:
            now = self._clock.boot()
            return await self._carry_out(live, rules.expire(live.state, now), None, now)

    async def check(self, token: str) -> SessionRow:
        """The row of an active session. `ApiError`: no such session, or it is over."""
        feedback_now = await self.status(token)
        row = self._sessions[feedback_now.token].row
        _check_active(row)
        return row

    async def ended(self, token: str) -> Feedback | None:
        """None while the session is active; how it ended where it failed for want of time and nobody was told yet.

        Raises:
            ApiError: no such session, or it is over and that was told, or it expired.
        """
        return await self._tasks.whole(self._ended(token))

    async def _ended(self, token: str) -> Feedback | None:
        live = await self._live(token)
        async with live.lock:
            now = self._clock.boot()
            told = await self._carry_out(live, rules.expire(live.state, now), None, now)
            unheard, live.heard = not live.heard, live.over_at is not None
        if told.status is SessionStatus.FAILED and unheard:
            return told
        _check_active(live.row)
        return None

    async def row(self, token: str) -> SessionRow:
        """The session's row, over or not. `ApiError`: no such session."""
        return (await self._live(token)).row

    async def cancel(self, token: str) -> Feedback:
        """End the session without a decision; one that is over stays as it is. `ApiError`: no such session."""
        return await self._tasks.whole(self._cancel(token))

    async def _cancel(self, token: str) -> Feedback:
        live = await self._live(token)
        async with live.lock:
            return await self._carry_out(live, rules.cancelled(live.state), None, self._clock.boot())

    async def sweep(self) -> list[str]:
        """End sessions whose time is over, forget those long over; returns the tokens that ended now."""
        idle = [(token, live) for token, live in self._sessions.items() if not live.lock.locked()]
        now = self._clock.boot()
        for token, live in idle:
            if live.over_at is not None and now - live.over_at > _REMEMBERED_S:
                del self._sessions[token]
        running = [(token, live) for token, live in idle if live.over_at is None]
        return [token for token, live in running if await self._tasks.whole(self._lapse(live))]

    async def _lapse(self, live: _Live) -> bool:
        async with live.lock:
            now = self._clock.boot()
            told = await self._carry_out(live, rules.expire(live.state, now), None, now)
        return told.status is not SessionStatus.ACTIVE

    async def drain(self) -> None:
        """Return once every effect under way is carried out; before the store is closed."""
        await self._tasks.drain()

    def _begin(self, row: SessionRow) -> _Live:
        return _Live(row, rules.begin(terms_of(row, self._settings, self._recognition.same_face)))

    async def _live(self, token: str) -> _Live:
        """The session in memory, or from its row: evidence starts anew after a restart, the time it has does not."""
        found = self._sessions.get(token)
        if found is not None:
            return found
        row = await self._store.session(token)
        if row is None:
            raise ApiError("session_not_found")
        if row.status is SessionStatus.ACTIVE and lapsed(row, self._clock):
            row = self._closed(row, SessionStatus.EXPIRED, "session_expired")
            await self._store.put_session(row)
        live = self._begin(row)
        if row.status is not SessionStatus.ACTIVE:
            live.state = replace(live.state, status=row.status, outcome=row.outcome)
            live.over_at, live.heard = self._clock.boot(), True
        # Somebody else may have loaded it meanwhile, and be further on.
        return self._sessions.setdefault(token, live)

    def _closed(self, row: SessionRow, status: SessionStatus, outcome: str) -> SessionRow:
        return replace(row, status=status, outcome=outcome, completed_at=self._clock.wall())

    def _checked(self, observation: Observation) -> Observation:
        """Vision is not trusted: an embedding of another size than the model's is none."""
        embedding = observation.embedding
        if embedding is None or len(embedding) == self._recognition.dimension * _FLOAT32:
            return observation
        return msgspec.structs.replace(observation, embedding=None)

    async def _carry_out(self, live: _Live, step: Step, observation: Observation | None, began: float) -> Feedback:
        work = _Work(live.row, step.state, observation, began)
        for effect in step.effects:
            await self._effect(work, effect)
        if work.state.status is not live.row.status:
            work.row = self._closed(work.row, work.state.status, work.state.outcome)
            await self._store.put_session(work.row)
            live.over_at = self._clock.boot()
        live.row, live.state = work.row, work.state
        return feedback(live.row, live.state, observation, work.attempt)

    async def _effect(self, work: _Work, effect: Effect) -> None:
        match effect:
            case Judge():
                await self._judge(work, effect)
            case Refuse():
                work.attempt = self._attempt(work, False, effect.reason, effect.liveness_passed)
                await self._store.add_attempt(work.attempt)
            case Enroll():
                await self._enroll(work, effect)

    async def _judge(self, work: _Work, judge: Judge) -> None:
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

    async def _decide(self, work: _Work, judge: Judge) -> None:
        """Match, write the attempt, and only then let anybody know."""
        decision = self._recognition.decide(work.row.realm, judge.samples, judge.claimed, judge.min_confidence)
        why = await self._barred(work.row, decision) if decision.success else decision.reason
        attempt = self._attempt(work, not why, why, judge.liveness_passed)
        attempt = replace(
            attempt,
            user_id=judge.claimed if why in _UNKNOWN else decision.user_id,
            confidence=decision.confidence,
            matched_enrollment=None if why else decision.enrollment_id,
            detail={**attempt.detail, "samples": len(judge.samples)},
        )
        # Counted first: a failure that is not written down may count, but none that counts is forgotten.
        locked = await self._counted(work.row, judge, why)
        await self._store.add_attempt(attempt)
        work.attempt = attempt
        work.state = rules.decided(work.state, not why, _told(work.row, why), self._clock.boot(), final=locked).state
        if not why:
            if work.row.client_id is not None and judge.claimed is not None and judge.liveness_passed:
                await self._lockouts.succeeded(work.row.realm, judge.claimed)
            # Whom the row names is whose key seals it.
            work.row = _with_result(replace(work.row, user_id=attempt.user_id), confidence=attempt.confidence)

    async def _barred(self, row: SessionRow, decision: Recognised) -> str:
        """Why somebody whose face matched is not recognised: the matcher knows faces, the store who may use theirs now."""
        user_id = decision.user_id or ""
        if row.client_id is not None and await self._lockouts.disabled(row.realm, user_id):
            return "locked_out"
        return barred(await self._store.person(row.realm, user_id), self._clock.dated())

    def _attempt(self, work: _Work, success: bool, reason: str, liveness_passed: bool) -> Attempt:
        seen, evidence = work.observation, work.state.evidence
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
            detail={"frames": evidence.frames, "blinks": evidence.blinks, "motion": round(evidence.motion, 3)},
        )

    async def _enroll(self, work: _Work, enroll: Enroll) -> None:
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


def _told(row: SessionRow, why: str) -> str:
    """The reason as the session tells it: of people who are barred, clients hear what they hear of people who are not there."""
    if row.client_id is None or not why or why in _UNKNOWN:
        return why
    return "no_match" if row.user_id is None else "user_not_enrolled"


def _with_result(row: SessionRow, **result: Any) -> SessionRow:  # noqa: ANN401 - what JSON can hold
    return replace(row, metadata={**row.metadata, "result": result})


def _check_active(row: SessionRow) -> None:
    if row.status is SessionStatus.ACTIVE:
        return
    if row.status is SessionStatus.EXPIRED:
        raise ApiError("session_expired")
    raise ApiError("too_many_attempts" if row.outcome == "too_many_attempts" else "session_completed")
