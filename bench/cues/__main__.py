"""`make bench-cues`: the active cues and the integrity of streams, on rendered turns and on the clips.

Writes build/reports/cues.json. Without the evaluation data only the rendered half is measured, on the demo's two people.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.cues import clips, hashes, streams, turning
from bench.cues.watching import Watched, Watcher, clip_frames
from bench.frames import evaluation_folder


def report(folder: Path, count: int, console: Console) -> dict[str, Any]:
    """Everything, with stable keys; `count` turns of heads, as many of flat pictures, half of it of bent ones."""
    watcher = Watcher()
    with console.status("turns of rendered heads"):
        found: dict[str, Any] = {"heads": turning.heads(watcher, count)}
    with console.status("flat and bent pictures"):
        found["flat"] = turning.pictures(watcher, folder, count, bent=False)
        found["bent"] = turning.pictures(watcher, folder, count // 2, bent=True)
    with console.status("clips"):
        watched = watched_clips(watcher, folder)
    watcher.close()
    if watched:
        found |= {"blinks": clips.blinks(watched), "turns": clips.turns(watched)}
        found |= {"streams": streams.measured(watched), "scenes": hashes.measured(watched, folder)}
    return found


def watched_clips(watcher: Watcher, folder: Path) -> dict[str, list[Watched]]:
    """The clips of real people, by name; none where the evaluation data is absent."""
    return {path.stem: watcher.watch(clip_frames(path)) for path in sorted((folder / "video").glob("*.mp4"))}


def show(found: dict[str, Any], console: Console) -> None:
    """What was asked, and what was reached."""
    rows = Table("what", "measured", "asked")
    heads, flat, bent = found["heads"], found["flat"], found["bent"]
    rows.add_row("rendered turns of 18 degrees and more: refused", _rate(heads["refused"]), "≤ 5 %")
    rows.add_row("flat photo turned up to 35 degrees: passed", _rate(flat["passed"]), "0")
    rows.add_row("  whatever its yaw is taken for", f"{flat['without_yaw']['solid']} of {flat['sequences']}", "")
    rows.add_row("bent photo: passed", _rate(bent["passed"]), "")
    for name, by in found.get("turns", {}).items():
        rows.add_row(f"turns in {name}, 15 fps", f"{by['15']['solid']} of {by['15']['told']} solid", "")
    for name, by in found.get("blinks", {}).items():
        cells = ", ".join(f"{fps}: {by[fps]['exact']}/{by[fps]['of']}" for fps in list(by)[1:])
        rows.add_row(f"counted exactly in {name}, by fps", cells, "exact at ≥ 15")
    for fps, share in found.get("streams", {}).get("false_alarms", {}).items():
        rows.add_row(f"false alarms, windows of 3 s, {fps} fps", _rate(share), "≤ .5 %")
    for name, by in found.get("streams", {}).get("injections", {}).items():
        rows.add_row(f"raised: {name}", ", ".join(f"{fps} fps {_rate(share)}" for fps, share in by.items()), "")
    console.print(rows)


def _rate(share: dict[str, Any]) -> str:
    return f"{share['events']} of {share['trials']}"


def main() -> int:
    """Measure, write, show."""
    parser = argparse.ArgumentParser(prog="make bench-cues", description=__doc__)
    parser.add_argument("--turns", type=int, default=240, help="rendered turns of heads, and of flat pictures")
    parser.add_argument("--eval", type=Path, default=evaluation_folder())
    parser.add_argument("--out", type=Path, default=Path("build/reports"))
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of a table")
    given = parser.parse_args()
    found = report(given.eval, given.turns, Console(stderr=True))
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "cues.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if given.json:
        print(json.dumps(found, indent=1))
    else:
        show(found, Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
