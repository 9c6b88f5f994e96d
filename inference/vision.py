"""The vision process: `python -m inference.vision camera|remote --socket PATH --config JSON`. It has no key, store or network.

It connects to control's Unix socket, says hello, and works until control closes the connection, the source is over, or SIGTERM.
The settings are JSON (`ProcessSettings`), on the command line, in a file or, as `-`, on standard input. Where a systemd unit runs
it, the unit's watchdog is fed from captures alone (of vision@remote: from images judged, or none to judge). How it ends:

    0  control closed the connection, SIGTERM, or the source came to its end
    1  a fault of its own; standard error has the trace
    2  the command line or the settings are wrong
    3  control's socket cannot be connected to, or control broke the protocol
    4  the camera is absent, busy or has failed (control was told by `Ended`)
    5  the model cannot be used (control was told by `Ended`)

With `--crashes FILE` lives that ended early are counted there, and the next one begins after a pause (`inference.restraint`).
"""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
from pydantic import ValidationError

from camera.discover import video_nodes
from camera.source import CameraAbsent, CameraBusy, CameraEnded, CameraError
from inference import notify
from inference.channel import ChannelError, Ended, Waiting
from inference.duty import Duty, first_of
from inference.journal import VISION_IDS, event, log_here
from inference.manifest import ModelError
from inference.outlet import HEARTBEAT_S, Outlet, heartbeat
from inference.restraint import Life, Restraint, sleep_unless_changed, start_s
from inference.settings import ProcessSettings
from inference.vision_camera import CameraDuty
from inference.vision_remote import RemoteDuty
from inference.worker import Worker

log = logging.getLogger("vision")

DONE, FAULT, USAGE, CONTROL_LOST, CAMERA, MODEL = range(6)
"""Exit statuses, as in the module's docstring."""
NICE = 10
"""How much lower the priority of vision@remote is (setpriority(2)): a tenth of the camera's share where both want to run."""
START_S = 15.0
"""Seconds that a start may take after its pause, before systemd gives it up; more after early ends."""
STOP_S = 2.0
"""Seconds that the working thread has to end; then the process ends without it."""

_REASONS: tuple[tuple[type[CameraError], str], ...] = (
    (CameraAbsent, "absent"),
    (CameraBusy, "busy"),
    (CameraEnded, "ended"),
    (CameraError, "failed"),
)


async def serve(duty: Duty, socket: Path, restraint: Restraint | None = None) -> int:
    """Work for the control that listens at `socket` until done, or SIGTERM or SIGINT; the exit status."""
    life = Life(restraint)
    serving = asyncio.ensure_future(_serve(duty, socket, life))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    try:
        return await serving
    except asyncio.CancelledError:
        life.stopped()
        return DONE


async def _serve(duty: Duty, socket: Path, life: Life) -> int:
    try:
        outlet = await Outlet.connect(socket)
    except OSError as error:
        log.error("control does not listen at %s: %s", socket, error.strerror or error)
        return CONTROL_LOST
    await _wait(life, outlet)
    worker = Worker("vision")
    try:
        return await _work(duty, outlet, worker, life)
    finally:
        notify.stopping()
        duty.stop()
        await asyncio.wait({worker.call(duty.close)}, timeout=STOP_S)
        await outlet.close()


async def _wait(life: Life, outlet: Outlet) -> None:
    """Keep the pause that earlier lives have earned."""
    failures, pause = life.begin()
    if pause:
        extra = event("vision_waits", failures=failures, seconds=pause)
        log.warning("the last %d starts ended early; this one waits for %g s", failures, pause, extra=extra)
        outlet.offer(Waiting(failures, pause))
        notify.patience(pause + start_s(START_S, failures))
        await sleep_unless_changed(pause, video_nodes)


