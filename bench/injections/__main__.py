"""`python -m bench.injections [--count N] [--policy LEVEL]…`: scripted injections against the sessions of each policy."""

import argparse
import asyncio
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.accuracy.metrics import Rate
from bench.injections import run
from bench.injections.served import device
from bench.injections.streams import INJECTIONS, Clip, clips
from inference.liveness.policy import Level

REPORT = Path("build/reports/injections.json")


def main() -> int:
    """Measure, print, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m bench.injections", description=__doc__)
    parser.add_argument("--count", type=int, default=60, help="injected sessions for each policy (default: 60)")
    parser.add_argument("--live", type=int, default=12, help="sessions of live clips as they are (default: 12)")
    parser.add_argument("--policy", choices=[level.value for level in Level], action="append", help="default: all of them")
    parser.add_argument("--deceived", action="store_true", help="let the passive network call every face live")
    parser.add_argument("--seed", type=int, default=1, help="of everything that chance decides (default: 1)")
    parser.add_argument("--out", type=Path, default=REPORT, help="file of the report (default: build/reports/injections.json)")
    given = parser.parse_args()
    found = clips()
    if len(found) < 2:
        print("the evaluation data's clips are absent; nothing was measured")
        return 1
    report: dict[str, Any] = {"deceived": given.deceived, "seed": given.seed, "policies": {}}
    for name in given.policy or [level.value for level in Level]:
        began = time.monotonic()
        part = asyncio.run(_policy(Level(name), found, given))
        report["policies"][name] = part | {"seconds": round(time.monotonic() - began)}
        print(_line(name, part), flush=True)
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


async def _policy(level: Level, found: list[Clip], given: argparse.Namespace) -> dict[str, Any]:
    chance = np.random.default_rng(given.seed)
    each = max(1, given.count // len(INJECTIONS))
    async with device(level, deceived=given.deceived) as served:
        for clip in found:
            await run.enrol(served, clip)
        kinds: dict[str, run.Tally] = {}
        for kind in INJECTIONS:
            tally = kinds[kind] = await run.inject(served, kind, found, each, chance)
            print(f"  {level}: {kind}: {tally.accepted} of {tally.sessions} accepted", flush=True)
        honest = await run.live(served, found, given.live, chance)
    return {
        "accepted": Rate(
            sum(tally.accepted for tally in kinds.values()), sum(tally.sessions for tally in kinds.values())
        ).to_json(),
        "kinds": {kind: _told(tally) for kind, tally in kinds.items()},
        "live": _told(honest),
    }


def _told(tally: run.Tally) -> dict[str, Any]:
    return {
        "accepted": Rate(tally.accepted, tally.sessions).to_json(),
        "alarmed": Rate(tally.alarmed, tally.sessions).to_json(),
        "reasons": dict(tally.reasons.most_common()),
    }


def _line(name: str, part: dict[str, Any]) -> str:
    kinds = ", ".join(f"{kind} {each['accepted']['events']}" for kind, each in part["kinds"].items())
    live = part["live"]
    return (
        f"{name:9} accepted {part['accepted']['events']} of {part['accepted']['trials']} ({kinds}); "
        f"live clips: {live['accepted']['events']} accepted, {live['alarmed']['events']} alarmed of {live['alarmed']['trials']}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
