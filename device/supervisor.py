"""Keeps one vision instance running as a child process: starts it, restarts it when it hangs or dies, and says how it is.

Used in development, where control is the parent; on the appliance each instance is a systemd unit with a watchdog of its own.
"""

import asyncio
import contextlib
import logging
import math
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from camera.discover import video_nodes
from camera.frame import boot_time
from device.settings import WatchSettings
from device.vision_link import VisionLink
from inference.journal import event
from inference.restraint import STEADY_S, sleep_unless_changed, start_s

log = logging.getLogger(__name__)

POLL_S = 0.25
"""How often progress is looked at, seconds."""

TERMINATE_S = 2.0
"""Seconds a child has to end after SIGTERM before it is killed."""

START_S = 2
"""Seconds that a start takes, about."""

KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "TZ",
    "PYTHONPATH",
    "PYTHONWARNINGS",
    "VIRTUAL_ENV",
    "OMP_NUM_THREADS",
)
"""All of the environment that a child gets."""

LEASH = Path(__file__).with_name("leash.py")

PACKAGES = LEASH.parents[1]
"""The folder that holds the packages, installed or not: `-m` finds them from there."""


class Life(StrEnum):
    """How a vision instance is."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    """Down, or hung; it is started again after a pause."""
    LOOPING = "looping"
    """Down, and was so again and again; it is tried with long pauses, and somebody has to look."""
    ENDED = "ended"
    """Its source is over; it is not started again."""


def vision_event(instance: str, life: Life) -> dict[str, Any]:
    """What makes a log line the event that an instance is so now."""
    return event("vision", instance=instance, state=life.value)


class VisionRefused(Exception):
    """Vision cannot work as it is configured, and starting it again would not help; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How an instance is, and in words why."""

    life: Life
    message: str = ""
    restarts: int = 0


def scrubbed(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for children: what they need to run, and nothing of control's."""
    return {name: environment[name] for name in KEPT if name in environment}


