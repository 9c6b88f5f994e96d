"""`make eval`: how well the shipped network tells people apart, on photos of people it never saw.

Writes `accuracy.json` and PNG plots to build/reports, and a table to the terminal.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from bench.accuracy import data, plots, protocols, table
from bench.accuracy.extract import embeddings
from bench.accuracy.metrics import Distribution, Scores, Vectors, pair_scores
from inference.calibration import Calibration
from inference.manifest import ManifestError, default_manifest, load_manifest

AVERAGES = ((1, 1), (3, 1), (5, 1), (1, 3), (3, 3), (5, 3))
"""Photos averaged at enrolment, and as probe."""


class Evaluation:
    """One network on all the data that is there."""

    def __init__(self, manifest: Path, options: argparse.Namespace) -> None:
        self.manifest, self.options = manifest, options
        model = load_manifest(manifest).embedding
        self.name: str = manifest.parent.name if manifest != default_manifest() else model.id
        self.calibration: Calibration = model.calibration
        self.roc: Distribution | None = None

    def _vectors(self, photos: list[data.Photo], title: str) -> Vectors:
        return embeddings(photos, self.manifest, self.options.out.parent / "cache", f"{self.name}: {title}")

    def lfw(self) -> dict[str, Any]:
        """Verification, identification and averaging on LFW."""
        photos = data.lfw(self.options.eval)
        vectors, people = self._vectors(photos, "LFW"), protocols.identities(photos)
        scores = Distribution.of_pairs(vectors, people)
        self.roc = scores
        threshold = self.calibration.cosine_at(0.65)
        plots.histograms(scores, threshold, f"{self.name} on LFW", self.options.out / f"scores_{self.name}.png")
        found, gallery = protocols.one_photo_open_set(vectors, people)
        return {
            "photos": len(photos),
            "people": len(set(people.tolist())),
            "fte": protocols.failure_to_enrol(vectors).to_json(),
            "verification": protocols.verification(scores),
            "confidence_0.65": protocols.at_shipped_threshold(scores, self.calibration),
            "identification": protocols.identification(found, self.calibration, gallery),
            "averaged": [self._averaged(vectors, people, *numbers) for numbers in AVERAGES],
        }

    def _averaged(self, vectors: Vectors, people: protocols.Names, enrolled: int, probed: int) -> dict[str, Any]:
        found, pairs, gallery = protocols.averaged_open_set(vectors, people, enrolled, probed)
        row = {"enrolled": enrolled, "probed": probed, "verification": protocols.verification(pairs)}
        meaning = self.calibration if enrolled == probed == 1 else self.calibration.of_averages()
        return row | {"identification": protocols.identification(found, meaning, gallery)}

    def sessions(self) -> dict[str, Any]:
        """Webcam frames of the PAD subjects across sessions: the kiosk's own kind of picture."""
        photos = data.pad_live(self.options.eval)
        vectors = self._vectors(photos, "webcam sessions")
        scores = protocols.across_sessions(vectors, photos)
        report = {"fte": protocols.failure_to_enrol(vectors).to_json(), "verification": protocols.verification(scores)}
        return report | {"confidence_0.65": protocols.at_shipped_threshold(scores, self.calibration)}

    def groups(self) -> list[dict[str, Any]]:
        """False match rate within each group of people at the shipped threshold, the worst group first."""
        impostors: dict[str, Scores] = {}
        for name, photos in data.train_groups(self.options.train, self.options.per_group).items():
            vectors, people = self._vectors(photos, name), protocols.identities(photos)
            kept = vectors.any(axis=1)
            impostors[name] = np.concatenate([other for _, other in pair_scores(vectors[kept], people[kept])])
        threshold = self.calibration.cosine_at(0.65)
        plots.group_curves(impostors, threshold, self.options.out / f"groups_{self.name}.png")
        return protocols.worst_first(protocols.group_row(name, scores, threshold) for name, scores in impostors.items())

    def report(self) -> dict[str, Any]:
        """Everything of one network."""
        report: dict[str, Any] = {"model": self.name, "lfw": self.lfw()}
        if (self.options.eval / "pad" / "live").is_dir():
            report["sessions"] = self.sessions()
        if (self.options.train / "index.csv").is_file():
            report["groups"] = self.groups()
        return report


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    shared = Path(__file__).resolve().parents[3] / "shared"
    parser = argparse.ArgumentParser(prog="make eval", description=__doc__)
    parser.add_argument(
        "--model", type=Path, default=default_manifest(), help="manifest of the network (default: the shipped one)"
    )
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="manifests of networks to report beside it")
    parser.add_argument("--eval", type=Path, default=Path(os.environ.get("FACEKIOSK_EVAL", shared / "eval")))
    parser.add_argument("--train", type=Path, default=Path(os.environ.get("FACEKIOSK_TRAIN", shared / "train")))
    parser.add_argument("--per-group", type=int, default=800, help="photos a group for the rates within groups")
    parser.add_argument("--out", type=Path, default=Path("build/reports"))
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of tables")
    return parser.parse_args(arguments)


def main() -> int:
    """Run it; 1 where the data or a manifest is missing."""
    options = parse(sys.argv[1:])
    console = Console(stderr=True)
    if not (options.eval / "lfw").is_dir():
        console.print(f"no evaluation data at {options.eval}; set FACEKIOSK_EVAL to a folder with lfw/, pad/ and video/")
        return 1
    try:
        evaluations = [Evaluation(path, options) for path in (options.model, *options.beside)]
        reports = [evaluation.report() for evaluation in evaluations]
    except ManifestError as error:
        console.print(str(error))
        return 1
    curves = {evaluation.name: evaluation.roc for evaluation in evaluations if evaluation.roc is not None}
    plots.roc(curves, "LFW, development half", options.out / "roc.png")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "accuracy.json").write_text(json.dumps({"networks": reports}, indent=1) + "\n")
    if options.json:
        print(json.dumps({"networks": reports}, indent=1))
    else:
        table.show(reports, Console())
        console.print(f"written to {options.out}/accuracy.json, roc.png, scores_*.png, groups_*.png")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
