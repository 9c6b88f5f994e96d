"""Structured entries for systemd's journal: each kind of event under a message id of its own. Elsewhere they are plain lines.

No user id, name, score or token goes there: what is written of people belongs into the encrypted log, where it can be forgotten.
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from api.records import Attempt, DoorEvent, HealthEvent, LogRecord, Visit
from device.store.watch import StoreWatch

log = logging.getLogger(__name__)

MESSAGE_IDS: Mapping[str, str] = {
    "ready": "366aff9df7304223a010af62ac60eb2b",
    "stopped": "00d46e96c8ea49a3b11d016f0803b8a9",
    "attempt": "43d24dd2ec534a7c8522e654c2e13da6",
    "visit": "b82d0c5ce80e4a81b85e084e3429f3f1",
    "door": "e1d44bd86ed54fe48d220b05d4901265",
    "health": "03832b6c637c42dbae00ce084c5761a0",
    "operator": "230e2942bf354c2c8f46c8f71ff8a912",
}
"""Kind of event → its message id (systemd.journal-fields(7)), for ever: `journalctl MESSAGE_ID=…` finds them."""

PREFIX = "FACEKIOSK_"
NAME = "facekiosk"
"""Who says it, in `journalctl`'s lines."""

_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (0, 7))
"""Level of `logging` → priority of syslog(3)."""

Send = Callable[..., object]


def event(named: str, /, **fields: str | int | bool) -> dict[str, Any]:
    """What makes a log line an event: for `extra=`; the fields are those that the journal gets, after `PREFIX`."""
    return {"event": named, "fields": fields}


class Journal(logging.Handler):
    """Writes log lines to the journal.

    Args:
        send: `systemd.journal.send`.
    """

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        """One entry; its fields are told apart by name, not by a format."""
        try:
            fields: dict[str, str] = {"SYSLOG_IDENTIFIER": NAME, "LOGGER": record.name, "PRIORITY": str(priority(record.levelno))}
            if (kind := getattr(record, "event", "")) in MESSAGE_IDS:
                more: Mapping[str, object] = getattr(record, "fields", {})
                fields |= {"MESSAGE_ID": MESSAGE_IDS[kind], f"{PREFIX}EVENT": kind}
                fields |= {f"{PREFIX}{name.upper()}": str(value) for name, value in more.items()}
            self._send(self.format(record), **fields)
        except Exception:
            self.handleError(record)


def priority(level: int) -> int:
    """The syslog priority of a level."""
    return next(number for least, number in _PRIORITIES if level >= least)


def journal_here(stream: TextIO = sys.stderr, environ: Mapping[str, str] = os.environ) -> Send | None:
    """How to write to the journal, where standard error already goes to it ($JOURNAL_STREAM) and systemd-python is there."""
    try:
        status = os.fstat(stream.fileno())
        if environ.get("JOURNAL_STREAM") != f"{status.st_dev}:{status.st_ino}":
            return None
        from systemd import journal  # type: ignore[attr-defined]  # the folder systemd/ here hides it from mypy
    except (OSError, ImportError):
        return None
    send: Send = journal.send
    return send


def follow(watch: StoreWatch) -> None:
    """Make an event of each record that is written, besides what else is done with it."""
    watch.on_record.append(note)


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
