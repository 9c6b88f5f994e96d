"""`kioskctl log`: the visits at the kiosk."""

from contextlib import aclosing
from typing import Annotated

import typer

from device.admin import Console
from device.status_commands import VisitLog, VisitView
from provisioning.link import carry_out
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import Output


def log(
    count: Annotated[
        int, typer.Option("-n", "--count", metavar="COUNT", help="How many of the newest.", min=0, max=1_000_000)
    ] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with those to come, until Ctrl-C.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the newest visits, oldest first.

    With --json one document, {"visits": […]}; with --follow one document a line for each visit.
    """

    async def work(console: Console, out: Output) -> None:
        visits: list[VisitView] = []
        async with aclosing(console.perform(VisitLog(count=count, follow=follow))) as replies:
            async for reply in replies:
                if not isinstance(reply, VisitView):
                    continue
                if follow:
                    out.document(reply)
                visits.append(reply)
                out.say(line(reply))
                if follow:
                    visits.clear()
        out.document({"visits": visits})
        if not visits:
            out.say("no visits yet")

    carry_out(Common(config, as_json), work)


def line(visit: VisitView) -> str:
    """One visit in words."""
    confidence = "" if visit.confidence is None else f"  confidence {visit.confidence:.2f}"
    reason = f"  {visit.reason}" if visit.reason else ""
    who = visit.user_id or "unknown"
    return (
        f"{visit.number:>6}  {visit.at or 'undated':<20}  {visit.outcome:<9}  {who}{confidence}{reason}  {visit.duration_ms} ms"
    )
