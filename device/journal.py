"""Control's events in systemd's journal, each kind under a message id of its own. How one is written is `inference.journal`'s.

No user id, name, score or token goes there: what is written of people belongs into the encrypted log, where it can be forgotten.
"""

import logging
from collections.abc import Mapping

from api.records import Attempt, DoorEvent, HealthEvent, LogRecord, Visit
from device.store.watch import StoreWatch
from inference.journal import event

log = logging.getLogger(__name__)

MESSAGE_IDS: Mapping[str, str] = {
    "ready": "366aff9df7304223a010af62ac60eb2b",
    "stopped": "00d46e96c8ea49a3b11d016f0803b8a9",
    "attempt": "43d24dd2ec534a7c8522e654c2e13da6",
    "visit": "b82d0c5ce80e4a81b85e084e3429f3f1",
    "door": "e1d44bd86ed54fe48d220b05d4901265",
    "health": "03832b6c637c42dbae00ce084c5761a0",
    "operator": "230e2942bf354c2c8f46c8f71ff8a912",
    "act": "7dfa0375555a4db1988c5616f013b7d6",
    "vision": "8bbf78c82c0a4fd791122d49dfacedba",
    "webhook": "312798d4e1ba43a1af57ff8cad09d4a8",
    "refused": "d07aed77a6c84424a476dbb2995023c3",
}
"""Kind of event → its message id (systemd.journal-fields(7)), for ever: `journalctl MESSAGE_ID=…` finds them."""

NAME = "facekiosk"
"""Who says it, in `journalctl`'s lines."""


def follow(watch: StoreWatch) -> None:
    """Make an event of each record and of each operator's act that is written, besides what else is done with it."""
    watch.on_record.append(note)
    watch.on_act.append(lambda act: log.info("operators' act: %s", act, extra=event("act", act=act)))


def note(record: LogRecord) -> None:
    """Log a record of the log as an event, without what is personal in it."""
    match record:
        case Attempt():
            fields = event(
                "attempt",
                kind=str(record.kind),
                success=record.success,
                reason=record.failure_reason,
                ms=record.processing_time_ms,
            )
            log.info("attempt: %s", "recognised" if record.success else record.failure_reason, extra=fields)
        case Visit():
            fields = event("visit", outcome=record.outcome, reason=record.reason, ms=record.duration_ms)
            log.info("visit: %s, %s", record.outcome, record.reason, extra=fields)
        case DoorEvent():
            log.info("door: %s %s", record.kind, record.grant, extra=event("door", kind=record.kind, grant=record.grant))
        case HealthEvent():
            level = logging.WARNING if record.message else logging.INFO
            fields = event("health", component=record.component, status=record.status)
            log.log(level, "%s: %s", record.component, record.message or "well again", extra=fields)
