"""`make bench`: time and memory of the product on this machine, ratios in one run. Search has its own program, bench.search.

Writes build/reports/speed.json. Run it on a machine that does nothing else.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import kiosk_run
from bench.stages import CONFIGURATIONS

TARGET_RATIO = 15.0
TARGET_READY_S = 3.0
TARGET_DECISION_S = 0.5
_TIMEOUT_S = 600.0


def measure_stages(console: Console, frames: int) -> dict[str, Any]:
    """Each configuration in a process of its own, one thread each where the name does not say otherwise."""
    found = {}
    for name in CONFIGURATIONS:
        with console.status(f"frames: {name}"):
            threads = "2" if "2" in name else "1"
            limits = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
            command = [sys.executable, "-W", "ignore", "-m", "bench.stages", name, "--frames", str(frames)]
            done = subprocess.run(
                command, env=os.environ | limits, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True
            )
        found[name] = json.loads(done.stdout)
    return found


def machine() -> dict[str, str | int | None]:
    """What it was measured on."""
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    models = [line.split(":", 1)[1].strip() for line in cpuinfo.splitlines() if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def report(console: Console, frames: int) -> dict[str, Any]:
    """Everything, with stable keys."""
    stages = measure_stages(console, frames)
    whole = {name: stages[name]["ms"]["whole"]["p50"] for name in CONFIGURATIONS}
    found: dict[str, Any] = {"machine": machine(), "frames": stages}
    found["ratio_to_face_recognition"] = round(whole["face_recognition"] / whole["embedding"], 2)
    with console.status("start to ready, and memory"):
        found["start"] = kiosk_run.start()
    with console.status("look to decision, in real time"):
        found["look_to_decision"] = kiosk_run.look_to_decision()
    return found


def show(found: dict[str, Any], console: Console) -> None:
    """The report as tables, targets beside what was reached."""
    table = Table("ms per frame of 640x480 (p50 / p95)", *CONFIGURATIONS, title=f"{found['machine']}")
    stages = ("detect", "quality", "liveness", "integrity", "embed", "whole")
    for stage in stages:
        cells = [found["frames"][name]["ms"].get(stage) for name in CONFIGURATIONS]
        table.add_row(stage, *("" if cell is None else f"{cell['p50']:.1f} / {cell['p95']:.1f}" for cell in cells))
    console.print(table)
    rows = Table("what", "measured", "target", "")
    ratio, start, decision = found["ratio_to_face_recognition"], found["start"], found["look_to_decision"]
    rows.add_row(
        "face_recognition / whole frame with embedding", f"{ratio:.1f} x", f"≥ {TARGET_RATIO:.0f} x", _mark(ratio >= TARGET_RATIO)
    )
    ready = start["ready_s"]
    rows.add_row("start to ready, warm disk", f"{ready:.1f} s", f"≤ {TARGET_READY_S:.0f} s", _mark(ready <= TARGET_READY_S))
    for name, megabytes in start["resident_mb"].items():
        rows.add_row(f"resident memory, {name}", f"{megabytes:.0f} MB", "", "")
    if "skipped" in decision:
        rows.add_row("eyes open again to pulse", decision["skipped"], f"≤ {TARGET_DECISION_S} s", "")
    else:
        seconds = decision["seconds"]
        rows.add_row(
            "eyes open again to pulse", f"{seconds:.2f} s", f"≤ {TARGET_DECISION_S} s", _mark(seconds <= TARGET_DECISION_S)
        )
    console.print(rows)


def _mark(reached: bool) -> str:
    return "[green]reached[/]" if reached else "[red]not reached[/]"


def main() -> int:
    """Measure, write, show."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("build/reports"))
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of tables")
    given = parser.parse_args()
    found = report(Console(stderr=True), given.frames)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "speed.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if given.json:
        print(json.dumps(found, indent=1))
    else:
        show(found, Console())
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
