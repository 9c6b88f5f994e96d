"""Around the composition root: command line, signals, exit codes, and control's first lines. No part is made here."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn

from msgspec.structs import replace

from api.ports import StoreError
from camera.frame import boot_time
from device.board import Board, Notice
from device.certificates import TlsRefused
from device.config import NAMED, Config, ConfigError, find_config, load_config
from device.door.base import Door, DoorRefused, check_source
from device.health import Watched
from device.journal import MESSAGE_IDS, NAME
from device.models import passive_bands
from device.peer import SocketFolderRefused
from device.screen_settings import ScreenNotice, languages
from device.supervisor import VisionRefused
from device.tasks import Tasks
from inference.journal import event, journal_here, log_here
from inference.liveness.policy import POLICIES, Level
from inference.manifest import ModelError

log = logging.getLogger(__name__)

Say = Callable[[str], None]
Control = Callable[[Config, Say], Coroutine[Any, Any, None]]

REFUSALS = (ConfigError, StoreError, ModelError, VisionRefused, DoorRefused, SocketFolderRefused, TlsRefused)
"""Errors that say in words why control cannot work."""

LOG_FORMAT = "%(levelname)s %(name)s: %(message)s"
"""No time: the journal has it, and a terminal shows decisions beside it."""


def begin(control: Control) -> NoReturn:
    """Read the command line and the configuration, and run control; exits with 0 when it was told to stop, else with 1."""
    arguments = _arguments()
    try:
        config = load_config(find_config(arguments.config))
        config = config.with_camera(arguments.camera) if arguments.camera else config
        log_here(NAME, MESSAGE_IDS, config.log.level, LOG_FORMAT)
        asyncio.run(control(config, _say))
    except REFUSALS as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(_of_the_system(error))
    except Exception as error:
        if journal_here() is None:
            raise
        _refuse(f"control failed: {type(error).__name__}", error)
    sys.exit(0)


def _refuse(why: str, error: Exception | None = None) -> NoReturn:
    """End with 1 and why: for the journal an entry among others, else plain words on standard error."""
    if journal_here() is None:
        sys.exit(f"facekiosk: {why}")
    log_here(NAME, MESSAGE_IDS, "info", LOG_FORMAT)  # where it has not come to that yet
    log.critical("%s", why, exc_info=error, extra=event("refused"))
    sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="facekiosk", description="The kiosk: camera, decisions, door, screen and API.")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file")
    parser.add_argument("--camera", metavar="SOURCE", help=f"a file to replay, /dev/video*, or one of {', '.join(NAMED)}")
    return parser.parse_args()


def _of_the_system(error: OSError) -> str:
    if "address already in use" in str(error).lower():
        return f"the port is taken ({error}); stop the other program, or set another port under [listen] or [lan]"
    return str(error)


def _say(text: str) -> None:
    print(text, flush=True)  # standard output is where decisions are told


async def until_over(tasks: Tasks) -> None:
    """Wait for SIGINT or SIGTERM, or for a vital task to end; raises what that raised."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    tasks.vital("stop", _stopped(stop))
    log.info("%s ended; control stops", await tasks.first_end(), extra=event("stopped"))


async def _stopped(stop: asyncio.Event) -> None:
    await stop.wait()


def notice(config: Config) -> Notice:
    """What the screen is told before vision has said what its source is."""
    ways = tuple(way for way in ("pin", "card") if way in config.door.grants)
    policy, frontage = config.liveness.policy, config.kiosk.frontage
    if config.screen.language not in languages():
        log.warning("[screen] language %s has no file; the screen begins in English", config.screen.language)
    return Notice(policy=policy, ways=ways, frontage=frontage, screen=ScreenNotice.of(config.screen))


async def introduce(camera: Watched, config: Config, door: Door, board: Board, say: Say, began: float) -> None:
    """Tell what runs here each time a vision@camera comes up, and refuse a source that must not command this door.

    Raises:
        DoorRefused: the source is not live, and the door is real.
    """
    told = ""
    while True:
        await camera.link.connected.wait()
        if (hello := camera.link.hello) is not None:
            check_source(hello.source, live=hello.live, driver=door.driver, real=door.real)
            policy = config.liveness.at_door(live=hello.live)
            board.note(replace(notice(config), source=hello.source, live=hello.live, policy=policy, door=door.driver))
            live = "live" if hello.live else "not live"
            line = f"source {hello.source} ({live}), policy {policy}, door {door.driver}"
            if line != told:
                say(line)
                say_what_is_missing(config, policy, say)
            if not told:
                await _first_look(camera)
                seconds = boot_time() - began
                say(f"ready after {seconds:.1f} s")
                if journal_here() is not None:  # where nobody reads standard output
                    log.info(
                        "the camera is ready after %.1f s: %s", seconds, line, extra=event("ready", ms=round(seconds * 1000))
                    )
            told = line
        await camera.link.gone()


def say_what_is_missing(config: Config, policy: Level, say: Say) -> None:
    """Say so where the policy asks a network that is not there: it then lets nobody in."""
    if POLICIES[policy].passive and passive_bands(config.vision) is None:
        say(f"no passive liveness network is installed, so policy {policy} lets nobody in by face; see docs/policies.md")


async def _first_look(camera: Watched) -> None:
    with camera.link.observations.subscribe() as subscription:
        await subscription.get()
