"""`make bench-api`: the session API of a really served device, measured from outside against what was promised of it.

Writes build/reports/api.json. Run it on a machine that does nothing else; all traffic stays on loopback.
"""

import argparse
import asyncio
import json
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bench.api import kills, load, memory, rates, sessions
from bench.api.figures import PARTS, rows, table
from bench.api.traffic import jpegs
from bench.speed import machine

FRAMES = 300


async def measured(part: str, given: argparse.Namespace, images: Sequence[bytes], say: Callable[[str], None]) -> dict[str, Any]:
    """One part of the report."""
    match part:
        case "rates":
            return await rates.measure(images, given.rate_seconds, given.rounds, say)
        case "load":
            return await load.measure(images, given.seconds, say)
        case "sessions":
            return await sessions.measure(given.cycles, say)
        case "memory":
            return await memory.measure(images, given.sessions, given.settle, say)
        case _:
            return await kills.measure(images, given.events, min(given.decisions, given.events), say)


async def report(given: argparse.Namespace, console: Console) -> dict[str, Any]:
    """The parts that were asked for, each on a device of its own."""
    found: dict[str, Any] = {"machine": machine()}
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        images = jpegs(FRAMES)
        for number, part in enumerate(given.only):
            task = progress.add_task(part)

            def say(what: str, task: Any = task, title: str = f"{number + 1}/{len(given.only)} {part}") -> None:  # noqa: ANN401
                progress.update(task, description=f"{title}: {what}")

            try:
                found[part] = await measured(part, given, images, say)
            except Exception as error:  # the other parts are worth having without this one
                found[part] = {"failed": f"{type(error).__name__}: {error}"}
                traceback.print_exception(error)
            write(found, given.out)
    return found


def write(found: dict[str, Any], folder: Path) -> None:
    """The report as it stands: what was measured is not lost with what comes after it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "api.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make bench-api", description=__doc__)
    add = parser.add_argument
    add("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to run (default: all)")
    add("--rate-seconds", type=float, default=10.0, help="rates: seconds of each measurement (default: %(default)g)")
    add("--rounds", type=int, default=2, help="rates: rounds of all of them (default: %(default)s)")
    add("--seconds", type=float, default=60.0, help="load: how long (default: %(default)g)")
    add("--cycles", type=int, default=500, help="sessions: how many are made, asked for and ended (default: %(default)s)")
    add("--sessions", type=int, default=1000, help="memory: socket sessions (default: %(default)s)")
    add("--settle", type=float, default=memory.SETTLE_S, help="memory: seconds until memory is read (default: %(default)g)")
    add("--events", type=int, default=10_000, help="kills: events (default: %(default)s)")
    add(
        "--decisions",
        type=int,
        default=1000,
        help="kills: how many of them are decided while all is killed (default: %(default)s)",
    )
    add("--out", type=Path, default=Path("build/reports"), help="folder of the report (default: %(default)s)")
    add("--json", action="store_true", help="print the report as JSON instead of a table")
    given = parser.parse_args(arguments)
    numbers = ("rate_seconds", "rounds", "seconds", "cycles", "sessions", "events", "decisions")
    if min(getattr(given, name) for name in numbers) <= 0:
        parser.error("every number is above 0")
    if given.sessions < 2:
        parser.error("--sessions: growth is seen from two on")
    return given


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write, show; 1 where a part could not be measured, 130 when interrupted."""
    given = options(arguments)
    # Raised wherever the program is, in the event loop or in a wait for a program: everything is left by its context's end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        found = asyncio.run(report(given, Console(stderr=True)))
    except KeyboardInterrupt:
        print("interrupted; the report has the parts that were done", file=sys.stderr)
        return 130
    if given.json:
        print(json.dumps(found, indent=1))
    else:
        Console().print(table(rows(found)))
    return int(any("failed" in found[part] for part in given.only))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
