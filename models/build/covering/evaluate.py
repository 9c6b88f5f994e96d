"""How well coverings are found and free faces left alone, on photos that were never trained on and with the device's own code.

Coverings are drawn over the photos held out; alarms are counted on the same photos as they are, by group, and on what else
there is of real pictures (LFW, webcam frames, clips). Photos held out on which `worn` names something are counted by
themselves, as found or not; of the other pictures nobody wrote down who wears a hat or sunglasses: those count as alarms.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.accuracy import coverings as other_drawings
from bench.accuracy import data
from bench.accuracy.extract import central_landmarks
from bench.accuracy.metrics import Rate
from camera.frame import Image
from covering import draw, photos
from covering.finish import SMALLEST_GROUP, scores, undrawn
from covering.photos import Photos
from covering.regions import REGIONS
from covering.worn import worn
from inference.covering import CoveringDetector
from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.manifest import CoveringModel, ManifestError, read_listing
from inference.runtime import available

Verdicts = npt.NDArray[np.bool_]
"""(n, 3): which regions are called covered."""
Report = dict[str, Any]

TARGETS = {"found": 0.95, "alarms": 0.02, "alarms of a group": 0.04, "milliseconds": 1.0}
_OF_EACH = 300
_CLIP_STEP = 10
_LFW_STEP = 8


class Evaluation:
    """One covering network on the photos held out and on the evaluation data."""

    def __init__(self, model: CoveringModel, held_out: Photos) -> None:
        there = worn(held_out.names)
        self.model, self.photos = model, held_out.only(~there.any(axis=1))
        self.dressed, self.wearing = held_out.only(there.any(axis=1)), there[there.any(axis=1)]
        self.detector = CoveringDetector.open(model)

    def verdicts(self, chips: npt.NDArray[np.uint8]) -> Verdicts:
        """For RGB chips."""
        return np.asarray(scores(self.detector, chips) >= np.array(self.model.thresholds, np.float32))

    def drawn(self, name: str, count: int, *, rough: bool) -> tuple[Verdicts, npt.NDArray[np.float32]]:
        """Verdicts and labels with one thing drawn over `count` photos; `rough`: badly lit, filmed and aligned too."""
        make = draw.view if rough else draw.clear_view
        chosen = np.random.default_rng(7).permutation(len(self.photos.names))[:count]
        views = [
            make(self.photos.pictures[i], self.photos.meshes[i], np.random.default_rng((7, int(i))), (name,)) for i in chosen
        ]
        return self.verdicts(np.array([view.chip for view in views])), np.array([view.labels for view in views])

    def found(self, count: int, *, rough: bool) -> Report:
        """Covered regions found, each region over all coverings and each covering by itself."""
        total = {region: [0, 0] for region in REGIONS}
        rows: Report = {}
        for name in track(draw.COVERINGS, "coverings drawn" + (" in bad light" if rough else "")):
            verdicts, labels = self.drawn(name, count, rough=rough)
            rows[name] = {}
            for position, region in enumerate(REGIONS):
                covered = labels[:, position] == 1
                events, trials = int(verdicts[covered, position].sum()), int(covered.sum())
                total[region] = [total[region][0] + events, total[region][1] + trials]
                if trials:
                    rows[name][region] = Rate(events, trials).to_json()
        return {"regions": {region: Rate(*counts).to_json() for region, counts in total.items()}, "coverings": rows}

    def passed(self, count: int) -> Report:
        """Alarms on harmless things drawn."""
        return {name: _alarms(self.drawn(name, count, rough=False)[0]) for name in track(draw.HARMLESS, "harmless things drawn")}

    def otherwise_drawn(self, count: int) -> Report:
        """The accuracy report's own mask and sunglasses, which nothing was trained on."""
        rows = {}
        for name, region in (("mask", "nose_mouth"), ("sunglasses", "eyes")):
            views = []
            for picture, mesh, photo in zip(self.photos.pictures, self.photos.meshes, self.photos.names[:count], strict=False):
                image = other_drawings.draw(name, picture, mesh, seed=str(photo).encode().ljust(16)[-16:])
                views.append(draw.clear_view(image, mesh, np.random.default_rng(0), ()).chip)
            found = self.verdicts(np.array(views))[:, REGIONS.index(region)]
            rows[name] = Rate(int(found.sum()), len(found)).to_json()
        return rows

    def really_worn(self, how_far: int) -> Report:
        """Of what really covers regions on photos held out (1), or a part of them (-1), what is called covered."""
        verdicts = self.verdicts(undrawn(self.dressed))
        found = zip(REGIONS, verdicts.T, how_far == self.wearing.T, strict=True)
        return {region: Rate(int(called[on].sum()), int(on.sum())).to_json() for region, called, on in found if on.any()}

    def alarms(self) -> Report:
        """On the photos as they are: over all, by region, by group."""
        verdicts, groups = self.verdicts(undrawn(self.photos)), self.photos.groups
        sizes = zip(*np.unique(groups, return_counts=True), strict=True)
        large = {str(group): bool(size >= SMALLEST_GROUP) for group, size in sizes}
        rates = {group: _alarms(verdicts[groups == group]) for group in large}
        by_region = {region: _alarms(verdicts[:, [position]]) for position, region in enumerate(REGIONS)}
        return {
            "all": _alarms(verdicts),
            "regions": by_region,
            "groups": {group: rate for group, rate in rates.items() if large[group]},
            "with_partly_worn": self._with_partly_worn(verdicts),
            "groups_too_small": {group: rate for group, rate in rates.items() if not large[group]},
        }

    def pictures(self, images: Iterator[Image]) -> Report:
        """On whole pictures, with the device's own mesh and alignment."""
        finder, mesher, rows = MediaPipeFinder(), MediaPipeMesher(tracking=False), []
        for image in images:
            landmarks = central_landmarks(finder, mesher, image)
            if landmarks is not None:
                rows.append([measure.value for measure in self.detector.measure(image, landmarks)])
        verdicts = np.array(rows, np.float32).reshape(-1, len(REGIONS)) >= np.array(self.model.thresholds, np.float32)
        by_region = {region: _alarms(verdicts[:, [position]]) for position, region in enumerate(REGIONS)}
        return {"any": _alarms(verdicts), **by_region}

    def _with_partly_worn(self, free: Verdicts) -> Report:
        """Over all, were a region that something covers partly to be left alone as well."""
        partly = ~(self.wearing == 1).any(axis=1)
        return _alarms(np.concatenate([free, self.verdicts(undrawn(self.dressed))[partly]]))

    def speed(self) -> dict[str, float]:
        """Milliseconds of one run, median of 300, on each runtime that is installed."""
        chip = np.zeros((draw.CHIP, draw.CHIP, 3), np.uint8)
        medians = {}
        for runtime in available():
            detector = CoveringDetector.open(self.model, runtime)  # type: ignore[arg-type]
            times = []
            for _ in range(300):
                began = time.perf_counter()
                detector.probabilities(chip)
                times.append(1000 * (time.perf_counter() - began))
            medians[runtime] = float(np.median(times))
        return medians


