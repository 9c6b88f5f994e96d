"""`python -m bench.search`: how long it takes to find the nearest of N people, exactly and by index, and whether they agree.

Writes `search.json` to build/reports and a table to the terminal. One thread, all methods in turn on every probe. People are
made up (`bench.vectors`): a template is the mean of five photos, a probe the mean of three others, or one other.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.search_measure import PROBE_PHOTOS, TEMPLATE_PHOTOS, measure
from inference.gallery import ANNOY_FROM
from inference.gallery_annoy import notice

SIZES = (1_000, 10_000, 100_000, 1_000_000)
_BLAS_THREADS = "OPENBLAS_NUM_THREADS"


def targets(sizes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the product promises of these sizes, and whether it was met."""
    found = []
    for size in sizes:
        if size["people"] == 10_000:
            row = size["decision"]
            found.append(
                {"what": "decision at 10,000 people, ms", "reach": 2.0, "measured": row["p50_ms"], "met": row["p50_ms"] <= 2.0}
            )
        if size["people"] == 1_000_000:
            row = size["indexed"]
            recall, ratio = row["recall_at_1"], row["ratio_to_exact"]
            found.append({"what": "recall@1 at 1,000,000 people", "reach": 0.999, "measured": recall, "met": recall >= 0.999})
            found.append({"what": "time against exact at 1,000,000", "reach": 0.2, "measured": ratio, "met": ratio <= 0.2})
    return found


def report(sizes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All figures, with what they were measured on."""
    machine = {"processor": _processor(), "cores": os.cpu_count(), "python": platform.python_version(), "numpy": np.__version__}
    return {
        "machine": machine,
        "threads": 1,
        "annoy": not notice(),
        "annoy_from": ANNOY_FROM,
        "template_photos": TEMPLATE_PHOTOS,
        "probe_photos": PROBE_PHOTOS,
        "sizes": list(sizes),
        "targets": targets(sizes),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def table(sizes: Sequence[dict[str, Any]]) -> Table:
    """The figures that matter, for people."""
    shown = Table(title=f"Nearest of N people, one thread (search by index from {ANNOY_FROM:,} templates on)")
    for title in ("people", "exact ms", "index ms", "ratio", "recall@1", "build s", "decide ms", "enrol ms", "MiB"):
        shown.add_column(title, justify="right")
    for size in sizes:
        row = size["indexed"]
        shown.add_row(
            f"{size['people']:,}",
            f"{size['exact']['p50_ms']:.2f}",
            f"{row['p50_ms']:.2f}",
            f"{row['ratio_to_exact']:.2f}",
            f"{100 * row['recall_at_1']:.2f} %",
            f"{row['build_s']:.1f}",
            f"{size['decision']['p50_ms']:.2f}",
            f"{size['enrol_to_searchable']['p50_ms']:.2f}",
            f"{size['resident_mib'][size['search']]:,.0f}",
        )
    return shown


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="numbers of people (default: %(default)s)"
    )
    parser.add_argument("--probes", type=int, default=1000, help="probes a size (default: %(default)s)")
    parser.add_argument("--json", type=Path, default=Path("build/reports/search.json"), help="where the figures go")
    options = parser.parse_args(arguments)
    if min(options.sizes) < 100 or options.probes < 1:
        parser.error("a size is 100 people or more, and there is at least one probe")
    return options


def run(options: argparse.Namespace, console: Console) -> None:
    """Measure every size, show and write the figures."""
    sizes = []
    with Progress(TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True) as progress:
        for people in options.sizes:
            task = progress.add_task(f"{people:,} people")

            def say(what: str, people: int = people) -> None:
                progress.update(task, description=f"{people:,} people: {what}")  # noqa: B023 - called before the next turn

            sizes.append(measure(people, min(options.probes, people), say))
            progress.remove_task(task)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    found = report(sizes)
    options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    console.print(table(sizes))
    for target in found["targets"]:
        console.print(
            f"{'met   ' if target['met'] else 'MISSED'} {target['what']}: {target['measured']:.4g} (reach {target['reach']:.4g})"
        )
    console.print(f"written to {options.json}")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0, or 130 when interrupted."""
    options, console = _options(arguments), Console()
    if notice():
        console.print(notice())
    try:
        run(options, console)
    except KeyboardInterrupt:
        console.print("interrupted; no report was written")
        return 130
    return 0


if __name__ == "__main__":
    if _BLAS_THREADS not in os.environ:  # numpy reads it when it is imported, so the program starts once more
        os.execve(sys.executable, [sys.executable, "-m", "bench.search", *sys.argv[1:]], {**os.environ, _BLAS_THREADS: "1"})  # noqa: S606
    sys.exit(main())
