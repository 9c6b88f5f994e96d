"""One vision instance as a systemd unit: control says what it wants and looks on; starting it, and again, is systemd's.

The unit reads its settings from a file beside the socket. `vision@remote` runs while the file that says it is wanted is there:
a path unit watches for it, so that control needs no right to start anything.
"""

import asyncio
import logging
import pwd
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from camera.frame import boot_time
from device.config import Config
from device.models import Models
from device.own_vision import told_to_vision
from device.settings import WatchSettings
from device.supervisor import POLL_S, START_S, Condition, Life, VisionRefused, vision_event
from device.vision_link import Instance, VisionLink
from inference.channel import Hello

log = logging.getLogger(__name__)


class UnitKeeper:
    """Looks after one instance that systemd runs; implements `device.keeper.Keeper`.

    What vision's own watchdog sees is not judged here; a vision that captures and observes nothing is: its connection is
    closed, upon which it ends and its unit starts it anew.

    Args:
        link: where the instance connects.
        settings: time limits.
        wanted: file that is there while the instance is wanted.
    """

    def __init__(self, link: VisionLink, settings: WatchSettings, wanted: Path) -> None:
        self._link = link
        self._settings = settings
        self._wanted = wanted
        self._hung = ""
        self._since = 0.0
        self._known: Hello | None = None
        """What the vision that was last found ready said of itself: another one says it anew."""
        self.condition = Condition(Life.STOPPED)
        self.down = asyncio.Event()
        self.recycled = 0

    @property
    def back_in_s(self) -> int:
        """Whole seconds after which an instance that is down may be ready again, about."""
        return START_S

    async def run(self) -> None:
        """Have it run until cancelled."""
        self._say(Condition(Life.STARTING))
        self._hung, self._since = "", boot_time()
        self._wanted.touch(mode=0o644)
        try:
            while True:
                self._look()
                await asyncio.sleep(POLL_S)
        finally:
            self._wanted.unlink(missing_ok=True)
            self._link.hang_up()
            self._say(Condition(Life.STOPPED))

    def _look(self) -> None:
        restarts, was = self.condition.restarts, self.condition.life
        known, self._known = self._known, self._link.hello
        if self._link.hello is None or (known is not None and self._link.hello is not known):
            self._known = None
            if was is Life.READY:
                self._since = boot_time()
                self._say(Condition(Life.FAILED, self._why(), restarts + 1))
            elif self._link.failing:
                self._say(Condition(Life.LOOPING, self._looping(), restarts))
            elif self._late or self._link.ended is not None:
                self._say(Condition(Life.FAILED, self._why(), restarts))
        elif self._link.stalled_s > self._settings.progress_s and (self._link.progress.begun or self._late):
            self._hung = f"it made no progress for {self._settings.progress_s:g} s"
            self._link.hang_up()
        else:
            self._hung = ""
            self._say(Condition(Life.READY, restarts=restarts))

    @property
    def _late(self) -> bool:
        return boot_time() - self._since > self._settings.grace_s

    def _why(self) -> str:
        unit = f"vision@{self._link.instance}"
        if self._link.ended is not None:
            return self._link.ended.message
        why = self._hung or ("it went away" if not self._late else f"it did not connect within {self._settings.grace_s:g} s")
        return f"{unit} is started again by systemd: {why}; see journalctl -u facekiosk-{unit}"

    def _looping(self) -> str:
        unit = f"vision@{self._link.instance}"
        why = f": {self._link.ended.message}" if self._link.ended is not None else ""
        return f"{unit} has ended {self._link.failures} times in a row{why}; see journalctl -u facekiosk-{unit}"

    def _say(self, condition: Condition) -> None:
        if condition.message and condition.message != self.condition.message:
            level = logging.ERROR if condition.life is Life.LOOPING else logging.WARNING
            log.log(level, "%s", condition.message, extra=vision_event(self._link.instance, condition.life))
        elif condition.life is Life.READY and self.down.is_set():
            log.info("vision@%s is back", self._link.instance, extra=vision_event(self._link.instance, condition.life))
        self.condition = condition
        if condition.life in (Life.FAILED, Life.LOOPING):
            self.down.set()
        else:
            self.down.clear()


@asynccontextmanager
async def vision_unit(instance: Instance, config: Config, models: Models) -> AsyncIterator[tuple[VisionLink, UnitKeeper]]:
    """The socket for an instance that systemd runs, its settings beside it, and who looks after it.

    Raises:
        VisionRefused: its user is not on this machine.
        OSError: socket or settings cannot be written.
    """
    path = config.vision_socket(instance)
    user = _user(config.watch.camera_user if instance == "camera" else config.watch.remote_user)
    wanted = path.with_suffix(".wanted")
    wanted.unlink(missing_ok=True)
    told = told_to_vision(models.seen_by(config), models.former)
    _write(path.with_suffix(".json"), told.model_dump_json())
    users, model = frozenset({user.pw_uid}), models.model.id
    async with VisionLink(instance, path, model, None, users, models.former_id, user.pw_gid) as link:
        yield link, UnitKeeper(link, config.watch_of(instance), wanted)


def _user(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError as error:
        raise VisionRefused(f"there is no user {name}: `make install` makes it, or set another under [watch]") from error


def _write(path: Path, text: str) -> None:
    """Put the file in place whole: vision may read it at any time."""
    draft = path.with_suffix(".new")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o644)
    draft.replace(path)
