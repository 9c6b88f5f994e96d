"""`kioskctl clock`: what time it is on the device, and setting it where nothing else does."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from device.clock_commands import ClockConfirm, ClockQuery, ClockSet, ClockState
from device.command import OperationRefused
from provisioning.link import ask, connected, question
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import Output, reporting

app = typer.Typer(no_args_is_help=True, help="The device's wall clock.")

RTC = Path("/dev/rtc0")


@app.command()
def show(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show the time, whether rules and tokens may go by it, and why."""
    question(Common(config, as_json), ClockQuery(), ClockState, _show)


@app.command("set")
def set_(
    to: Annotated[str, typer.Argument(metavar="TIME", help="RFC 3339 with a zone, or `now`: the clock is right as it is.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set the clock of this machine, or confirm it, and have it trusted until the next boot. Who did it is written down first.

    Needs root, but for `now`. A time before the device's newest event is refused.

    Example: sudo kioskctl clock set 2026-11-26T18:30:00+01:00
    """
    with reporting(as_json=as_json) as out:
        seconds = _parsed(to)
        state = asyncio.run(_set(Common(config, as_json), seconds))
        out.document(state)
        if not out.as_json:
            _show(state, out)


async def _set(common: Common, seconds: float | None, setter: Callable[[float], None] | None = None) -> ClockState:
    """Write down, set, confirm. `OperationRefused`: it was not set."""
    asked = time.monotonic()
    async with connected(common.load()) as console:
        await ask(console, ClockSet(to=time.time() if seconds is None else seconds), ClockState)
        if seconds is not None:
            (setter or set_machine)(seconds + time.monotonic() - asked)
        return await ask(console, ClockConfirm(), ClockState)


def set_machine(seconds: float) -> None:
    """Set the machine's clock (POSIX seconds), and the real-time clock where there is one. `OperationRefused`: it may not."""
    try:
        time.clock_settime(time.CLOCK_REALTIME, seconds)
    except PermissionError as error:
        raise OperationRefused("forbidden", "only root may set the clock; use sudo") from error
    hwclock = shutil.which("hwclock")
    if hwclock and RTC.exists():
        subprocess.run([hwclock, "--systohc"], check=False, capture_output=True, timeout=30)


def _parsed(text: str) -> float | None:
    """POSIX seconds; None for `now`."""
    if text == "now":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text}: not a time such as 2026-11-26T18:30:00+01:00", param_hint="TIME") from error
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text}: say the zone too, such as +01:00 or Z", param_hint="TIME")
    return moment.timestamp()


def _show(state: ClockState, out: Output) -> None:
    who = {"rtc": "a real-time clock", "ntp": "NTP", "operator": "an operator"}.get(state.set_by, "nobody")
    out.say(f"now      {state.now}")
    out.say(f"trusted  {'yes' if state.trusted else 'no'}; set in this boot by {who}")
    out.say(f"floor    {state.floor or 'none'}")
