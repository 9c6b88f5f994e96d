"""`kioskctl camera`: the cameras of this machine, for whoever mounts one. The camera is read by a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from camera.settings import CameraSettings
from device.admin import running
from device.command import OperationRefused
from device.config import NAMED, Config, ConfigError, find_config
from device.supervisor import PACKAGES, scrubbed
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import Output, reporting

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The cameras of this machine, for whoever mounts one.")

SOURCE = typer.Option(
    "--camera",
    metavar="SOURCE",
    help="`picamera2`, `argus`, `v4l2`, /dev/video*, `demo`, a photo or a clip; else the configured one.",
)
CameraOption = Annotated[str | None, SOURCE]
SharedSources = frozenset({"demo", "replay"})
"""Sources that a running kiosk does not keep from others."""
PICTURES = (".jpg", ".jpeg", ".png")
"""What a picture's name may end with."""
PATIENCE_S = 30.0
"""Seconds that a camera may take to open, besides the time it is read for."""
GREY_LOW, GREY_HIGH = 45.0, 200.0
"""Mean grey value of a picture below and above which something is wrong with the light."""


@app.command("list")
def list_cameras(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the cameras there are, by what `camera.source` and `camera.device` of the configuration have to say.

    Example: kioskctl camera list
    """
    with reporting(as_json=as_json) as out:
        chosen = _configured(config)
        cameras = [{**each, "configured": _is(each, chosen)} for each in _ask(["list"], PATIENCE_S)]
        out.document({"cameras": cameras})
        columns = ("source", "device", "what it is", "live", "configured", "pixel formats")
        out.table(columns, [_row(each) for each in cameras])
        for each in cameras:
            if each["problem"]:
                out.say(each["problem"], style="yellow")


@app.command("test")
def try_camera(
    camera: CameraOption = None,
    seconds: Annotated[float, typer.Option("--seconds", metavar="S", min=1, max=60, help="How long to read.")] = 5.0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a camera for some seconds: its rate, how even and how old its frames are, its light and exposure.

    A running kiosk has its camera for itself: stop it first, or use `kioskctl watch`.

    Example: kioskctl camera test --camera /dev/v4l/by-id/usb-cam
    """
    with reporting(as_json=as_json) as out:
        settings = _settings(config, camera)
        told = _ask(["test", "--settings", settings.model_dump_json(), "--seconds", str(seconds)], PATIENCE_S + seconds)
        out.document(told)
        _show(told, settings, out)


@app.command("snapshot")
def snapshot(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the picture: .jpg or .png; it must be new.")],
    camera: CameraOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write one picture of a camera, readable by you alone. Delete it when you have looked: it may show somebody.

    Example: kioskctl camera snapshot aim.jpg
    """
    _writable(file)
    with reporting(as_json=as_json) as out:
        settings = _settings(config, camera)
        command = ["snapshot", "--settings", settings.model_dump_json(), "--file", str(file.absolute())]
        told = _ask(command, PATIENCE_S)
        out.document(told)
        out.say(f"{told['file']}: {told['width']}x{told['height']}, {_light(told)}")


def _row(found: dict[str, Any]) -> tuple[str, ...]:
    live, configured = ("yes" if found[name] else "no" for name in ("live", "configured"))
    return found["source"], found["device"], found["label"], live, configured, " ".join(found["formats"])


def _writable(file: Path) -> None:
    """Refuse a file that cannot be written before a camera is opened for it."""
    if file.suffix.lower() not in PICTURES:
        raise typer.BadParameter(f"{file}: a picture is written as {' or '.join(PICTURES)}", param_hint="FILE")
    if not file.absolute().parent.is_dir():
        raise typer.BadParameter(f"{file}: there is no folder {file.parent}", param_hint="FILE")
    if os.path.lexists(file):
        raise typer.BadParameter(f"{file} is there already; it is left as it is", param_hint="FILE")


def _configured(config: Path | None) -> CameraSettings | None:
    """The configured camera; None where there is no configuration, and none was named."""
    try:
        return Common(config, as_json=False).load().camera
    except ConfigError:
        if config is not None:
            raise
        return None


def _is(found: dict[str, Any], chosen: CameraSettings | None) -> bool:
    """Whether a camera is the one that the configuration names; the first of its kind where it names only that."""
    if chosen is None or found["source"] != chosen.source:
        return False
    return not chosen.device or Path(found["device"]).resolve() == Path(chosen.device).resolve()


def _settings(config: Path | None, camera: str | None) -> CameraSettings:
    """The camera that is meant; refused where a running kiosk has it."""
    if camera is not None and camera not in NAMED and not Path(camera).exists():
        raise typer.BadParameter(f"{camera}: no such file or device", param_hint="--camera")
    try:
        found = Common(find_config(config), as_json=False).load()
    except ConfigError:
        if config is not None or camera is None:
            raise
        return Config().with_camera(camera).camera
    chosen = found if camera is None else found.with_camera(camera)
    busy = found.camera.source not in SharedSources and chosen.camera.source not in SharedSources
    if busy and running(found.admin_socket):
        raise OperationRefused("camera_reserved", "the running kiosk has the camera; stop it first, or use `kioskctl watch`")
    return chosen.camera


def _ask(arguments: list[str], patience: float) -> Any:  # noqa: ANN401 - JSON
    command = [sys.executable, "-m", "camera.report", *arguments]
    try:
        done = subprocess.run(
            command, cwd=PACKAGES, env=scrubbed(), capture_output=True, text=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        raise OperationRefused("camera_failed", f"the camera did not answer within {patience:g} s") from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise OperationRefused("camera_failed", said[-1] if said else f"reading the camera ended with status {done.returncode}")
    return json.loads(done.stdout)


def _show(told: dict[str, Any], settings: CameraSettings, out: Output) -> None:
    kind = "live" if told["live"] else "not live"
    exact = f", {told['pixel_format']}" if told["pixel_format"] else ""
    out.say(f"camera    {told['source']} ({kind}), {told['width']}x{told['height']}{exact}")
    if told["fps"] is None:
        out.say("rate      one frame only")
    else:
        lost = f", {told['lost']} lost" if told["lost"] else ""
        out.say(f"rate      {told['fps']:g} a second of {settings.fps:g} asked for, {told['frames']} frames{lost}")
        out.say(f"interval  95 % below {told['interval_p95_ms']:g} ms; a frame is {told['age_ms']:g} ms old when it comes")
    out.say(f"light     {_light(told)}")
    if told["exposure_us"] is not None:
        gain = "" if told["gain"] is None else f", gain {told['gain']:g}"
        out.say(f"exposure  {told['exposure_us'] / 1000:.1f} ms{gain}")


def _light(told: dict[str, Any]) -> str:
    verdict = "too dark" if told["grey"] < GREY_LOW else "too bright" if told["grey"] > GREY_HIGH else "good"
    return f"{verdict}: mean {told['grey']:g} of 255, {told['black']:.0%} black, {told['white']:.0%} white"
