"""`make bench-kiosk`: the kiosk as people meet it, against what was promised: decisions, start, cost, memory, hours on end.

Writes build/reports/kiosk.json and kiosk.png; what is not run again stays in them, so parts can be run one by one. Run it
on a machine that does nothing else; ends with 1 where something was not reached.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import kiosk_run
from bench.api.figures import table
from bench.kiosk import decision, memory, queue
from bench.kiosk.figures import PARTS, rows
from bench.kiosk.plots import draw
from bench.kiosk.scene import SOAK_FPS, scene
from bench.speed import machine

SLOWEST = 1.0
"""Times the clip's own rate below which a soak ends before it is complete."""


def soak(hours: float, minutes: float) -> dict[str, Any]:
    """The soak, in a process of its own; it ends earlier where the machine has no more time for it."""
    with scene(SOAK_FPS) as made:
        if made is None:
            return {"skipped": "evaluation data absent"}
        seconds = hours * 3600
        most = 60 * minutes if minutes else seconds / SLOWEST
        times = ["--seconds", str(seconds), "--most", str(most)]
        command = [sys.executable, "-m", "bench.kiosk.soak", str(made.config), str(made.visits), *times]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=120 + 2 * most, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def measured(part: str, given: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    """One part of the report."""
    match part:
        case "decision":
            return decision.measure(given.policies, given.shows, say)
        case "queue":
            return queue.measure(given.turns, say)
        case "start":
            say("start to ready")
            return kiosk_run.start()
        case "cost":
            return decision.cost(given.seconds, say)
        case "memory":
            return memory.measure(given.people, say)
        case _:
            say(f"{given.hours:g} h of clip time")
            return soak(given.hours, given.minutes)


def report(given: argparse.Namespace, console: Console) -> dict[str, Any]:
    """The parts that were asked for, each on a device of its own."""
    found: dict[str, Any] = {"machine": machine()}
    for part in given.only:
        with console.status(part) as status:
            load = os.getloadavg()[0]
            try:
                found[part] = measured(part, given, lambda what, name=part: status.update(f"{name}: {what}"))
            except Exception as error:  # the other parts are worth having without this one
                found[part] = {"failed": f"{type(error).__name__}: {error}"}
                traceback.print_exception(error)
            found.setdefault("when", {})[part] = {"at": time.strftime("%Y-%m-%d %H:%M"), "load_before": round(load, 1)}
    return found


def merged(before: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What was found now, and of before what was not looked at again: parts, and levels of decisions."""
    if before.get("machine") != found["machine"]:
        return found
    whole = {**before, **found, "when": {**before.get("when", {}), **found["when"]}}
    levels = [each.get("decision", {}) for each in (before, found)]
    if all(levels) and not any({"failed", "skipped"} & set(each) for each in levels):
        whole["decision"] = {**levels[0], **levels[1]}
    return whole


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make bench-kiosk", description=__doc__)
    add = parser.add_argument
    add("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to run (default: all)")
    levels = decision.POLICIES
    add("--policies", nargs="+", choices=levels, default=list(levels), help="decision: levels of liveness (default: all)")
    add(
        "--shows",
        type=int,
        default=10,
        help="decision: times that the person comes, 11 s each, for each policy (default: %(default)s)",
    )
    add("--turns", type=int, default=8, help="queue: people enrolled, one after the other (default: %(default)s)")
    add("--seconds", type=float, default=20.0, help="cost: seconds of each measurement (default: %(default)g)")
    add("--people", type=int, default=1000, help="memory: people enrolled (default: %(default)s)")
    add("--hours", type=float, default=0.25, help="soak: hours of clip time; what was promised is 8 (default: %(default)g)")
    add("--minutes", type=float, default=0.0, help="soak: minutes after which it ends wherever it is (default: none)")
    add("--out", type=Path, default=Path("build/reports"), help="folder of the report (default: %(default)s)")
    add("--json", action="store_true", help="print the report as JSON instead of a table")
    given = parser.parse_args(arguments)
    if min(given.shows, given.turns, given.seconds, given.people, given.hours) <= 0:
        parser.error("every number is above 0")
    return given


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write, show; 1 where something could not be measured or was not reached."""
    given = options(arguments)
    try:
        found = report(given, Console(stderr=True))
    except KeyboardInterrupt:
        print("interrupted; no report was written", file=sys.stderr)
        return 130
    given.out.mkdir(parents=True, exist_ok=True)
    file = given.out / "kiosk.json"
    whole = merged(json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}, found)
    file.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    draw(whole, given.out / "kiosk.png")
    figures = rows(found)
    if given.json:
        print(json.dumps(found, indent=1))
    else:
        Console().print(table(figures))
    return int(any(row.met is False for row in figures))


if __name__ == "__main__":
    sys.exit(main())
