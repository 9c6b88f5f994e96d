"""What is known of the time over restarts, in three files: the last trusted one, an operator's word, and where dates are wrong.

After a power cut without a real-time clock, wall time behind the first is known to be wrong; the second keeps the
word for its boot over a restart of control; by the third the log's rows of a future that was a mistake do not count.
"""

import asyncio
import logging
from pathlib import Path

from device.clock import SystemClock

log = logging.getLogger(__name__)

NAME = "last-time"
SET = "clock-set-in-boot"
LOWERED = "wrong-dates-up-to-row"
KEEP_S = 60.0
"""Seconds between two writings: a wall clock may be wrong by so much and be taken for right."""


def clock_of(folder: Path, newest_row: float | None) -> SystemClock:
    """The machine's clock, by what the folder and the newest row (POSIX seconds) say."""
    clock = SystemClock(floor=floor_of(folder, newest_row))
    try:
        confirmed = (folder / SET).read_text(encoding="ascii").strip() == clock.boot_id
    except OSError:
        confirmed = False
    if confirmed:
        clock.set_by_operator()
    return clock


def keep_word(folder: Path, boot_id: str) -> None:
    """An operator set or confirmed the clock in this boot. `OSError`: it cannot be written."""
    _write(folder, SET, boot_id)


def keep_lowered(folder: Path, number: int, now: float) -> None:
    """An operator said that the newest known time was wrong: rows up to `number` say nothing of the time. `OSError`: as above."""
    _write(folder, LOWERED, str(number))
    keep(folder, now)


def read_lowered(folder: Path) -> int:
    """Number of the last row whose date says nothing of the time; 0: all do."""
    try:
        return int((folder / LOWERED).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def read_kept(folder: Path) -> float | None:
    """POSIX seconds as kept last; None where none is, or it cannot be read."""
    try:
        return float((folder / NAME).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def floor_of(folder: Path, newest_row: float | None) -> float | None:
    """The time that wall time cannot be behind: the newest row's, or the one kept last."""
    return max((time for time in (read_kept(folder), newest_row) if time is not None), default=None)


def keep(folder: Path, now: float) -> None:
    """Write the time in whole seconds, never one that is still to come; whole or not at all."""
    _write(folder, NAME, f"{int(now)}")


def _write(folder: Path, name: str, text: str) -> None:
    draft = folder / f".{name}"
    draft.write_text(f"{text}\n", encoding="ascii")
    draft.replace(folder / name)


async def keep_time(folder: Path, clock: SystemClock, every_s: float = KEEP_S) -> None:
    """Keep the time while it is trusted, as the clock's floor too, until cancelled, and once more then."""
    try:
        while True:
            _try_to_keep(folder, clock)
            await asyncio.sleep(every_s)
    finally:
        _try_to_keep(folder, clock)


def _try_to_keep(folder: Path, clock: SystemClock) -> None:
    now = clock.dated()
    if now is None:
        return
    clock.floor = max(clock.floor or 0.0, now)
    try:
        keep(folder, now)
    except OSError as error:
        log.warning("the time could not be kept: %s", error)
