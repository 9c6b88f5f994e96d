"""How often in a row somebody may fail to be whom they claim, in remote sessions, and how long they wait then. Pure.

Waits run on the boot-time clock. After a reboot they run on by wall time where that is trusted, and else anew from the boot,
so that switching the device off shortens none. The door asks nobody here.
"""

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.clock import Clock


class LockoutSettings(BaseModel):
    """When claims to be one user are made to wait, or refused until an operator clears them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    free_failures: Annotated[
        int, Field(description="Failures in a row, of one claimed user id, after which the next try has to wait.", ge=1, le=20)
    ] = 5
    wait_s: Annotated[float, Field(description="Seconds of the first wait; each further failure doubles it.", ge=1, le=3600)] = 30
    longest_wait_s: Annotated[float, Field(description="Longest wait, seconds.", ge=1, le=86_400)] = 3600
    most_failures: Annotated[
        int,
        Field(
            description="Failures in a row after which the user is disabled for remote sessions until `kioskctl user unlock`.",
            ge=2,
            le=1000,
        ),
    ] = 50


@dataclass(frozen=True, slots=True)
class Lockout:
    """Failures in a row against one claimed user id, and the wait that the last of them brought."""

    failures: int = 0
    wait_s: float = 0.0
    boot_id: str = ""
    """Of the last failure."""
    until_boot: float = 0.0
    """When the wait is over, boot-time seconds of that boot."""
    until: float | None = None
    """The same in POSIX seconds; None where the time was not known."""


def failed(before: Lockout, settings: LockoutSettings, clock: Clock) -> Lockout:
    """How things stand after one more failure."""
    failures = before.failures + 1
    wait = wait_after(failures, settings)
    now = clock.dated()
    return Lockout(failures, wait, clock.boot_id, clock.boot() + wait, None if now is None else now + wait)


def wait_after(failures: int, settings: LockoutSettings) -> float:
    """Seconds to wait after so many failures in a row."""
    over = failures - settings.free_failures
    if over < 0:
        return 0.0
    # Past 60 doublings every wait is the longest; a power beyond that would only overflow.
    return min(max(settings.wait_s, settings.longest_wait_s), settings.wait_s * 2.0 ** min(over, 60))


def disabled(lockout: Lockout, settings: LockoutSettings) -> bool:
    """Whether only an operator can let this user id be claimed again."""
    return lockout.failures >= settings.most_failures


def left(lockout: Lockout, settings: LockoutSettings, clock: Clock) -> float:
    """Seconds that the next try has to wait: 0 where it need not, infinity where the user is disabled."""
    if disabled(lockout, settings):
        return math.inf
    if lockout.boot_id == clock.boot_id:
        return max(0.0, lockout.until_boot - clock.boot())
    # The boot-time clock begins at 0, so that what is left of a wait begun anew at boot is this.
    since_boot = max(0.0, lockout.wait_s - clock.boot())
    now = clock.dated()
    if now is None or lockout.until is None:
        return since_boot
    return min(max(0.0, lockout.until - now), since_boot)
