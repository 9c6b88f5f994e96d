"""Enrolling one person after the other at the kiosk, for the admin screen: who is at it, how far, and how it ended."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

from api.ending import end
from api.errors import ApiError
from api.ports import StoreError
from api.records import Person
from device.command import OperationRefused
from device.enroll_commands import EnrollCamera, Enrolled, EnrollProgress, EnrollTested
from device.enrolling import Enrolling
from device.operators.sign_in import OperatorParts

log = logging.getLogger(__name__)

Phase = Literal["enrolling", "testing", "enrolled", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One person's turn at the kiosk."""

    user_id: str
    display_name: str
    look: str = ""
    phase: Phase = "enrolling"
    completed_samples: int = 0
    target_samples: int = 0
    instruction: str = ""
    condition: str = ""
    reason: str = ""
    """Why it failed, as an error code."""
    quality_score: float | None = None
    tested: str = ""
    """`matched`, or `left`: the person went before the test match was done."""
    seconds: float | None = None
    """From the first frame with a face to the end; None before."""

    @property
    def over(self) -> bool:
        """Whether the next one may come."""
        return self.phase in ("enrolled", "failed", "stopped")


class QueueBusy(Exception):
    """Somebody is being enrolled."""


class EnrollQueue:
    """One turn at a time; a context, which ends the one that runs.

    Args:
        enrolling: does it.
        parts: where what was done is written down.
    """

    def __init__(self, enrolling: Enrolling, parts: OperatorParts) -> None:
        self._enrolling = enrolling
        self._parts = parts
        self._task: asyncio.Task[None] | None = None
        self._face_at: float | None = None
        self.turn: Turn | None = None
        self.failures: dict[str, str] = {}
        """Whose latest turn failed, and why."""

    async def recall(self) -> None:
        """Know the failures from before this start, off the record of them.

        Raises:
            StoreError: they cannot be read.
        """
        self.failures = await self._parts.rows.failed_enrolments()

    def start(self, person: Person, command: EnrollCamera, operator: str) -> Turn:
        """Begin a person's turn.

        Raises:
            QueueBusy: another's is not over.
        """
        if self._task is not None and not self._task.done():
            raise QueueBusy
        self._face_at = None
        self.turn = Turn(person.user_id, person.display_name, command.look)
        self._task = asyncio.create_task(self._run(command, operator), name="enrolment queue")
        return self.turn

    async def stop(self) -> None:
        """End the turn that runs; nobody is enrolled by it."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            await end(task)
            self._put(phase="stopped")

    async def _run(self, command: EnrollCamera, operator: str) -> None:
        try:
            async with aclosing(self._enrolling.at_camera(command)) as replies:
                async for reply in replies:
                    await self._hear(reply, command, operator)
        except OperationRefused as error:
            await self._failed(command, operator, error.code)
        except (ApiError, StoreError) as error:
            log.error("a turn of the queue failed: %s: %s", type(error).__name__, error)
            await self._failed(command, operator, error.code if isinstance(error, ApiError) else "store_failed")

    async def _hear(self, reply: EnrollProgress | Enrolled | EnrollTested, command: EnrollCamera, operator: str) -> None:
        match reply:
            case EnrollProgress():
                if self._face_at is None and reply.condition != "no_face_detected":
                    self._face_at = self._parts.clock.boot()
                self._put(
                    completed_samples=reply.completed_samples,
                    target_samples=reply.target_samples,
                    instruction=reply.instruction,
                    condition=reply.condition,
                )
            case Enrolled():
                detail = {"enrollment_id": reply.enrollment_id, "look": command.look}
                await self._parts.rows.write(self._parts.act("enrolled_at_kiosk", operator, command.user_id, detail))
                self._put(phase="testing", quality_score=reply.quality_score, instruction="", condition="")
            case EnrollTested(result="no_match"):
                await self._failed(command, operator, "test_failed")
            case EnrollTested():
                self.failures.pop(command.user_id, None)
                self._put(phase="enrolled", tested=reply.result)

    async def _failed(self, command: EnrollCamera, operator: str, reason: str) -> None:
        self.failures[command.user_id] = reason
        self._put(phase="failed", reason=reason)
        try:
            await self._parts.rows.write(self._parts.act("enrolment_failed", operator, command.user_id, {"reason": reason}))
        except StoreError as error:
            log.error("a failed turn could not be written down: %s", error)

    def _put(self, **changes: object) -> None:
        if self.turn is not None:
            seconds = None if self._face_at is None else round(self._parts.clock.boot() - self._face_at, 1)
            self.turn = replace(self.turn, seconds=seconds, **changes)  # type: ignore[arg-type]  # names and types are `Turn`'s
