"""`kioskctl commission`: the installer's check of a mounted kiosk, step by step, over SSH if need be."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import segno
import typer

from device.admin import AdminConnection, running
from device.aiming_commands import AimClose, AimClosed, AimOpen, AimOpened
from device.command import OperationRefused
from device.commands import AnyReply
from device.status_commands import DeviceStatus, Sight, StatusQuery, VisitLog, VisitView, WatchCamera
from provisioning.commission_report import Report, ReportUnreadable, Walk, load, save
from provisioning.commission_steps import PARTS, Judged, Part, Step, measured, problems, steps
from provisioning.link import ask
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import Output, reporting

SETTLE_S = 1.0
"""Seconds before the frames of a step count."""


@dataclass(frozen=True, slots=True)
class _Site:
    """Where it is done: the running kiosk, the report so far, and how long things may take."""

    kiosk: AdminConnection
    report: Report
    file: Path
    out: Output
    seconds: float
    wait_s: float


def commission(
    report: Annotated[
        Path,
        typer.Option(
            "--report", metavar="FILE", help="The report, JSON; its text goes beside it. One that is there is gone on with."
        ),
    ] = Path("commission.json"),
    part: Annotated[
        str, typer.Option("--part", metavar="PART", help="Only `aim`, `day`, `night` or `walk`; else what is not done yet.")
    ] = "",
    again: Annotated[bool, typer.Option("--again", help="Do the part's steps anew, those done too.")] = False,
    people: Annotated[int, typer.Option("--people", metavar="N", min=1, max=100, help="People of the walk test.")] = 10,
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

    The kiosk must be running. Every step is written to the report at once; what is left is done the next time. Prompts go to
    standard error. The command ends with 1 where a step that was done has problems.

    Example: kioskctl commission --part night --report hall.json
    """
    if part not in ("", "aim", "walk", *PARTS):
        raise typer.BadParameter(f"{part}: aim, day, night or walk", param_hint="--part")
    with reporting(as_json=as_json) as out:
        settings = Common(config, as_json).load()
        if not running(settings.admin_socket):
            raise OperationRefused("not_running", "the kiosk is not running; start it first, as it will run every day")
        site = _Site(AdminConnection(settings.admin_socket), _loaded(report), report, out, seconds, wait)
        bad = asyncio.run(_all(site, part, again=again, people=people, minutes=minutes))
        out.document(site.report)
        out.say(f"report: {report} and {report.with_suffix('.txt')}")
    if bad:
        raise typer.Exit(1)


def _loaded(file: Path) -> Report:
    try:
        return load(file)
    except ReportUnreadable as error:
        raise OperationRefused("report_unreadable", str(error)) from error


async def _all(site: _Site, part: str, *, again: bool, people: int, minutes: float) -> bool:
    """Do the parts; whether one that is done has problems."""
    status = await ask(site.kiosk, StatusQuery(), DeviceStatus)
    if not site.report.begun_at:
        site.report.begun_at = _now()
    site.report.device, site.report.camera = f"facekiosk {status.version}", status.camera.source
    if part == "aim" or (not part and not site.report.steps and _yes("Open the aiming view, to aim and focus the camera?")):
        await _aim(site, minutes)
    for each in PARTS:
        if part in ("", each):
            await _part(site, each, again=again and part == each)
    if part in ("", "walk"):
        await _walk(site, people, again=again and part == "walk")
    return any(judged.problems for judged in site.report.steps) or not all(walk.right for walk in site.report.walks)


async def _aim(site: _Site, minutes: float) -> None:
    opened = await ask(site.kiosk, AimOpen(minutes=minutes), AimOpened)
    _tell(f"Open this once on a phone or laptop, within {opened.minutes:g} minutes; give it to nobody else:")
    _tell(opened.url)
    if sys.stderr.isatty():
        segno.make(opened.url).terminal(out=sys.stderr, compact=True)
    _prompt("Aim and focus; then Enter closes the view")
    await ask(site.kiosk, AimClose(), AimClosed)


async def _part(site: _Site, part: Part, *, again: bool) -> None:
    left = [step for step in steps(part) if again or step.id not in site.report.done()]
    if not left or not _yes(f"{len(left)} step(s) by {part}: now?"):
        return
    for step in left:
        while not await _step(site, step):
            pass


async def _step(site: _Site, step: Step) -> bool:
    """Do one step; False: the installer wants it again."""
    if _prompt(f"{step.id}: {step.prompt} Enter when ready, s to leave it out").lower() == "s":
        return True
    found = measured(await _sights(site))
    judged = Judged(step=step.id, at=_now(), measured=found, problems=problems(step, found))
    site.report.put(judged)
    save(site.file, site.report)
    sharp, grey = f"sharpness {found.sharpness:.2f}", f"grey {found.exposure:.0f}"
    _tell(f"  {found.eye_distance:.0f} px between the eyes, {sharp}, {grey}, usable {found.usable:.0%}")
    for said in judged.problems:
        _tell(f"  ! {said}")
    return not judged.problems or not _yes("Again?")


async def _sights(site: _Site) -> list[Sight]:
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


async def _walk(site: _Site, people: int, *, again: bool) -> None:
    """One person after the other walks up; what the kiosk made of it is written down."""
    if again:
        site.report.walks = []
    if len(site.report.walks) >= people or not _yes(f"Walk test, {people - len(site.report.walks)} people to come: now?"):
        return
    while len(site.report.walks) < people:
        number = len(site.report.walks) + 1
        said = _prompt(
            f"Person {number} of {people}: e if enrolled, n if not, q to go on another time; then they walk up"
        ).lower()
        if said == "q":
            return
        if said not in ("e", "n"):
            continue
        began = time.monotonic()
        visit = await _next_visit(site)
        site.report.walks.append(
            Walk(
                person=number,
                expected="granted" if said == "e" else "refused",
                outcome="" if visit is None else visit.outcome,
                reason="" if visit is None else visit.reason,
                seconds=round(time.monotonic() - began if visit is None else visit.duration_ms / 1000, 1),
            )
        )
        save(site.file, site.report)
        _tell("  no visit was seen" if visit is None else f"  {visit.outcome}, {visit.reason}, {visit.duration_ms / 1000:.1f} s")


async def _next_visit(site: _Site) -> VisitView | None:
    """The next visit that ends; None when none did in time."""
    replies: AsyncGenerator[AnyReply, None] = site.kiosk.perform(VisitLog(count=0, follow=True))
    try:
        async with asyncio.timeout(site.wait_s), aclosing(replies):
            async for reply in replies:
                if isinstance(reply, VisitView):
                    return reply
    except TimeoutError:
        pass
    return None


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _prompt(text: str) -> str:
    return str(typer.prompt(text, default="", show_default=False, err=True))


def _yes(text: str) -> bool:
    return bool(typer.confirm(text, default=True, err=True))