def _alarms(verdicts: Verdicts) -> Report:
    return Rate(int(verdicts.any(axis=1).sum()), len(verdicts)).to_json()


def _frames(clip: Path) -> Iterator[Image]:
    video = cv2.VideoCapture(str(clip))
    position = 0
    while video.grab():
        if position % _CLIP_STEP == 0:
            yield np.asarray(video.retrieve()[1], dtype=np.uint8)
        position += 1


def _photos(paths: list[Path]) -> Iterator[Image]:
    for path in track(paths, "photos"):
        yield np.asarray(cv2.imread(str(path)), dtype=np.uint8)


def measure(model: CoveringModel, work: Path, evaluation: Path, count: int = _OF_EACH) -> Report:
    """The whole report.

    Args:
        model: the network.
        work: work folder in which `covering.photos` has prepared photos.
        evaluation: folder with lfw/, pad/ and video/; what is absent is left out.
        count: photos each covering is drawn over.
    """
    every = photos.load(work)
    subject = Evaluation(model, every.only(every.held_out()))
    report: Report = {"model": model.id, "thresholds": dict(zip(REGIONS, model.thresholds, strict=True)), "targets": TARGETS}
    report |= {"found": subject.found(count, rough=False), "found_rough": subject.found(count, rough=True)}
    report |= {"otherwise_drawn": subject.otherwise_drawn(count), "harmless": subject.passed(count), "alarms": subject.alarms()}
    report |= {"really_worn": subject.really_worn(1), "partly_worn": subject.really_worn(-1)}
    report |= {"milliseconds": subject.speed(), "pictures": {}}
    if (evaluation / "lfw").is_dir():
        report["pictures"]["lfw"] = subject.pictures(_photos([photo.path for photo in data.lfw(evaluation)[::_LFW_STEP]]))
        report["pictures"]["pad/live"] = subject.pictures(_photos([photo.path for photo in data.pad_live(evaluation)]))
        for clip in sorted((evaluation / "video").glob("*.mp4")):
            report["pictures"][clip.stem] = subject.pictures(_frames(clip))
    return report


