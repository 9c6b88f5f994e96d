"""`make pad-report`: what the shipped passive network and the policies make of real faces, prints and replays.

Writes `pad.json`, `pad.md`, `pad_det.png` and `pad_scores.png` to build/reports, and tables to the terminal.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import cv2
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import track

from bench.frames import evaluation_folder
from bench.pad import data, plots, report, tables, targets, timing
from bench.pad.judges import Judge, Recorder, Teacher
from bench.pad.sessions import Session, run
from inference import catalogue
from inference.embedder import Embedder
from inference.landmarks import quiet_native_code
from inference.liveness.network import PassiveNetwork
from inference.manifest import LivenessModel, ManifestError, load_manifest, read_listing
from inference.runtime import open_network
from inference.settings import VisionSettings

TEACHER_THRESHOLD = 0.5


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(prog="make pad-report", description=__doc__)
    parser.add_argument("--model", type=Path, help="manifest of the liveness network (default: the one a device would use)")
    parser.add_argument("--eval", type=Path, default=evaluation_folder(), help="folder with pad/ and video/")
    parser.add_argument(
        "--teachers", type=Path, default=root.parent / "shared" / "teachers", help="folder with the MiniFASNet pair"
    )
    parser.add_argument(
        "--float", type=Path, default=root / "build" / "models" / "passive" / "face_passive_float32.tflite",
        help="the network's float32 file, which its recipe leaves there",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path("build/reports"))
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of tables")
    return parser.parse_args(arguments)


def find(manifest: Path | None) -> LivenessModel:
    """The network to report.

    Raises:
        ManifestError: there is none, or it cannot be used.
    """
    model = catalogue.liveness(VisionSettings()) if manifest is None else read_listing(manifest).liveness
    if model is None:
        raise ManifestError(f"{manifest or 'models/'}: there is no [liveness] network")
    return model


def judges(options: argparse.Namespace, model: LivenessModel, console: Console) -> dict[str, Judge]:
    """Those that judge beside the shipped network, where they are there."""
    found: dict[str, Judge] = {}
    if options.float.is_file():
        found["float32"] = PassiveNetwork(model, open_network(options.float.read_bytes())).score_square
    try:
        found["teacher"] = Teacher(options.teachers)
    except FileNotFoundError as error:
        console.print(f"without the teacher: {error} is absent")
    return found


def measured(options: argparse.Namespace, model: LivenessModel, console: Console) -> tuple[list[Session], dict[str, Any]]:
    """Every presentation, judged, and the times."""
    with quiet_native_code():
        network, embedder = PassiveNetwork.open(model), Embedder.open(load_manifest().embedding)
    recorder = Recorder(network, judges(options, model, console))
    shown = data.presentations(options.eval)
    settings = VisionSettings()
    sessions = [run(one, recorder, embedder, settings) for one in track(shown, "presentations", console=console)]
    return sessions, timing.times(network, embedder, recorder.others.get("teacher"))


def left_out(model: LivenessModel) -> dict[str, Any]:
    """Errors at the threshold on cameras left out of training, by the runs that the manifest's calibration is of."""
    table = model.calibration
    at = max(number for number, threshold in enumerate(table.thresholds) if threshold <= model.threshold)
    return {"data": table.data, "threshold": table.thresholds[at], "apcer": table.apcer[at], "bpcer": table.bpcer[at]}


def main() -> int:
    """Run it; 1 where the data or the network is missing."""
    options = parse(sys.argv[1:])
    console = Console(stderr=True)
    cv2.setNumThreads(1)
    if not (options.eval / "pad").is_dir():
        console.print(f"no evaluation data at {options.eval}; set FACEKIOSK_EVAL to a folder with pad/ and video/")
        return 1
    try:
        model = find(options.model)
        sessions, times = measured(options, model, console)
    except ManifestError as error:
        console.print(str(error))
        return 1
    thresholds = {"float32": model.threshold, "teacher": TEACHER_THRESHOLD}
    found = {"model": model.id, "machine": timing.machine(), "milliseconds": times}
    found |= report.build(sessions, model.threshold, thresholds)
    found["left_out"] = left_out(model)
    found["targets"] = targets.rows(sessions, found)
    write(options.out, sessions, found, model)
    print(json.dumps(found, indent=1)) if options.json else Console(width=160).print(Markdown(tables.whole(found)))
    console.print(f"written to {options.out}: pad.json, pad.md, pad_det.png, pad_scores.png")
    return 0


def write(out: Path, sessions: list[Session], found: dict[str, Any], model: LivenessModel) -> None:
    """All files of the report."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "pad.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (out / "pad.md").write_text(tables.whole(found), encoding="utf-8")
    unseen = report.unseen(sessions)
    thresholds = {"shipped": model.threshold, "float32": model.threshold, "teacher": TEACHER_THRESHOLD}
    curves = {name or "shipped": report.split(unseen, name) for name in ("", *found["beside"])}
    plots.det(curves, thresholds, "frames never seen in training, one threshold for all sources", out / "pad_det.png")
    rows = {name: report.split(of) for name, of in report.selections(sessions).items()}
    shown = {name: (live, attack) for name, (live, attack) in rows.items() if len(live) + len(attack)}
    plots.histograms(shown, model.threshold, model.grey, out / "pad_scores.png")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
