"""How the device is, gathered from its parts: for `/readyz`, and for operators."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from api.clock import Clock
from api.ports import StoreError
from camera.frame import boot_time
from device.door.base import Door
from device.keeper import Keeper
from device.operations import Health
from device.own_vision import vision_status
from device.store.store import SqlCipherStore
from device.supervisor import Life
from device.vision_link import VisionLink


@dataclass(frozen=True, slots=True)
class Watched:
    """One vision instance: its socket and who keeps it running."""

    link: VisionLink
    supervisor: Keeper


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """Looks at the parts of a running control.

    Args:
        model: file of the embedding model in use.
        clock: whether its time is trusted.
        began: when control started, boot-time seconds.
    """

    camera: Watched
    remote: Watched
    store: SqlCipherStore
    door: Door
    model: Path
    clock: Clock
    began: float

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
        return {
            "camera": self._camera(),
            "vision": self._remote(),
            "store": await self._store(),
            "models": "" if self.model.is_file() else f"the model's file {self.model.name} is gone; install it again",
            "clock": "" if self.clock.dated() is not None else "the time is not known; rules of the calendar wait for it",
        }

    def _camera(self) -> str:
        if self.camera.link.hello is not None:
            return ""
        if self.camera.link.failing and self.camera.supervisor.condition.life is not Life.LOOPING:
            return f"vision@camera has ended {self.camera.link.failures} times in a row; look at its camera, and at the log"
        return self.camera.supervisor.condition.message or f"the camera is {self.camera.supervisor.condition.life.value}"

    def _remote(self) -> str:
        condition = self.remote.supervisor.condition
        return condition.message if condition.life in (Life.FAILED, Life.LOOPING) else ""

    async def _store(self) -> str:
        try:
            await self.store.ping()
        except StoreError as error:
            return str(error)
        return ""
