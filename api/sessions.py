"""Sessions at work: feeds the rules, carries out their effects in order (attempt row first), keeps the durable rows.

The kiosk and the API use it alike. What an answer looks like on the wire, and what the door does with it, is not known here.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import msgspec

from api import session as rules
from api.clock import Clock
from api.demanding import Demanding
from api.effects import Effects, Work
from api.errors import ApiError
from api.evidence import believable
from api.feedback import Feedback, feedback
from api.liveness_settings import LivenessSettings
from api.lockout import LockoutSettings
from api.lockouts import Lockouts
from api.ports import Recognition, Store
from api.records import SessionKind, SessionRow, SessionStatus
from api.seen_frames import SeenFrames
from api.session_state import State, Step
from api.settings import SessionSettings
from api.shared_lock import SharedLock
from api.terms import NewSession, lapsed, row_of, terms_of
from api.unbroken import Unbroken
from inference.liveness.policy import POLICIES, Challenging, Level
from inference.observation import Observation

log = logging.getLogger(__name__)

_REMEMBERED_S = 60.0
"""How long a session that is over stays in memory, to answer questions without the store."""
_FLOAT32 = 4
_FULL_RETRY_S = 5


@dataclass(slots=True)
class _Live:
    """A session in memory. `state` and `row` change together, under the lock."""

    row: SessionRow
    state: State
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    over_at: float | None = None
    heard: bool = False
    """Whether somebody who fed it was told how it ended."""


class SessionService:
    """All sessions of the device. Raises `ApiError` for what a caller did wrong, `StoreError` where a row cannot be kept."""

    def __init__(
        self,
        store: Store,
        recognition: Recognition,
        settings: SessionSettings,
        clock: Clock,
        lockouts: Lockouts | None = None,
        demanding: Demanding | None = None,
    ) -> None:
        self._store = store
        self._lockouts = lockouts or Lockouts(store, LockoutSettings(), clock)
        self._demanding = demanding or Demanding(LivenessSettings(), None, clock)
        self.seen = SeenFrames(self.liveness.seen_hours * 3600, self.liveness.seen_bits)
        self._recognition = recognition
        self._settings = settings
        self._clock = clock
        self._sessions: dict[str, _Live] = {}
        self._effects = Effects(store, recognition, settings, clock, self._lockouts, self._demanding)
        self._tasks = Unbroken()
        self.people = SharedLock()
        """Shared by what decides who somebody is, writes it down or acts on it; had alone by what erases people."""
        self.on_end: list[Callable[[str, str], Awaitable[None]]] = []
        """Told each session that is ended by others than its owner: token, and why as an error code."""

    @property
    def settings(self) -> SessionSettings:
        """How sessions judge."""
        return self._settings

    @property
    def instructed(self) -> bool:
        """Whether clients must show people the device's instructions, where liveness is needed."""
        asks = POLICIES[Level(self.liveness.remote)].challenge is not Challenging.NEVER
        return asks or self._settings.instructed_liveness

    @property
    def liveness(self) -> LivenessSettings:
        """How much liveness they demand."""
        return self._demanding.settings

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

    def running(self) -> Counter[SessionKind]:
        """How many sessions run, by kind."""
        return Counter(live.row.kind for live in self._sessions.values() if live.over_at is None)

    async def resume(self) -> None:
        """Take up the sessions that a restart of control left running, and write the end of those whose time is over."""
        for row in await self._store.active_sessions():
            await self._live(row.token)

    async def end(self, which: Callable[[SessionRow], bool], why: str) -> None:
        """End running sessions that their owners did not end, and forget them: nothing more is written of them."""
        tokens = [token for token, live in self._sessions.items() if which(live.row)]
        tokens += [row.token for row in await self._store.active_sessions() if which(row) and row.token not in tokens]
        for token in tokens:
            with suppress(ApiError):
                await self.cancel(token)
            self._sessions.pop(token, None)
        await self.tell_ended(tokens, why)

    def forget(self, which: Callable[[SessionRow], bool]) -> list[str]:
        """Drop sessions whose rows are gone from the store, without a word in it; their tokens, for `tell_ended`."""
        tokens = [token for token, live in self._sessions.items() if which(live.row)]
        for token in tokens:
            del self._sessions[token]
        return tokens

    async def tell_ended(self, tokens: Iterable[str], why: str) -> None:
        """Tell `on_end` of sessions that are forgotten."""
        for token in tokens:
            for told in self.on_end:
                await told(token, why)

    async def feed(self, token: str, observation: Observation) -> Feedback:
        """Judge one observation. What it decides is committed before this returns.

        Raises:
            ApiError: no such session, or it is over.
            StoreError: a row could not be kept; the session stands as before this frame.
        """
        observation, now = self._checked(observation), self._clock.boot()
        live = self._free(token)
        if live is not None:
            _check_active(live.row)
            observation = self._marked(live.row, observation, now)
            if told := _settled(live, rules.advance(live.state, observation, now), observation):
                return told
        return await self._tasks.whole(self._feed(token, observation))

    async def _feed(self, token: str, observation: Observation) -> Feedback:
        live = await self._live(token)
        async with live.lock:
            _check_active(live.row)
            began = self._clock.boot()
            observation = self._marked(live.row, observation, began)
            step = rules.advance(live.state, observation, began)
            told = await self._carry_out(live, step, observation, began)
            live.heard = told.status is not SessionStatus.ACTIVE
            return told

    def _marked(self, row: SessionRow, observation: Observation, now: float) -> Observation:
        """With an alarm where an earlier session showed the frame. Marking one twice changes nothing."""
        return self.seen.marked(row.token, observation, now, local=row.client_id is None)

    def _free(self, token: str) -> "_Live | None":
        """The session, where it is in memory and nothing of it is being carried out.

        Most frames change nothing but evidence: those need no task, and nobody waits.
        """
        live = self._sessions.get(token)
        return None if live is None or live.lock.locked() else live

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
        live = self._free(token)
        if live is not None and live.over_at is None and _nothing_to_do(live, rules.expire(live.state, self._clock.boot())):
            return None
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
        terms = terms_of(row, self._settings, self._recognition.same_face, self._demanding.demands(row))
        return _Live(row, rules.begin(terms))

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
        """Vision is not trusted: an embedding of another size than the model's is none, numbers that cannot be are no face."""
        if not believable(observation):
            log.error("vision said of a frame what cannot be true")
            return Observation(seq=0, time=self._clock.boot(), width=0, height=0, condition="no_face_detected")
        embedding = _sized(observation.embedding, self._recognition.dimension)
        beside = _sized(observation.beside, self._recognition.beside_dimension)
        if embedding is observation.embedding and beside is observation.beside:
            return observation
        return msgspec.structs.replace(observation, embedding=embedding, beside=beside)

    async def _carry_out(self, live: _Live, step: Step, observation: Observation | None, began: float) -> Feedback:
        if told := _settled(live, step, observation):
            return told
        async with self.people.shared():
            if self._sessions.get(live.row.token) is not live:
                # Whoever it names was erased while it waited.
                raise ApiError("session_not_found")
            return await self._write(live, step, observation, began)

    async def _write(self, live: _Live, step: Step, observation: Observation | None, began: float) -> Feedback:
        work = Work(live.row, step.state, observation, began)
        for effect in step.effects:
            await self._effects.carry_out(work, effect)
        if work.state.status is not live.row.status:
            work.row = self._closed(work.row, work.state.status, work.state.outcome)
            await self._store.put_session(work.row)
            live.over_at = self._clock.boot()
        live.row, live.state = work.row, work.state
        return feedback(live.row, live.state, observation, work.attempt)


def _settled(live: _Live, step: Step, observation: Observation | None) -> Feedback | None:
    """Take the step where nothing is to be carried out or written down for it; None where something is."""
    if not _nothing_to_do(live, step):
        return None
    live.state = step.state
    return feedback(live.row, live.state, observation, None)


def _nothing_to_do(live: _Live, step: Step) -> bool:
    return not step.effects and step.state.status is live.row.status


def _sized(embedding: bytes | None, dimension: int) -> bytes | None:
    return embedding if embedding is not None and len(embedding) == dimension * _FLOAT32 else None


def _check_active(row: SessionRow) -> None:
    if row.status is SessionStatus.ACTIVE:
        return
    if row.status is SessionStatus.EXPIRED:
        raise ApiError("session_expired")
    raise ApiError("too_many_attempts" if row.outcome == "too_many_attempts" else "session_completed")
