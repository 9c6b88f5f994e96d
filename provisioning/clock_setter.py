"""The one step of `kioskctl clock set` that needs root, as a process of its own, begun before kioskctl gives root up.

`python -m provisioning.clock_setter` sets this machine's clock to what one line on standard input says; it imports the
standard library only. Exit statuses: 0 set, or nothing was asked; 77 it may not.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

RTC = Path("/dev/rtc0")
FORBIDDEN = 77
"""Exit status of a process that may not set the clock (EX_NOPERM of sysexits.h)."""


def set_machine(seconds: float) -> None:
    """Set the machine's clock (POSIX seconds), and the real-time clock where there is one. `PermissionError`: it may not."""
    time.clock_settime(time.CLOCK_REALTIME, seconds)
    hwclock = shutil.which("hwclock", path=f"{os.defpath}:/usr/sbin:/sbin")
    if hwclock and RTC.exists():
        subprocess.run([hwclock, "--systohc"], check=False, capture_output=True, timeout=30)


def main(asked: TextIO, setting: Callable[[float], None] = set_machine) -> int:
    """Set what the first line asks for; the exit status."""
    line = asked.readline()
    try:
        if line:
            setting(float(line) + time.monotonic())
    except PermissionError:
        print("only root may set the clock; use sudo", file=sys.stderr)
        return FORBIDDEN
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.stdin))
