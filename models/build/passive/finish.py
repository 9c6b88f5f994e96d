"""Threshold, grey band and calibration from runs that left a camera out; and the manifest. Runs in the product's environment."""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from embedding import manifest_file
from matplotlib import pyplot as plt

from inference.manifest import Errors, Rate, read_listing
from passive.structure import ATTACKS, CONTEXT, FACE, KINDS, MEAN, SCALES, SIDE, STD

FILE = "face_passive_int8.tflite"
THRESHOLD = 0.5
"""Where the targets of training put it: the middle between what is live and what is not."""
GREY = (0.35, 0.65)
_STEPS = (0.1, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6, 0.65, 0.7, 0.8, 0.9)
NETWORK = {
    "id": "passive-1-int8",
    "licence": "Apache-2.0",
    "origin": "trained from nothing by models/build/passive to give the answers of the MiniFASNet pair (Apache-2.0, not shipped)",
    "data": "NUAA subjects 01-05, live and print; LFW people A-M; one clip; simulated prints and screens of these",
    "crops": [SCALES[FACE], SCALES[CONTEXT]],
    "threshold": THRESHOLD,
    "grey": list(GREY),
    "input": {
        "width": SIDE, "height": SIDE, "layout": "nhwc", "channels": "bgr", "mean": [MEAN] * 3, "std": [STD] * 3,
    },
}  # fmt: skip


def calibration(scores: npt.NDArray[np.float32], attack: npt.NDArray[np.bool_], data: str) -> Errors:
    """APCER and BPCER at several thresholds."""
    apcer = tuple(round(float((scores[attack] >= at).mean()), 5) for at in _STEPS)
    bpcer = tuple(round(float((scores[~attack] < at).mean()), 5) for at in _STEPS)
    return Errors(data, _STEPS, apcer, bpcer)


def left_out(runs: list[Path]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], str]:
    """Scores of the cameras that each run never saw, whether each is an attack's, and which cameras those were."""
    scores, attacks, names = [], [], []
    for run in runs:
        with np.load(run / "left_out.npz") as kept:
            scores.append(kept["scores"])
            attacks.append(np.isin(kept["kind"], ATTACKS))
            kinds = [KINDS[kind] for kind in np.unique(kept["kind"])]
        names.append(f"{' and '.join(kinds)} by a network trained without them")
    return np.concatenate(scores), np.concatenate(attacks), "; ".join(names)


def measured(report: Path) -> dict[str, Any]:
    """The errors at the threshold that `make pad-report` found on what was never trained on."""
    found = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else {}
    rates = {}
    for unit in ("frames", "windows"):
        for name, of in found.get(unit, {}).items():
            if "(seen)" in name or name == "all":
                continue
            for kind, rate in of.items():
                key = f"{kind}_{name}_{unit}".replace("source ", "").replace(" ", "_")
                if rate["trials"]:
                    rates[key] = msgspec.to_builtins(Rate(rate["events"], rate["trials"]))
    return rates


def joined(curves: list[list[dict[str, float]]]) -> list[dict[str, float]]:
    """One curve of runs that go on from each other: steps counted through."""
    rows: list[dict[str, float]] = []
    for curve in curves:
        done = rows[-1]["step"] if rows else 0
        rows += [{**row, "step": row["step"] + done} for row in curve]
    return rows


def plot(curve: list[dict[str, float]], path: Path) -> None:
    """Losses over the steps, and errors on webcam frames as they are."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    steps = [row["step"] for row in curve]
    for name in ("verdict", "features", "logits"):
        left.plot(steps, [row[name] for row in curve], label=name)
    left.set(xlabel="step", ylabel="loss", yscale="log")
    left.legend()
    told = [row for row in curve if "agreement" in row]
    right.plot([row["step"] for row in told], [100 * (1 - row["agreement"]) for row in told])
    right.set(xlabel="step", ylabel="verdicts other than the teachers' (%)", ylim=(0, None))
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of the training run")
    parser.add_argument("--first", type=Path, nargs="+", required=True, help="folders of the runs that it went on from, in order")
    parser.add_argument("--without", type=Path, nargs="+", required=True, help="folders of runs that left a camera out")
    parser.add_argument("--out", type=Path, required=True, help="folder with the exported network")
    parser.add_argument("--report", type=Path, default=Path("build/reports/pad.json"), help="what `make pad-report` measured")
    parser.add_argument("--ship", type=Path, help="folder to copy network and manifest to; curve and weights go beside this file")
    given = parser.parse_args()
    scores, attack, data = left_out(given.without)
    table = msgspec.to_builtins(calibration(scores, attack, data))
    passed = {"errors": int((scores >= THRESHOLD)[attack].sum()), "of": int(attack.sum())}
    figures = measured(given.report) or {"apcer_cameras_left_out": passed}
    network = {**NETWORK, "calibration": table, "measured": figures}
    written = manifest_file.write_network("liveness", network, given.out / FILE, {}, recipe="passive")
    read_listing(written)
    for row in zip(_STEPS, table["apcer"], table["bpcer"], strict=True):
        print("on cameras left out, threshold {:.2f}: APCER {:.4f}, BPCER {:.4f}".format(*row))
    if given.ship:
        given.ship.mkdir(parents=True, exist_ok=True)
        for path in (given.out / FILE, written):
            shutil.copy(path, given.ship)
        here = Path(__file__).parent
        curves = [
            json.loads((run / "curve.json").read_text(encoding="utf-8")) for run in dict.fromkeys((*given.first, given.run))
        ]
        plot(joined([curve["curve"] for curve in curves]), here / "curve.png")
        (here / "curve.json").write_text(json.dumps(curves, indent=1) + "\n", encoding="utf-8")
        shutil.copy(given.run / "weights.npz", here / "weights.npz")


if __name__ == "__main__":
    main()
