"""`kioskctl run`: chooses the camera, makes the demo's person known on a first start, and becomes the kiosk."""

import asyncio
import os
import subprocess
import sys
import tempfile
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import typer

from api.records import LOCAL
from camera.discover import JETSON, video_devices
from camera.system_packages import is_installed
from device.command import OperationRefused
from device.config import NAMED, Config, load_config
from device.enroll_commands import Enrolled, EnrollPhotos
from device.models import configured
from device.offline import offline
from device.operations import Operations
from device.own_vision import OwnVision
from device.person_commands import UserList
from device.setup import create, plan
from device.supervisor import scrubbed
from provisioning.enroll import read_photos
from provisioning.init import config_file
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import Output, reporting

DEMO_USER = "grace"
DEMO_NAME = "Grace Hopper (demo)"
DEMO_PHOTOS = 5
RENDER_S = 60.0
"""Seconds that rendering the demo's portraits may take."""


def run(
    camera: Annotated[
        str | None,
        typer.Option("--camera", metavar="SOURCE", help=f"A clip or photos, /dev/video*, or one of {', '.join(NAMED)}."),
    ] = None,
    first: Annotated[
        bool, typer.Option("--first", help="Make the device where there is none, without asking, as `kioskctl init` would.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the kiosk, until Ctrl-C. Without a camera it uses the demo: rendered people, the first of them enrolled.

    A clip is replayed with a simulated door and the policy `basic` only. Each decision is a line on standard output.

    Examples: kioskctl run; kioskctl run --camera clip.mp4; kioskctl run --camera /dev/video0
    """
    if camera is not None and camera not in NAMED and not Path(camera).exists():
        raise typer.BadParameter(f"{camera}: no such file or device", param_hint="--camera")
    with reporting(as_json=as_json) as out:
        file = _prepared(config, out, first=first)
        settings = load_config(file)
        spec = camera or _chosen(settings)
        settings = settings if spec is None else settings.with_camera(spec)
        _announce(settings, out)
        if settings.camera.source == "demo":
            asyncio.run(_enroll_demo(settings, out))
        _become_kiosk(file, spec, as_json=as_json)


def _prepared(config: Path | None, out: Output, *, first: bool) -> Path:
    """The configuration file, made where there is none and `first` is said."""
    common = Common(config, as_json=out.as_json)
    new = config_file(config)
    if not first or new.exists():
        return common.find()
    text, _ = plan(new)
    made = create(new, text)
    out.say(f"made a new device: configuration {new}, root key {made.paths.key_file}, data {made.paths.data_dir}")
    return new


def _chosen(config: Config) -> str | None:
    """The source to use instead of the configured one: `auto` is a camera, or where none gives pictures the demo.

    Once, for as long as the kiosk runs: a camera that is unplugged later is waited for, and no demo takes its place.
    """
    if config.camera.source != "auto":
        return None
    if not (video_devices() or is_installed("picamera2") or JETSON.exists()):
        return "demo"
    return "camera" if asyncio.run(_captures(config)) else "demo"


async def _captures(config: Config) -> bool:
    """Whether vision finds a camera that it can read."""
    async with OwnVision("camera", config, configured(config.vision)) as vision:
        await vision.need()
        return vision.link.hello is not None and vision.link.hello.source != "demo"


def _announce(config: Config, out: Output) -> None:
    match config.camera.source:
        case "demo":
            out.say("no camera in use: the demo shows rendered people, and the door is simulated")
        case "replay":
            out.say(f"replaying {config.camera.path}: not a live camera, so the door is simulated only and the policy is basic")
        case _:
            out.say(f"using the camera {config.camera.device or 'that was found first'}")


async def _enroll_demo(config: Config, out: Output) -> None:
    """Make the demo's first person known, by the ordinary way, where nobody is known yet."""
    async with offline(config) as operations:
        people = await operations.user_list(UserList(realm=LOCAL))
        if people.people:
            return
        out.say(f"enrolling the demo's person {DEMO_USER} from {DEMO_PHOTOS} rendered photos")
        with tempfile.TemporaryDirectory(prefix="kioskctl-demo-") as folder:
            enrolled = await _enroll(operations, await asyncio.to_thread(_render, Path(folder)))
        out.say(f"enrolled {enrolled.user_id} ({DEMO_NAME}): {enrolled.samples} sample(s), quality {enrolled.quality_score:.2f}")


async def _enroll(operations: Operations, photos: list[Path]) -> Enrolled:
    command = EnrollPhotos(user_id=DEMO_USER, photos=len(photos), display_name=DEMO_NAME)
    async with aclosing(operations.perform(command, read_photos(photos))) as replies:
        async for reply in replies:
            if isinstance(reply, Enrolled):
                return reply
    raise OperationRefused("internal_error", "the demo's person was not enrolled")


def _render(folder: Path) -> list[Path]:
    """Photos of the demo's person, drawn by a process of its own: this one has no image library."""
    command = [sys.executable, "-m", "camera.sources.demo", "portraits", str(folder), "--count", str(DEMO_PHOTOS)]
    done = subprocess.run(command, env=scrubbed(), capture_output=True, text=True, timeout=RENDER_S, check=False)
    if done.returncode:
        raise OperationRefused("demo_failed", f"the demo's photos could not be made: {done.stderr.strip()}")
    return [Path(line) for line in done.stdout.splitlines()]


def _become_kiosk(file: Path, spec: str | None, *, as_json: bool) -> None:
    """Go on as the kiosk, in this very process, so that signals and exit code are the kiosk's own."""
    command = [sys.executable, "-m", "device.app", "--config", str(file)]
    command += ["--camera", spec] if spec else []
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted
