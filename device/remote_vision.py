"""Clients' images judged by `vision@remote`, which runs only while it is needed. No image is looked into here."""

import asyncio
from collections.abc import Awaitable, Callable

from api.ending import end
from api.ports import ImageRefused, VisionUnavailable
from camera.frame import boot_time
from device.supervisor import Supervisor
from device.vision_link import VisionLink
from inference.channel import Forget
from inference.observation import Observation


class VisionRemote:
    """Implements `api.ports.RemoteVision` over a link.

    Args:
        link: the link to `vision@remote`.
        need: starts it where it is not running, and returns once it is connected.
        timeout_s: seconds that starting and judging may take together.
    """

    def __init__(self, link: VisionLink, need: Callable[[], Awaitable[None]], timeout_s: float) -> None:
        self._link = link
        self._need = need
        self._timeout_s = timeout_s

    async def judge(self, stream: str, image: bytes, time: float, *, track: bool = True) -> Observation:
        """Look at one image as the next frame of `stream` (boot-time seconds).

        Raises:
            VisionUnavailable: not there, lost, or no answer in time.
            ImageRefused: the bytes are no usable image.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._need()
                answer = await self._link.ask(stream, image, time, track=track)
        except TimeoutError as error:
            raise VisionUnavailable(f"vision@remote did not answer within {self._timeout_s:g} s") from error
        except ConnectionError as error:
            raise VisionUnavailable(f"vision@remote: {error}") from error
        if answer.observation is None:
            raise ImageRefused(answer.error or "invalid_frame")
        return answer.observation

    async def forget(self, stream: str) -> None:
        """Free what is kept for the stream; nothing is started for it."""
        self._link.send(Forget(stream))


class OnNeed:
    """Starts a vision instance when it is first needed, and stops it when it was not for `idle_s` seconds.

    Args:
        link: where it connects.
        supervisor: starts it.
        idle_s: seconds without need after which it is stopped.
    """

    def __init__(self, link: VisionLink, supervisor: Supervisor, idle_s: float) -> None:
        self._link = link
        self._supervisor = supervisor
        self._idle_s = idle_s
        self._used = boot_time()
        self._waiting = 0
        self._wanted = asyncio.Event()

    @property
    def _idle(self) -> bool:
        return not self._waiting and boot_time() - self._used >= self._idle_s

    async def need(self) -> None:
        """Return once it is connected. How long that may take is the caller's business."""
        self._waiting += 1
        self._wanted.set()
        try:
            await self._link.connected.wait()
        finally:
            self._waiting -= 1
            self._used = boot_time()

    async def run(self) -> None:
        """Run it while it is needed, until cancelled.

        Raises:
            VisionRefused: it cannot work as it is configured.
        """
        while True:
            await self._wanted.wait()
            running = asyncio.ensure_future(self._supervisor.run())
            try:
                while not running.done() and not self._idle:
                    await asyncio.wait({running}, timeout=min(1.0, self._idle_s))
            finally:
                await end(running)
                if not self._waiting:  # who came while it was being stopped still waits for it
                    self._wanted.clear()
