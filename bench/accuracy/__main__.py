"""`make eval`: how well the shipped network tells people apart, beside its float32, the first network and the teacher.

All on photos of people that it was never trained on. Writes `accuracy.json` and PNG plots to build/reports, and tables to
the terminal.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.accuracy import groups, networks, plots, table, targets, timing
from bench.accuracy.evaluation import Evaluation
from inference.manifest import ManifestError, default_manifest

TEACHER_FILE = "teachers/mobilefacenet_apache_112_128d.onnx"


def parse(arguments: list[str], program: str = "make eval", description: str | None = __doc__) -> argparse.Namespace:
    """The command line; `asnorm` has the same."""
    root = Path(__file__).resolve().parents[2]
    shared = root.parent / "shared"
    data = Path(os.environ["FACEKIOSK_DATA"]) if "FACEKIOSK_DATA" in os.environ else shared
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument(
        "--model", type=Path, default=default_manifest(), help="manifest of the network (default: the shipped one)"
    )
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="manifests of further networks to report")
    parser.add_argument("--teacher", type=Path, default=data / TEACHER_FILE, help="the teacher, an ONNX file")
    parser.add_argument(
        "--networks", type=Path, nargs="*", default=[root / "models", root / "build" / "models"],
        help="folders in which the float32 and the first network are looked for",
    )  # fmt: skip
    parser.add_argument("--eval", type=Path, default=Path(os.environ.get("FACEKIOSK_EVAL", shared / "eval")))
    parser.add_argument("--train", type=Path, default=Path(os.environ.get("FACEKIOSK_TRAIN", shared / "train")))
    parser.add_argument("--out", type=Path, default=Path("build/reports"))
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of tables")
    return parser.parse_args(arguments)


def find(options: argparse.Namespace) -> list[networks.Subject]:
    """The networks to compare.

    Raises:
        ManifestError: one that was asked for cannot be used.
    """
    return networks.found(options.model, options.networks, options.teacher, options.beside)


def evaluate(options: argparse.Namespace, subjects: list[networks.Subject]) -> dict[str, Any]:
    """The whole report, its pictures drawn on the way."""
    referee = next((subject for subject in subjects if subject.role == "teacher"), None)
    evaluations = [Evaluation(subject, referee, options) for subject in subjects]
    reports = [evaluation.report() for evaluation in evaluations]
    times = timing.embedding(subjects)
    for report in reports:
        report["speed"] = times.get(report["model"])
    _beside_float(evaluations, reports)
    titles = [f"{subject.name} ({subject.role})" for subject in subjects]
    curves = {title: e.roc for title, e in zip(titles, evaluations, strict=True) if e.roc is not None}
    plots.roc(curves, "LFW, development half, one photo each side", options.out / "roc.png")
    plots.det(curves, "LFW, development half, one photo each side", options.out / "det.png")
    rows = {title: r["groups_at_own_worst"] for title, r in zip(titles, reports, strict=True) if "groups_at_own_worst" in r}
    if rows:
        plots.groups_beside(rows, options.out / "groups.png")
    return {"networks": reports, "targets": targets.rows(reports), "covering_targets": _covering(options.out)}


def _covering(folder: Path) -> list[dict[str, Any]]:
    """The covering network's targets where its own report lies beside; its recipe measures it."""
    try:
        found = json.loads((folder / "covering.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return targets.covering_rows(found)


def _beside_float(evaluations: list[Evaluation], reports: list[dict[str, Any]]) -> None:
    """What int8 costs: points of TMR, and how far the vectors agree by group."""
    by_name = {evaluation.subject.name: number for number, evaluation in enumerate(evaluations)}
    for name, ours in by_name.items():
        theirs = by_name.get(networks.float_of(name))
        if theirs is None or theirs == ours:
            continue
        lost = _tmr(reports[theirs]) - _tmr(reports[ours])
        rows = groups.agreement(evaluations[ours].group_vectors(), evaluations[theirs].group_vectors())
        reports[ours]["against_float"] = {"points_lost_at_1e-04": 100 * lost, "groups": rows}


def _tmr(report: dict[str, Any]) -> float:
    return float(report["lfw"]["verification"]["at_fmr"]["1e-04"]["tmr"])


def main() -> int:
    """Run it; 1 where the data or a manifest is missing."""
    options = parse(sys.argv[1:])
    console = Console(stderr=True)
    if not (options.eval / "lfw").is_dir():
        console.print(f"no evaluation data at {options.eval}; set FACEKIOSK_EVAL to a folder with lfw/, pad/ and video/")
        return 1
    try:
        subjects = find(options)
    except ManifestError as error:
        console.print(str(error))
        return 1
    console.print("comparing " + ", ".join(f"{subject.name} ({subject.role})" for subject in subjects))
    report = evaluate(options, subjects)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "accuracy.json").write_text(json.dumps(report, indent=1) + "\n")
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        table.show(report, Console())
        console.print(f"written to {options.out}: accuracy.json, det.png, roc.png, groups*.png, scores_*.png")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
