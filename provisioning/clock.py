"""`kioskctl clock`: what time it is on the device, and setting it where nothing else does."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from types import TracebackType
from typing import Annotated, Self

import typer

from device.clock_commands import ClockConfirm, ClockGiveUp, ClockQuery, ClockSet, ClockState
from device.command import OperationRefused
from device.supervisor import PACKAGES, scrubbed
from provisioning.clock_setter import FORBIDDEN
from provisioning.link import ask, connected, question
from provisioning.options import Common, ConfigOption, JsonOption, YesOption
from provisioning.output import Output, reporting

app = typer.Typer(no_args_is_help=True, help="The device's wall clock.")

PATIENCE_S = 45.0
"""Seconds that setting may take, the real-time clock included."""


@app.command()
def show(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show the time, whether rules and tokens may go by it, and why."""
    question(Common(config, as_json), ClockQuery(), ClockState, _show)


@app.command("set")
def set_(
    to: Annotated[str, typer.Argument(metavar="TIME", help="RFC 3339 with a zone, or `now`: the clock is right as it is.")],
    behind: Annotated[bool, typer.Option("--behind", help="Even before the newest time known here, which was wrong.")] = False,
    yes: YesOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set the clock of this machine, or confirm it, and have it trusted until the next boot. Who did it is written down first.

    Needs root, but for `now`. A time before the device's newest event is refused, and one more than a day away from it is asked
    about: what is old by it is destroyed.

    Example: sudo kioskctl clock set 2026-11-26T18:30:00+01:00
    """
    with reporting(as_json=as_json) as out:
        seconds = _parsed(to)
        # Working on the data of a kiosk that is stopped, this process becomes the kiosk's own user, who may not set a clock.
        with Setter() if seconds is not None else nullcontext() as setter:
            state = asyncio.run(_set(Common(config, as_json), seconds, setter, sure=yes, behind=behind))
        out.document(state)
        if not out.as_json:
            _show(state, out)


class SetterFailed(Exception):
    """The clock was not set; `forbidden`: the process may not."""

    def __init__(self, message: str, *, forbidden: bool = False) -> None:
        super().__init__(message)
        self.forbidden = forbidden


class Setter:
    """The process that sets the clock, with the rights that this one has when the context begins."""

    def __init__(self, command: Sequence[str] = (sys.executable, "-m", "provisioning.clock_setter")) -> None:
        self._command = command
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Begin it; it waits for what to set."""
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(
            self._command, cwd=PACKAGES, env=scrubbed(), stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End it, whether it was used or not."""
        if self._child is not None:
            self._child.communicate()  # it ends by itself once nothing more can be asked; it may not be ours to kill any more

    def set(self, wall_minus_monotonic: float) -> None:
        """Set the clock to this much more than the monotonic clock shows, in seconds.

        Raises:
            SetterFailed: it was not set.
        """
        if self._child is None:
            raise SetterFailed("the process that sets the clock was not begun")
        try:
            _, said = self._child.communicate(f"{wall_minus_monotonic!r}\n", timeout=PATIENCE_S)
        except subprocess.TimeoutExpired as error:
            raise SetterFailed(f"setting the clock did not end within {PATIENCE_S:g} s") from error
        if status := self._child.returncode:
            last = said.strip().rpartition("\n")[2]
            raise SetterFailed(last or f"setting the clock ended with status {status}", forbidden=status == FORBIDDEN)


async def _set(common: Common, seconds: float | None, setter: Setter | None, *, sure: bool, behind: bool) -> ClockState:
    """Write down, set, confirm; what fails is written down as well. `OperationRefused`: it was not set."""
    offset = (time.time() if seconds is None else seconds) - time.monotonic()
    async with connected(common.load()) as console:
        try:
            await ask(console, ClockSet(to=offset + time.monotonic(), sure=sure, behind=behind), ClockState)
        except OperationRefused as error:
            if error.code != "time_far" or common.as_json:
                raise
            typer.confirm(f"{error}. Is it right?", abort=True, err=True)
            await ask(console, ClockSet(to=offset + time.monotonic(), sure=True, behind=behind), ClockState)
        if setter is not None:
            try:
                setter.set(offset)
            except SetterFailed as error:
                await ask(console, ClockGiveUp(), ClockState)
                raise OperationRefused("forbidden" if error.forbidden else "time_not_set", str(error)) from error
        return await ask(console, ClockConfirm(), ClockState)


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
