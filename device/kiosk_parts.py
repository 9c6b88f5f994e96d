"""What the kiosk works with, and the forms its decisions take: row, line and sign. Its work is `device.kiosk`'s."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from api.clock import Clock
from api.feedback import Feedback, explains, remedy
from api.ports import Store
from api.records import SessionStatus
from api.records import Visit as VisitRow
from api.sessions import SessionService
from device.board import Board, Phase, Sign
from device.door.base import Door
from device.second_factor import SecondFactor
from device.vision_link import VisionLink
from device.visit import Outcome, Visit
from inference.observation import Observation


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
    factor: SecondFactor | None = None
    """PINs and cards; None: there is neither pad nor reader."""


def visit_row(visit: Visit, outcome: Outcome, milliseconds: int, clock: Clock) -> VisitRow:
    """The row of a visit that is over now."""
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


def wait_shown(wait_s: float) -> float:
    """Whole seconds to wait, as JSON can say them: -1 where only an operator can help."""
    return -1.0 if math.isinf(wait_s) else float(math.ceil(wait_s))


def asking(feedback: Feedback) -> Sign:
    """What the screen asks of a person whose visit is under way: one thing, with its reason and no other."""
    why = feedback.condition if explains(feedback.condition, feedback.instruction) else ""
    return Sign(phase=Phase.VISIT, instruction=feedback.instruction, condition=why, progress=round(feedback.progress, 2))


def enrolling(feedback: Feedback) -> Sign:
    """What the screen asks of a person whom an operator enrols, and how far that is."""
    sign = msgspec.structs.replace(asking(feedback), phase=Phase.RESERVED)
    # All samples are there, and the test match looks at the person once more.
    return msgspec.structs.replace(sign, instruction="hold_still") if feedback.status is SessionStatus.COMPLETED else sign


def approached(observation: Observation) -> Sign:
    """What the screen asks of whoever comes near and is not judged yet."""
    condition = observation.condition if observation.faces else ""
    instruction = remedy(condition, observation.covered) if condition else ""
    return Sign(phase=Phase.WAITING, instruction=instruction, condition=condition)


def line(outcome: Outcome, milliseconds: int) -> str:
    """A decision as one line: word, user, confidence, reason, milliseconds from first face to decision."""
    confidence = "-" if outcome.confidence is None else f"{outcome.confidence:.2f}"
    user = "".join(each if each.isprintable() else "?" for each in outcome.user_id or "-")
    return f"{outcome.outcome:7}  user {user}  confidence {confidence}  {outcome.reason}  {milliseconds} ms"
