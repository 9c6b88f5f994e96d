"""How the device is, gathered from its parts: for `/readyz`, and for operators."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from api.clock import Clock
from api.ports import StoreError
from api.services import Look
from camera.frame import boot_time
from device import machine
from device.camera_rate import Rate, too_slow, wanted
from device.door.base import Door
from device.health_report import HealthReport, status_of
from device.integrity import Integrity
from device.keeper import Keeper
from device.operations import Health
from device.own_vision import vision_status
from device.store.store import SqlCipherStore
from device.supervisor import Life
from device.vision_link import VisionLink
from inference.thermal import hottest

LOW_MB = 200.0
"""Megabytes left where the data is, below which somebody should make room."""
GONE = "the data folder is gone; look at its disk"
HOT_C = 85.0
"""Degrees Celsius from which a Pi and a Jetson slow themselves down."""
SILENT_S = 10.0
"""Seconds without a sign of life after which the kiosk's page counts as dead."""
FIRST_BEAT_S = 60.0
"""Seconds after which a page that is to be expected counts as missing."""
STALE_S = 5.0
"""Seconds without an observation after which a camera that is connected counts as failed."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One vision instance: its socket and who keeps it running."""

    link: VisionLink
    supervisor: Keeper


@dataclass(slots=True)
class DeviceHealth:
    """Looks at the parts of a running control.

    Args:
        model: file of the embedding model in use.
        clock: whether its time is trusted.
        began: when control started, boot-time seconds.
        data: the folder whose disk must not fill up.
        integrity: what the last look through store and models found.
    """

    camera: Watched
    remote: Watched
    store: SqlCipherStore
    door: Door
    model: Path
    clock: Clock
    began: float
    data: Path
    integrity: Integrity
    temperature: Callable[[], float | None] = hottest
    beat: Callable[[], float | None] = lambda: None
    """When the kiosk's page last said that it draws, boot-time seconds; None: none has yet."""
    page_expected: Callable[[], bool] = lambda: False
    """Whether somebody keeps a page running, so that one that never comes is missed."""
    light: Callable[[], str | None] = lambda: None
    """What is wrong with the lamp; None: there is none."""
    _expected_since: float | None = None
    _rate: Rate = field(default_factory=Rate)
    _well_since: float | None = None

    def health(self) -> Health:
        """The moving parts, for operators."""
        return Health(
            control=True,
            uptime_s=boot_time() - self.began,
            camera=vision_status(self.camera.link, self.camera.supervisor),
            remote=vision_status(self.remote.link, self.remote.supervisor),
            door_state=self.door.state.value,
        )

    async def readiness(self) -> Mapping[str, str]:
        """Component → what is wrong with it; empty where nothing is."""
        return (await self.report()).checks

    async def look(self) -> Look:
        """The same and the camera's numbers, of one moment."""
        report = await self.report()
        return Look(report.checks, report.camera_fps, report.vision_age_s)

    async def report(self) -> HealthReport:
        """The device's health, now; since when it is well is known by whoever asks again and again."""
        now, link = boot_time(), self.camera.link
        self._rate.note(now, link.progress.captured, wanted(link))
        disk, temperature = machine.free_mb(self.data), self.temperature()
        checks = await self._checks(disk, temperature)
        status = status_of(checks)
        if status == "not_ready":
            self._well_since = None
        elif self._well_since is None:
            self._well_since = now
        checked = self.integrity.checked_at
        return HealthReport(
            status=status,
            steady_s=0.0 if self._well_since is None else round(now - self._well_since, 1),
            checks=checks,
            camera_fps=None if link.hello is None else self._rate.per_second(),
            vision_age_s=None if link.hello is None else round(now - link.progress.observed_at, 2),
            checked_s=None if checked is None else round(now - checked, 1),
            disk_free_mb=None if disk is None else round(disk, 1),
            temperature_c=temperature,
            time_trusted=self.clock.dated() is not None,
            models=self.integrity.models,
        )

    async def _checks(self, disk: float | None, temperature: float | None) -> Mapping[str, str]:
        checks = {
            "camera": self._camera(),
            "vision": self._remote(),
            "store": await self._store(),
            "models": self._models(),
            "disk": _disk(disk),
            "clock": "" if self.clock.dated() is not None else "the time is not known; rules of the calendar wait for it",
        }
        if self.camera.link.hello is not None:
            checks["rate"] = too_slow(self._rate)
        if (said := self._page(boot_time())) is not None:
            checks["screen"] = said
        if (lamp := self.light()) is not None:
            checks["light"] = lamp
        if temperature is not None:
            checks["temperature"] = "" if temperature < HOT_C else f"the processor is hotter than {HOT_C:g} °C; it slows down"
        return checks

    def _camera(self) -> str:
        if self.camera.link.hello is not None:
            progress = self.camera.link.progress
            stale = progress.begun and boot_time() - progress.observed_at > STALE_S
            return f"nothing was seen by the camera for more than {STALE_S:g} s" if stale else ""
        if self.camera.link.failing and self.camera.supervisor.condition.life is not Life.LOOPING:
            return f"vision@camera has ended {self.camera.link.failures} times in a row; look at its camera, and at the log"
        return self.camera.supervisor.condition.message or f"the camera is {self.camera.supervisor.condition.life.value}"

    def _page(self, now: float) -> str | None:
        """What is wrong with the kiosk's page; None: nothing is known of one."""
        if (beat := self.beat()) is not None:
            return "" if now - beat < SILENT_S else "the kiosk's page does not draw; the door works without it"
        if not self.page_expected():
            self._expected_since = None
            return None
        if self._expected_since is None:
            self._expected_since = now
        missing = now - self._expected_since >= FIRST_BEAT_S
        return "the kiosk's page has not come up; see the journal of facekiosk-screen" if missing else None

    def _remote(self) -> str:
        condition = self.remote.supervisor.condition
        return condition.message if condition.life in (Life.FAILED, Life.LOOPING) else ""

    def _models(self) -> str:
        if not self.model.is_file():
            return f"the model's file {self.model.name} is gone; install it again"
        return next((said for said in self.integrity.models.values() if said), "")

    async def _store(self) -> str:
        try:
            await self.store.ping()
        except StoreError as error:
            return str(error)
        # What is open still answers when its folder is gone, and what it then writes is lost.
        return self.integrity.store if self.data.is_dir() else f"{GONE}; what is written now is lost"


def _disk(free_mb: float | None) -> str:
    if free_mb is None:
        return GONE
    return "" if free_mb >= LOW_MB else f"less than {LOW_MB:g} MB are free where the data is; make room"
