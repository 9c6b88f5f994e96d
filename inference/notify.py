"""What systemd is told of this process (sd_notify(3)): ready, alive, stopping. Nothing where no unit runs it.

When a process counts as alive is its owners' business: nothing here feeds a watchdog by itself.
"""

import logging
import os
from collections.abc import Mapping

log = logging.getLogger(__name__)


def ready(status: str) -> None:
    """The unit's start is through; `status` is what `systemctl status` shows."""
    _tell(f"READY=1\nSTATUS={status}")


def alive() -> None:
    """Feed the unit's watchdog."""
    _tell("WATCHDOG=1")


def patience(seconds: float) -> None:
    """The start may take so much longer from now on (EXTEND_TIMEOUT_USEC)."""
    _tell(f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")


def stopping() -> None:
    """The unit stops, as it was told or by itself."""
    _tell("STOPPING=1")


def watchdog_s(environ: Mapping[str, str] = os.environ, pid: int | None = None) -> float | None:
    """Seconds within which the watchdog must be fed; None: no unit watches this process (sd_watchdog_enabled(3))."""
    for_whom, microseconds = environ.get("WATCHDOG_PID", ""), environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit() or (for_whom and for_whom != str(os.getpid() if pid is None else pid)):
        return None
    return int(microseconds) / 1e6


def _tell(state: str) -> None:
    if not os.environ.get("NOTIFY_SOCKET"):
        return
    try:
        from systemd import daemon  # type: ignore[attr-defined]  # the folder systemd/ here hides it from mypy
    except ImportError:
        log.error("systemd runs this process, but systemd-python is missing: the unit will count as hung; install `appliance`")
    else:
        daemon.notify(state)