def _percent(rate: Report) -> str:
    low, high = rate["interval95"]
    return f"{100 * rate['value']:.2f} % [{100 * low:.1f}, {100 * high:.1f}] ({rate['events']}/{rate['trials']})"


def show(report: Report, console: Console) -> None:
    """The report as tables, targets beside."""
    found = Table("covered and found", *REGIONS, title=f"{report['model']}: coverings drawn on photos never trained on")
    for title, part in (("all", report["found"]), ("all, badly lit, filmed and aligned", report["found_rough"])):
        found.add_row(title, *(_percent(part["regions"][region]) for region in REGIONS))
    for name, row in report["found"]["coverings"].items():
        found.add_row(name, *(_percent(row[region]) if region in row else "" for region in REGIONS))
    found.add_row("the accuracy report's sunglasses", _percent(report["otherwise_drawn"]["sunglasses"]))
    found.add_row("the accuracy report's mask", "", _percent(report["otherwise_drawn"]["mask"]))
    for title, part in (("really worn", report["really_worn"]), ("really worn over a part (neither)", report["partly_worn"])):
        found.add_row(title, *(_percent(part[region]) if region in part else "" for region in REGIONS))
    console.print(found, f"target: {100 * TARGETS['found']:.0f} % of each region")
    alarms = Table("alarms on free faces", "any region", title="Photos as they are, never trained on; things that hide nothing")
    alarms.add_row("all (target ≤ 2 %)", _percent(report["alarms"]["all"]))
    alarms.add_row("the same, were partly covered faces free", _percent(report["alarms"]["with_partly_worn"]))
    for name, rate in report["alarms"]["groups"].items():
        alarms.add_row(f"{name} (target ≤ 4 %)", _percent(rate))
    for name, rate in report["alarms"]["groups_too_small"].items():
        alarms.add_row(f"{name} (too few to say)", _percent(rate))
    for name, rate in (*report["alarms"]["regions"].items(), *((f"drawn: {k}", v) for k, v in report["harmless"].items())):
        alarms.add_row(name, _percent(rate))
    for name, row in report["pictures"].items():
        alarms.add_row(name, f"{_percent(row['any'])}: " + ", ".join(f"{r} {row[r]['events']}" for r in REGIONS))
    console.print(alarms)
    console.print({name: f"{value:.3f} ms (target ≤ 1)" for name, value in report["milliseconds"].items()})


def main() -> int:
    """Command line; 1 where the model or the photos are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="work folder with prepared photos")
    parser.add_argument("--eval", type=Path, default=Path(os.environ.get("FACEKIOSK_EVAL", "../shared/eval")))
    parser.add_argument("--count", type=int, default=_OF_EACH, help="photos each covering is drawn over")
    parser.add_argument("--out", type=Path, default=Path("build/reports"))
    given = parser.parse_args()
    try:
        model = read_listing(given.manifest).covering
        if model is None:
            raise ManifestError(f"{given.manifest}: there is no [covering] in it")
        report = measure(model, given.work, given.eval, given.count)
    except (ManifestError, FileNotFoundError) as error:
        Console(stderr=True).print(str(error))
        return 1
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "covering.json").write_text(json.dumps(report, indent=1) + "\n")
    show(report, Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
