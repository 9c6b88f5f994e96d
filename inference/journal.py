"""Structured entries for systemd's journal: each kind of event under a message id of its own. Elsewhere they are plain lines.

How an entry is written, for vision and for control, and which events vision has; control's are `device.journal`'s.
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO

VISION_IDS: Mapping[str, str] = {
    "vision_waits": "c0046f00cfe04a5498c6affd1507eef8",
    "vision_ended": "59acc42b2eda4bdf9166914f54ca0dd4",
}
"""Kind of event of vision → its message id (systemd.journal-fields(7)), for ever: `journalctl MESSAGE_ID=…` finds them."""

PREFIX = "FACEKIOSK_"

_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (0, 7))
"""Level of `logging` → priority of syslog(3)."""

Send = Callable[..., object]


def event(named: str, /, **fields: str | float | bool) -> dict[str, Any]:
    """What makes a log line an event: for `extra=`; the fields are those that the journal gets, after `PREFIX`."""
    return {"event": named, "fields": fields}


class Journal(logging.Handler):
    """Writes log lines to the journal.

    Args:
        send: `systemd.journal.send`.
        name: who says it, in `journalctl`'s lines.
        ids: kind of event → its message id.
    """

    def __init__(self, send: Send, name: str, ids: Mapping[str, str]) -> None:
        super().__init__()
        self._send = send
        self._name = name
        self._ids = ids

    def emit(self, record: logging.LogRecord) -> None:
        """One entry; its fields are told apart by name, not by a format."""
        try:
            fields: dict[str, str] = {
                "SYSLOG_IDENTIFIER": self._name,
                "LOGGER": record.name,
                "PRIORITY": str(priority(record.levelno)),
            }
            if (kind := getattr(record, "event", "")) in self._ids:
                more: Mapping[str, object] = getattr(record, "fields", {})
                fields |= {"MESSAGE_ID": self._ids[kind], f"{PREFIX}EVENT": kind}
                fields |= {f"{PREFIX}{name.upper()}": str(value) for name, value in more.items()}
            self._send(self.format(record), **fields)
        except Exception:
            self.handleError(record)


def priority(level: int) -> int:
    """The syslog priority of a level."""
    return next(number for least, number in _PRIORITIES if level >= least)


def journal_here(stream: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> Send | None:
    """How to write to the journal, where standard error already goes to it ($JOURNAL_STREAM) and systemd-python is there."""
    try:
        status = os.fstat((stream or sys.stderr).fileno())
        if environ.get("JOURNAL_STREAM") != f"{status.st_dev}:{status.st_ino}":
            return None
        from systemd import journal  # type: ignore[attr-defined]  # the folder systemd/ here hides it from mypy
    except (OSError, ImportError):
        return None
    send: Send = journal.send
    return send


def log_here(name: str, ids: Mapping[str, str], level: str, plain: str) -> None:
    """Log to the journal where standard error goes to it, else to standard error in the format `plain`."""
    send = journal_here()
    if send is None:
        logging.basicConfig(level=level.upper(), format=plain, stream=sys.stderr)
    else:
        logging.basicConfig(level=level.upper(), format="%(message)s", handlers=[Journal(send, name, ids)])