async def _work(duty: Duty, outlet: Outlet, worker: Worker, life: Life) -> int:
    try:
        hello = await worker.call(duty.open)
        outlet.offer(hello)
        notify.ready(f"{hello.source} ({'live' if hello.live else 'not live'})")
        life.ready()
        await first_of(asyncio.ensure_future(duty.work(outlet, worker)), asyncio.ensure_future(_beat(duty, outlet)))
        return DONE
    except ModelError as error:
        return await _end(outlet, "model", error, MODEL)
    except CameraError as error:
        reason = next(reason for kind, reason in _REASONS if isinstance(error, kind))
        if reason == "ended":
            life.completed()
        return await _end(outlet, reason, error, DONE if reason == "ended" else CAMERA)
    except ChannelError as error:
        log.error("control broke the protocol: %s", error)
        return CONTROL_LOST
    except ConnectionError:
        return DONE


async def _end(outlet: Outlet, reason: str, error: Exception, status: int) -> int:
    """Tell control, and standard error, why vision ends."""
    level = logging.INFO if status == DONE else logging.ERROR
    log.log(level, "%s", error, extra=event("vision_ended", reason=reason))
    with contextlib.suppress(ConnectionError):
        await outlet.deliver(Ended(reason, str(error)))
    return status


async def _beat(duty: Duty, outlet: Outlet) -> None:
    fed = -1
    while True:
        captured = duty.captured
        outlet.offer(heartbeat(captured, duty.dropped, duty.at_work))
        if captured > fed or duty.idle:
            notify.alive()
            fed = captured
        await asyncio.sleep(HEARTBEAT_S)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and serve; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m inference.vision", description="Looks at frames for control.")
    parser.add_argument("instance", choices=("camera", "remote"), help="which of the two instances this is")
    parser.add_argument("--socket", required=True, type=Path, help="Unix socket on which control listens")
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--config", default="{}", help="settings as JSON; `-` reads them from standard input")
    given.add_argument("--settings", type=Path, metavar="FILE", help="file of the settings as JSON, which control writes")
    parser.add_argument("--crashes", type=Path, metavar="FILE", help="count of lives that ended early, for pauses between them")
    asked = parser.parse_args(arguments)
    try:
        settings = ProcessSettings.model_validate_json(_told(asked))
    except OSError as error:
        parser.error(f"the settings cannot be read: {error}")
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        parser.error(f"the settings are not valid: {problems}")
    _keep_standard_error()
    if asked.instance == "remote":
        give_way()
    who = f"vision@{asked.instance}"
    log_here(f"facekiosk-{who}", VISION_IDS, settings.log_level, f"{who} %(levelname)s %(message)s")
    cv2.setNumThreads(settings.vision.threads)
    duty = CameraDuty(settings) if asked.instance == "camera" else RemoteDuty(settings)
    try:
        return asyncio.run(serve(duty, asked.socket, _restraint(asked.crashes, settings)))
    except Exception:
        log.exception("vision failed", extra=event("vision_ended", reason="fault"))
        return FAULT


def _restraint(crashes: Path | None, settings: ProcessSettings) -> Restraint | None:
    return None if crashes is None else Restraint(crashes, settings.backoff_s, settings.backoff_max_s)


def _told(asked: argparse.Namespace) -> str:
    if asked.settings is not None:
        return Path(asked.settings).read_text(encoding="utf-8")
    return sys.stdin.read() if asked.config == "-" else str(asked.config)


def give_way() -> None:
    """Lower the priority of this process, so that the local camera goes first; threads that libraries have made go along."""
    for thread in os.listdir("/proc/self/task"):  # noqa: PTH208 - names are what is needed
        number = int(thread)
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            os.setpriority(os.PRIO_PROCESS, number, min(19, os.getpriority(os.PRIO_PROCESS, number) + NICE))


def _keep_standard_error() -> None:
    """Our own words go to a descriptor of their own: native code's is closed while it starts (`quiet_native_code`)."""
    if sys.stderr is sys.__stderr__:
        sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    # Threads inside native code must not hold up the end, or fail in it.
    os._exit(status)
