"""Vision as kioskctl's own child, with a socket of its own, where no control runs that has one. Nothing is stored here."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from api.feedback import Feedback
from api.ports import VisionUnavailable
from camera.frame import boot_time
from device.command import OperationRefused
from device.config import Config
from device.enrolling import SourceOver, View
from device.feed import Subscription
from device.keeper import Keeper
from device.models import Models, Placed
from device.remote_vision import VisionRemote
from device.status_commands import VisionStatus
from device.supervisor import Life, Supervisor, VisionRefused
from device.vision_link import Instance, VisionLink
from inference.observation import Observation
from inference.settings import ProcessSettings

FINAL = frozenset({"model", "absent", "busy", "failed"})
"""Reasons of vision for ending after which an operator is told instead of trying again."""

POLL_S = 0.05
"""Seconds between looks at a vision that is starting."""

JUDGE_S = 20.0
"""Seconds that one photo may take, besides vision's start."""


def vision_command(instance: Instance, socket: Path, config: Config, former: Placed | None = None) -> Sequence[str]:
    """The command line of a vision process that connects to `socket`; `former` is embedded with beside the configured model."""
    told = told_to_vision(config, former).model_dump_json()
    return (sys.executable, "-m", "inference.vision", instance, "--socket", str(socket), "--config", told)


def told_to_vision(config: Config, former: Placed | None = None) -> ProcessSettings:
    """All that a vision process is told. An appliance never shows the demo in place of a camera that was unplugged."""
    beside, camera = None if former is None else former.manifest, config.camera
    if camera.source == "auto" and config.watch.keeper == "systemd":
        camera = camera.model_copy(update={"source": "camera"})
    watch = config.watch
    return ProcessSettings(
        camera=camera,
        vision=config.vision,
        beside=beside,
        backoff_s=watch.backoff_s,
        backoff_max_s=watch.backoff_max_s,
        log_level=config.log.level,
    )


def link_to(instance: Instance, socket: Path, models: Models, expected: Callable[[], int | None]) -> VisionLink:
    """Control's end of the socket to a vision that embeds with these models."""
    return VisionLink(instance, socket, models.model.id, expected, beside_id=models.former_id)


class OwnVision:
    """One vision instance, started when it is first needed and ended with this context."""

    def __init__(self, instance: Instance, config: Config, models: Models) -> None:
        self._instance = instance
        self._config = _patient(models.seen_by(config))
        self._models = models
        self._stack = AsyncExitStack()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Listen where vision will connect."""
        async with AsyncExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="kioskctl-"))
            socket = Path(folder, "vision.sock")
            self.link = link_to(self._instance, socket, self._models, lambda: self.supervisor.pid)
            command = vision_command(self._instance, socket, self._config, self._models.former)
            self.supervisor = Supervisor(self.link, command, self._config.watch, FINAL)
            await stack.enter_async_context(self.link)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End vision and take its socket away."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self._stack.aclose()

    @property
    def running(self) -> "asyncio.Task[None]":
        """The task that keeps vision going, begun now where it is not; done when its source is over or it cannot work."""
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self.supervisor.run(), name=f"own vision@{self._instance}")
        return self._running

    async def need(self) -> None:
        """Start vision where it is not running, and wait until it is connected.

        Raises:
            VisionUnavailable: it cannot work, or did not connect in time; the message says why.
        """
        deadline = boot_time() + self._config.watch.grace_s
        while not (self.link.connected.is_set() or self.running.done()) and boot_time() < deadline:
            await asyncio.wait({self.running}, timeout=POLL_S)
            if self.supervisor.condition.restarts > 1:
                break
        if self.link.connected.is_set() or self._over():
            return
        if self.running.done():
            raise VisionUnavailable(str(self.running.exception() or "vision ended"))
        raise VisionUnavailable(f"vision@{self._instance} does not start; what it wrote to standard error says why")

    def _over(self) -> bool:
        return self.running.done() and self.supervisor.condition.life is Life.ENDED

    def status(self) -> VisionStatus:
        """How it is."""
        return vision_status(self.link, self.supervisor)

    async def conclude(self) -> None:
        """The end of a vision that is over: `OperationRefused` where it failed."""
        try:
            await self.running
        except VisionRefused as error:
            raise OperationRefused("vision_unavailable", str(error)) from error


def _patient(config: Config) -> Config:
    """The same, for a person who waits and reads along: no restart over a slow photo, and no chatter of vision."""
    watch = config.watch.model_copy(update={"progress_s": max(config.watch.progress_s, JUDGE_S)})
    return config.model_copy(update={"watch": watch, "log": config.log.model_copy(update={"level": "error"})})


def vision_status(link: VisionLink, supervisor: Keeper) -> VisionStatus:
    """How a vision instance is, for operators."""
    hello, condition = link.hello, supervisor.condition
    state = "ready" if hello is not None and condition.life is Life.STARTING else condition.life.value
    if hello is None:
        return VisionStatus(state=state, message=condition.message)
    return VisionStatus(state=state, source=hello.source, live=hello.live, message=condition.message)


class OwnCamera:
    """`LocalCamera` for a process without a running kiosk: vision@camera is started for each use, and ended with it."""

    def __init__(self, config: Config, models: Models) -> None:
        self._config = config
        self._models = models
        self._link: VisionLink | None = None

    @property
    def live(self) -> bool:
        """Whether it shows what is there now; until vision has said so, it counts as live."""
        hello = None if self._link is None else self._link.hello
        return hello is None or hello.live

    @asynccontextmanager
    async def look(self) -> AsyncIterator[View]:
        """Start the camera; `OperationRefused` where it does not work."""
        async with OwnVision("camera", self._config, self._models) as vision:
            with vision.link.observations.subscribe(depth=2) as subscription:
                try:
                    await vision.need()
                except VisionUnavailable as error:
                    raise OperationRefused("vision_unavailable", str(error)) from error
                self._link = vision.link
                try:
                    yield OwnView(vision, subscription)
                finally:
                    self._link = None

    def reserve(self) -> AbstractAsyncContextManager[View]:
        """The same: nobody else is there."""
        return self.look()

    def tell(self, feedback: Feedback) -> None:
        """Hand the instruction to the source; the demo's subject obeys."""
        if self._link is not None:
            self._link.instruct(feedback.instruction)

    def release(self) -> None:
        """Ask nothing any more."""
        if self._link is not None:
            self._link.instruct("")

    def conclude(self, *, enrolled: bool) -> None:
        """Nobody is told: there is no screen."""


class OwnView:
    """Observations of a vision of our own, up to its end."""

    def __init__(self, vision: OwnVision, subscription: Subscription[Observation]) -> None:
        self._vision = vision
        self._subscription = subscription

    async def within(self, seconds: float) -> Observation | None:
        """The next observation, or None when none came in time; what came before the end is told before it."""
        coming = asyncio.ensure_future(self._subscription.get())
        try:
            await asyncio.wait({coming, self._vision.running}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                return coming.result()
        finally:
            coming.cancel()
        if self._vision.running.done():
            await self._vision.conclude()
            raise SourceOver
        return None


def own_remote(vision: OwnVision, config: Config) -> VisionRemote:
    """`vision@remote` of our own, as sessions and photos ask for it."""
    return VisionRemote(vision.link, vision.need, config.watch.grace_s + JUDGE_S)
