"""`python -m bench.injections [--count N] [--policy LEVEL]…`: scripted injections against the sessions of each policy.

A run that is broken off goes on where it was when it is asked for again.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.injections.parts import LIVE, Kept, Part, Tally, merged, planned
from bench.injections.pool import made, within
from bench.injections.streams import INJECTIONS, clips
from inference.liveness.policy import Level

REPORT = Path("build/reports/injections.json")


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.injections", description=__doc__)
    parser.add_argument("--count", type=int, default=60, help="injected sessions for each policy (default: 60)")
    parser.add_argument("--live", type=int, default=12, help="sessions of live clips as they are (default: 12)")
    parser.add_argument("--policy", choices=[level.value for level in Level], action="append", help="default: all of them")
    parser.add_argument("--kind", choices=list(INJECTIONS), action="append", help="default: all of them")
    parser.add_argument("--deceived", action="store_true", help="let the passive network call every face live")
    parser.add_argument("--seed", type=int, default=1, help="of everything that chance decides (default: 1)")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side, a device each (default: 1)")
    parser.add_argument("--minutes", type=float, help="begin no part after so many; the same command goes on later")
    parser.add_argument("--out", type=Path, default=REPORT, help="file of the report (default: build/reports/injections.json)")
    return parser.parse_args()


def main() -> int:
    """Measure, print, and write the report."""
    given = arguments()
    if len(clips()) < 2:
        print("the evaluation data's clips are absent; nothing was measured")
        return 1
    policies = given.policy or [level.value for level in Level]
    plan = planned(policies, given.kind or list(INJECTIONS), given.count, given.live)
    asked = {"deceived": given.deceived, "seed": given.seed}
    kept = Kept(given.out.with_suffix(".parts"), asked | {"plan": [list(part) for part in plan]})
    began, before = time.monotonic(), sum(tally.sessions for tally in kept.made.values())
    to_do = within([part for part in plan if part not in kept.made], given.minutes)
    for part, tally in made(to_do, given.seed, given.jobs, deceived=given.deceived):
        kept.add(part, tally)
        _say(part, tally, kept, sum(each.count for each in plan), (began, before))
    if len(kept.made) < len(plan):
        print(f"{len(plan) - len(kept.made)} parts are left for the same command")
        return 2
    report = asked | {"seconds": round(time.monotonic() - began), "policies": merged(kept.made)}
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(report, indent=1), encoding="utf-8")
    kept.done()
    show(report)
    return 0


def _say(part: Part, tally: Tally, kept: Kept, of: int, since: tuple[float, int]) -> None:
    so_far = sum(each.sessions for each in kept.made.values())
    left = (time.monotonic() - since[0]) / max(1, so_far - since[1]) * (of - so_far) / 60
    print(
        f"{part.policy}: {part.kind}: {tally.accepted} of {tally.sessions} accepted, {tally.alarmed} alarmed "
        f"({so_far:,} of {of:,} sessions, {left:.0f} min left)",
        flush=True,
    )


def show(report: dict[str, Any]) -> None:
    """A row for each policy: accepted of so many, with the exact 95 % interval."""
    kinds = [*INJECTIONS, "all", "clips as they are: alarmed"]
    table = Table("policy", *kinds)
    for name, found in report["policies"].items():
        cells = {kind: each["accepted"] for kind, each in found["kinds"].items()} | {"all": found["accepted"]}
        cells |= {kinds[-1]: found[LIVE]["alarmed"]} if LIVE in found else {}
        table.add_row(name, *(_cell(cells.get(kind)) for kind in kinds))
    Console(width=180).print(table)


def _cell(rate: dict[str, Any] | None) -> str:
    if rate is None:
        return ""
    low, high = (100 * each for each in rate["interval95"])
    return f"{rate['events']} of {rate['trials']} [{low:.1f}, {high:.1f}]"


if __name__ == "__main__":
    raise SystemExit(main())
