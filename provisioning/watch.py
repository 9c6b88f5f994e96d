"""`kioskctl watch`: what the camera's pipeline sees, as text, live."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live
from rich.table import Table

from device.admin import AdminConnection, running
from device.command import OperationRefused
from device.commands import AnyReply
from device.config import NAMED, Config, ConfigError, find_config
from device.enrolling import SourceOver
from device.models import configured
from device.own_vision import OwnCamera
from device.status_commands import Sight, WatchCamera
from device.views import sight
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import Output, escape, reporting

SILENCE_S = 10.0
"""Seconds without a frame after which watching is given up."""


def watch(
    camera: Annotated[
        str | None,
        typer.Option(
            "--camera",
            metavar="SOURCE",
            help="A clip, a folder of photos, /dev/video*, or `demo`.",
        ),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the pipeline sees, until Ctrl-C or the end of the recording. Nothing is recorded and no door moves.

    Without --camera it is the running kiosk's camera, or the configured one while the kiosk does not run. With --camera a vision
    process of its own looks at the source, and neither kiosk nor database is needed. With --json
    each frame is a document on a line of its own.

    Example: kioskctl watch --camera clip.mp4
    """
    with reporting(as_json=as_json) as out:
        settings = _settings(config, camera)
        asyncio.run(_watch(settings, own=camera is not None, out=out))


def _settings(config: Path | None, camera: str | None) -> Config:
    """The configuration; where a source is named, defaults will do when there is none."""
    if camera is None:
        return Common(config, as_json=False).load()
    if not (camera in NAMED or Path(camera).exists()):
        raise typer.BadParameter(f"{camera}: no such file or device", param_hint="--camera")
    try:
        found = find_config(config)
    except ConfigError:
        if config is not None:
            raise
        return Config().with_camera(camera)
    return Common(found, as_json=False).load().with_camera(camera)


async def _watch(config: Config, *, own: bool, out: Output) -> None:
    sights = _own(config) if own or not running(config.admin_socket) else _of_kiosk(config)
    async with aclosing(sights):
        with shown(out) as show:
            async for each in sights:
                show(each)


async def _of_kiosk(config: Config) -> AsyncGenerator[Sight, None]:
    replies: AsyncGenerator[AnyReply, None] = AdminConnection(config.admin_socket).perform(WatchCamera())
    async with aclosing(replies):
        async for reply in replies:
            if isinstance(reply, Sight):
                yield reply


async def _own(config: Config) -> AsyncGenerator[Sight, None]:
    async with OwnCamera(config, configured(config.vision)).look() as view:
        try:
            while (observation := await view.within(SILENCE_S)) is not None:
                yield sight(observation)
        except SourceOver:
            return
    raise OperationRefused("vision_unavailable", f"the camera showed nothing for {SILENCE_S:g} s")


@contextmanager
def shown(out: Output) -> Iterator[Callable[[Sight], None]]:
    """How each frame is shown: a document, a table that lives on a terminal, or a line where something changed."""
    if out.as_json:
        yield out.document
    elif out.words.is_terminal:
        with Live(console=out.words, auto_refresh=False, transient=True) as live:
            yield lambda each: live.update(table(each), refresh=True)
    else:
        yield _Changes(out).show


class _Changes:
    """A line for each frame in which more changed than numbers that always do."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._last: tuple[object, ...] = ()

    def show(self, each: Sight) -> None:
        """Print the frame where it differs."""
        now = (each.faces, each.track, each.condition, each.blinks, each.eyes_closed)
        if now != self._last:
            self._out.say(line(each))
        self._last = now


def line(each: Sight) -> str:
    """One frame in a line."""
    pose = "" if each.yaw is None else f"  yaw {each.yaw:+.0f}° pitch {each.pitch or 0:+.0f}°"
    quality = "" if each.quality_score is None else f"  quality {each.quality_score:.2f}"
    eyes = "closed" if each.eyes_closed else "open"
    face = f"  track {each.track}  eyes {eyes}  blinks {each.blinks}{pose}{quality}" if each.track else ""
    return f"frame {each.seq:<6} faces {each.faces}  {each.condition or 'usable'}{face}"


def table(each: Sight) -> Table:
    """One frame as a table."""
    pose = "" if each.yaw is None else f"yaw {each.yaw:+.1f}°, pitch {each.pitch or 0:+.1f}°"
    rows = [
        ("frame", f"{each.seq}, {each.milliseconds:.0f} ms"),
        ("faces", str(each.faces)),
        ("candidate", f"track {each.track}, {each.eye_distance:.0f} px between the eyes" if each.track else "none"),
        ("condition", each.condition or "usable"),
        ("pose", pose),
        ("eyes", f"{'closed' if each.eyes_closed else 'open'}, {each.blinks} blink(s), motion {each.motion:.2f}"),
        ("quality", "" if each.quality_score is None else f"{each.quality_score:.2f}"),
        *((f"  {measure.name}", f"{measure.value:.1f}  {measure.score:.2f}  {measure.reason}") for measure in each.measures),
        ("embedding", "yes" if each.embedded else "no"),
    ]
    grid = Table(box=None, show_header=False, pad_edge=False)
    grid.add_column(style="bold", width=16)
    grid.add_column()
    for name, value in rows:
        grid.add_row(name, escape(value))
    return grid
