"""When `vision@remote` runs: started when it is needed, stopped when nobody needs it, recycled when it has grown too large.

How it is started again after a crash is the supervisor's business.
"""

import asyncio
import logging

from api.ending import end
from api.ports import VisionUnavailable
from camera.frame import boot_time
from device.keeper import Keeper
from device.settings import WatchSettings
from device.supervisor import Life
from device.vision_link import VisionLink

log = logging.getLogger(__name__)

LOOK_S = 0.5
"""How often its use and its size are looked at, seconds."""

QUIET_S = 2.0
"""Seconds without a frame that make a quiet moment."""

BREATH_S = 0.25
"""Seconds that a frame waits before it is refused because vision is down."""

FAR = 1.5
"""How many times its limit it may grow while it is never quiet; then it is recycled between two frames."""


class OnNeed:
    """Runs a vision instance while it is needed.

    Args:
        link: where it connects.
        supervisor: starts it.
        settings: when it is no longer needed, and how large it may grow.
    """

    def __init__(self, link: VisionLink, supervisor: Keeper, settings: WatchSettings) -> None:
        self._link = link
        self._supervisor = supervisor
        self._idle_s = settings.remote_idle_s
        self._most_mb = settings.remote_memory_mb
        self._used = boot_time()
        self._waiting = 0
        self._wanted = asyncio.Event()
        self._open = asyncio.Event()
        """Set while an instance runs that is not about to be stopped."""

    async def need(self) -> None:
        """Return once it is connected; who comes while it is being stopped waits for the next. Who asks at once is not cut off.

        How long that may take is the caller's business.

        Raises:
            VisionUnavailable: it is down and will be started again, or it cannot work.
        """
        self._waiting += 1
        self._wanted.set()
        try:
            while not (self._open.is_set() and self._link.connected.is_set()):
                await self._open.wait()
                await _either(self._link.connected, self._supervisor.down)
                if not self._link.connected.is_set():
                    await self._refuse_unless_back()
        finally:
            self._waiting -= 1
            self._used = boot_time()

    async def _refuse_unless_back(self) -> None:
        """Refuse what comes while it is down, but not so fast that clients who send on at once would come too often."""
        try:
            async with asyncio.timeout(BREATH_S):
                await self._link.connected.wait()
        except TimeoutError:
            raise VisionUnavailable(self._supervisor.condition.message, self._supervisor.back_in_s) from None

    async def run(self) -> None:
        """Run it while it is needed, until cancelled.

        Raises:
            VisionRefused: it cannot work as it is configured.
        """
        while True:
            await self._wanted.wait()
            running = asyncio.ensure_future(self._supervisor.run())
            self._open.set()
            try:
                await self._until_enough(running)
            finally:
                if not running.done():
                    self._open.clear()
                await end(running)
            if self._idle() or self._supervisor.condition.life is Life.ENDED:
                self._wanted.clear()

    async def _until_enough(self, running: "asyncio.Future[None]") -> None:
        """Return when it should be stopped, or has ended."""
        log.info("vision@%s is started: it is needed", self._link.instance)
        while not running.done():
            await asyncio.wait({running}, timeout=min(LOOK_S, self._idle_s))
            if self._busy:
                self._used = boot_time()
            if self._idle():
                log.info("vision@%s is stopped: nobody needed it for %g s", self._link.instance, self._idle_s)
                return
            if await self._too_large():
                self._supervisor.recycled += 1
                return

    @property
    def _busy(self) -> bool:
        return self._waiting > 0 or self._link.owed > 0

    def _quiet_for(self, seconds: float) -> bool:
        return not self._busy and boot_time() - self._used >= seconds

    def _idle(self) -> bool:
        return self._quiet_for(self._idle_s)

    async def _too_large(self) -> bool:
        """Whether it has grown too large and nobody is cut off when it is stopped now."""
        progress = self._link.progress
        # One that has judged nothing is as small as it can be.
        judged = self._link.connected.is_set() and progress.captured > 0
        if not judged or progress.resident_mb <= self._most_mb:
            return False
        quiet = self._quiet_for(QUIET_S)
        if not quiet and progress.resident_mb <= self._most_mb * FAR:
            return False
        log.info("vision@%s is recycled: it has %.0f MB, more than %g", self._link.instance, progress.resident_mb, self._most_mb)
        self._open.clear()
        await self._link.answered()
        return True


async def _either(*events: asyncio.Event) -> None:
    """Return once one of them is set."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