class Supervisor:
    """Runs one vision instance.

    Args:
        link: where the instance will connect.
        command: its command line.
        settings: time limits.
        final: reasons of `Ended` after which starting again would not help.
    """

    def __init__(
        self, link: VisionLink, command: Sequence[str], settings: WatchSettings, final: frozenset[str] = frozenset({"model"})
    ) -> None:
        self._link = link
        self._command = command
        self._settings = settings
        self._final = final
        self._process: asyncio.subprocess.Process | None = None
        self._next_start = 0.0
        self._ready_at: float | None = None
        """When the child became ready; None: it has not been."""
        self.condition = Condition(Life.STOPPED)
        self.down = asyncio.Event()
        """Set while it is `FAILED` or `LOOPING`: from a crash until it is ready again, or for good."""
        self.recycled = 0
        """Times it was stopped, and started again, because it had grown too large."""

    @property
    def pid(self) -> int | None:
        """The child's process id, also while it is ending; None when there is none."""
        return self._process.pid if self._process else None

    @property
    def back_in_s(self) -> int:
        """Whole seconds after which an instance that is down may be ready again."""
        return START_S + max(0, math.ceil(self._next_start - boot_time()))

    async def run(self) -> None:
        """Keep the instance running until its source is over.

        Raises:
            VisionRefused: it ended for a reason that starting again does not help.
        """
        failures = 0
        try:
            while True:
                steady = await self._once(failures)
                if self.condition.life is Life.ENDED:
                    return
                failures = 1 if steady else failures + 1
                pause = self.pause(failures)
                self._count(failures, pause)
                self._next_start = boot_time() + pause
                await sleep_unless_changed(pause, video_nodes)
        except asyncio.CancelledError:
            self._say(Condition(Life.STOPPED))
            raise

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row."""
        return float(min(self._settings.backoff_s * 2 ** min(failures - 1, 20), self._settings.backoff_max_s))

    def _count(self, failures: int, pause: float) -> None:
        """Note the early ends in a row; from `LOOP` on that is the state."""
        self._link.failures = failures
        if self._link.failing:
            message = f"vision@{self._link.instance} has ended {failures} times in a row: {self.condition.message}"
            extra = vision_event(self._link.instance, Life.LOOPING)
            log.error("%s; the next try is in %g s", message, pause, extra=extra)
            self.condition = Condition(Life.LOOPING, message, self.condition.restarts)

    async def _once(self, restarts: int) -> bool:
        """One life of the child; whether it was ready for long."""
        self._link.ended = None
        if not restarts:
            self._say(Condition(Life.STARTING))
        started, self._ready_at = boot_time(), None
        process = await self._spawn()
        self._process = process
        try:
            why = await self._watch(process, started, restarts)
        finally:
            try:
                await _end(process)
                await self._link.settle()
            finally:
                self._process = None
        self._conclude(why, restarts)
        return self._steady

    @property
    def _steady(self) -> bool:
        return self._ready_at is not None and boot_time() - self._ready_at > STEADY_S

    async def _spawn(self) -> asyncio.subprocess.Process:
        """Start the child, on its leash. A cancellation meanwhile leaves no child behind."""
        leashed = (sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *self._command)
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(*leashed, stdin=asyncio.subprocess.DEVNULL, env=scrubbed(), cwd=PACKAGES)
        )
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await _end(await starting)
            raise

    async def _watch(self, process: asyncio.subprocess.Process, started: float, restarts: int) -> str:
        """Wait until the child is over or hangs; why, in words."""
        # One wait for all rounds: the transport keeps each until the process is over, cancelled ones too.
        over = asyncio.ensure_future(process.wait())
        try:
            while not (await asyncio.wait({over}, timeout=POLL_S))[0]:
                if why := self._hung(started, restarts):
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()  # what hangs does not end in order; asking it first is only a longer time without frames
                    return why
            return f"it ended with status {over.result()}"
        finally:
            over.cancel()

    def _hung(self, started: float, restarts: int) -> str:
        """In words why a child that lives counts as hung; empty where it does not."""
        grace = start_s(self._settings.grace_s, restarts)
        late = boot_time() - started > grace
        if self._link.hello is None:
            return f"it did not connect within {grace:g} s" if late else ""
        self._ready_at = self._ready_at or boot_time()
        self._say(Condition(Life.READY, restarts=restarts))
        if self._link.stalled_s > self._settings.progress_s and (self._link.progress.begun or late):
            return f"it made no progress for {self._settings.progress_s:g} s"
        return ""

    def _conclude(self, why: str, restarts: int) -> None:
        ended = self._link.ended
        if ended is None:
            self._say(Condition(Life.FAILED, f"vision@{self._link.instance} is started again: {why}", restarts))
        elif ended.reason == "ended":
            self._say(Condition(Life.ENDED, ended.message, restarts))
        else:
            self._say(Condition(Life.FAILED, ended.message, restarts))
            if ended.reason in self._final:
                raise VisionRefused(ended.message)

    def _say(self, condition: Condition) -> None:
        if condition.message and condition.message != self.condition.message:
            level = logging.INFO if condition.life is Life.ENDED else logging.WARNING
            log.log(level, "%s", condition.message, extra=vision_event(self._link.instance, condition.life))
        elif condition.life is Life.READY and self.down.is_set():
            log.info("vision@%s is back", self._link.instance, extra=vision_event(self._link.instance, condition.life))
        self.condition = condition
        if condition.life in (Life.FAILED, Life.LOOPING):
            self.down.set()
        else:
            self.down.clear()


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the child: SIGTERM, and SIGKILL where that does not do. Returns when it is gone."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(TERMINATE_S):
            await process.wait()
    except TimeoutError:
        log.warning("process %d did not end within %g s; it is killed", process.pid, TERMINATE_S)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
