"""`kioskctl commission`: the installer's check of a mounted kiosk, step by step, over SSH if need be."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import typer

from device.admin import AdminConnection, running
from device.command import OperationRefused
from device.commands import AnyReply
from device.status_commands import DeviceStatus, Sight, StatusQuery, WatchCamera
from provisioning.commission_aim import aim
from provisioning.commission_judging import problems
from provisioning.commission_report import Report, ReportUnreadable, load, said_of, text_file
from provisioning.commission_site import Site, now, prompt, tell, yes
from provisioning.commission_steps import PARTS, Judged, Part, Step, measured
from provisioning.commission_walk import walk_test
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import reporting

SETTLE_S = 1.0
"""Seconds before the frames of a step count."""


def commission(
    report: Annotated[
        Path,
        typer.Option(
            "--report",
            metavar="FILE",
            dir_okay=False,
            help="The report, JSON; its text goes beside it (.txt). One that is there is gone on with.",
        ),
    ] = Path("commission.json"),
    part: Annotated[
        str, typer.Option("--part", metavar="PART", help="Only `aim`, `day`, `night` or `walk`; else what is not done yet.")
    ] = "",
    again: Annotated[bool, typer.Option("--again", help="Do the part's steps anew, those done too.")] = False,
    people: Annotated[
        int | None,
        typer.Option("--people", metavar="N", min=1, max=100, help="People of the walk test; else the report's, or 10."),
    ] = None,
    minutes: Annotated[
        float, typer.Option("--minutes", metavar="MINUTES", min=1, max=120, help="For how long the aiming view is open.")
    ] = 20.0,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="SECONDS", min=1, max=60, help="How long each step is measured.")
    ] = 4.0,
    wait: Annotated[
        float, typer.Option("--wait", metavar="SECONDS", min=5, max=600, help="Longest wait for a visit of the walk test.")
    ] = 60.0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a mounted kiosk: aim the camera, measure faces near and far, seated and tall, by day and by night, then people walk.

    The kiosk must be running. Every step is written to the report at once; what is left, or not well, is done the next time.
    Prompts go to standard error. The command ends with 1 until all of it, or of the part, is done and as it should be.

    Example: kioskctl commission --part night --report hall.json
    """
    if part not in ("", "aim", "walk", *PARTS):
        raise typer.BadParameter(f"{part}: aim, day, night or walk", param_hint="--part")
    if again and not part:
        raise typer.BadParameter("say with --part what is to be done anew", param_hint="--again")
    if text_file(report) == report:
        raise typer.BadParameter(f"{report} is where the text would go; name the report itself .json", param_hint="--report")
    with reporting(as_json=as_json) as out:
        settings = Common(config, as_json).load()
        if not running(settings.admin_socket):
            raise OperationRefused("not_running", "the kiosk is not running; start it first, as it will run every day")
        site = Site(AdminConnection(settings.admin_socket), _loaded(report), report, seconds, wait)
        site.report.at_mark(settings.kiosk.mark_eye_distance if settings.kiosk.frontage == "public" else None)
        _all(site, part, again=again, people=people, minutes=minutes)
        out.document(site.report)
        out.say(f"{said_of(site.report)}; report: {report} and {text_file(report)}")
    if part != "aim" and site.report.verdict_of(part) != "passed":
        raise typer.Exit(1)


def _loaded(file: Path) -> Report:
    try:
        return load(file)
    except ReportUnreadable as error:
        raise OperationRefused("report_unreadable", str(error)) from error


def _all(site: Site, part: str, *, again: bool, people: int | None, minutes: float) -> None:
    """Do what is asked for."""
    report, status = site.report, site.ask(StatusQuery(), DeviceStatus)
    report.begun_at = report.begun_at or now()
    report.device, report.camera = f"facekiosk {status.version}", status.camera.source
    report.people = people or report.people
    site.keep()  # before ten people have walked up: it can be written
    if part == "aim" or (not part and not report.steps and yes("Open the aiming view, to aim and focus the camera?")):
        aim(site, minutes)
    for each in PARTS:
        if part in ("", each):
            _part(site, each, again=again)
    if part in ("", "walk"):
        walk_test(site, again=again)
    site.keep()


def _part(site: Site, part: Part, *, again: bool) -> None:
    left = site.report.asked(part) if again else site.report.left(part)
    if not left or not yes(f"{len(left)} step(s) by {part}: now?"):
        return
    for step in left:
        while not _step(site, step):
            pass


def _step(site: Site, step: Step) -> bool:
    """Do one step; False: the installer wants it again."""
    if prompt(f"{step.id}: {step.prompt} Enter when ready, s to leave it out").lower() == "s":
        return True
    found = measured(asyncio.run(_sights(site)))
    judged = Judged(step=step.id, at=now(), measured=found, problems=problems(step, found))
    site.report.put(judged)
    site.keep()
    sharp, grey = f"sharpness {found.sharpness:.2f}", f"grey {found.exposure:.0f}"
    tell(f"  {found.eye_distance:.0f} px between the eyes, {sharp}, {grey}, usable {found.usable:.0%}")
    for said in judged.problems:
        tell(f"  ! {said}")
    return not judged.problems or not yes("Again?")


async def _sights(site: Site) -> list[Sight]:
    """The frames of a few seconds, after a moment to stand still."""
    sights: list[Sight] = []
    replies: AsyncGenerator[AnyReply, None] = site.kiosk.perform(WatchCamera())
    began = time.monotonic()
    async with aclosing(replies):
        async for reply in replies:
            if isinstance(reply, Sight) and time.monotonic() - began > SETTLE_S:
                sights.append(reply)
            if time.monotonic() - began > SETTLE_S + site.seconds:
                break
    return sights
