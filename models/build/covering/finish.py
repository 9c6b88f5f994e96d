"""Thresholds, on photos that were trained on and never on those kept out, and the manifest. Runs in the product's environment."""

import argparse
import shutil
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from embedding import manifest_file
from matplotlib import pyplot as plt
from rich.console import Console

from covering import draw, photos
from covering.photos import Photos
from covering.regions import REGIONS
from covering.worn import worn
from inference.covering import CoveringDetector
from inference.manifest import CoveringSpec, read_listing
from inference.runtime import open_network

FILE = "face_covering_int8.tflite"
ALARMS_OF_ALL = {"eyes": 0.002, "nose_mouth": 0.001, "forehead": 0.0025}
ALARMS_OF_A_GROUP = {"eyes": 0.0045, "nose_mouth": 0.0025, "forehead": 0.006}
"""Shares of undrawn photos that a region's threshold lets be called covered: three regions together stay below the
targets of .02 and .04 with a margin for photos not trained on. A forehead's is kept far below what they allow: a hat that sits
above a free forehead (as on the demo's portrait) is taken for one over it otherwise."""
_LOWEST, _HIGHEST = 0.1, 0.98
SMALLEST_GROUP = 100
NETWORK = {
    "id": "covering-2-int8",
    "licence": "Apache-2.0",
    "origin": "trained from nothing by models/build/covering: coverings drawn over photos of faces (sources: models/CARD.md)",
    "regions": list(REGIONS),
    "input": {
        "width": draw.CHIP, "height": draw.CHIP, "layout": "nhwc", "channels": "rgb",
        "mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5],
    },
    "alignment": {"landmarks": [list(point) for point in draw.LANDMARKS], "targets": [list(point) for point in draw.TARGETS]},
}  # fmt: skip


def scores(detector: CoveringDetector, chips: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(n, 3) probabilities for RGB chips, as a device computes them."""
    found = [detector.probabilities(chip[:, :, ::-1]).copy() for chip in chips]
    return np.array(found, dtype=np.float32).reshape(-1, len(REGIONS))


def undrawn(source: Photos) -> npt.NDArray[np.uint8]:
    """Chips of photos as they are."""
    random = np.random.default_rng(0)
    return np.array([draw.clear_view(p, m, random, ()).chip for p, m in zip(source.pictures, source.meshes, strict=True)])


def thresholds(found: npt.NDArray[np.float32], groups: npt.NDArray[np.str_]) -> list[float]:
    """For each region the lowest that keeps alarms on undrawn photos rare, over all and in every group."""
    limits = []
    for name, region in zip(REGIONS, found.T, strict=True):
        lines = [np.quantile(region, 1 - ALARMS_OF_ALL[name])]
        for group in np.unique(groups):
            members = region[groups == group]
            if len(members) >= SMALLEST_GROUP:
                lines.append(np.quantile(members, 1 - ALARMS_OF_A_GROUP[name]))
        limits.append(round(float(np.clip(max(lines) + 1 / 256, _LOWEST, _HIGHEST)), 4))
    return limits


def plot(curve: list[dict[str, float]], path: Path) -> None:
    """Losses over the epochs."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    epochs = [row["epoch"] for row in curve]
    left.plot(epochs, [row["loss"] for row in curve], label="training views")
    left.plot(epochs, [row["held_out_loss"] for row in curve], label="photos held out")
    left.set(xlabel="epoch", ylabel="cross-entropy", yscale="log")
    left.legend()
    right.plot(epochs, [100 * (1 - row["held_out_right"]) for row in curve])
    right.set(xlabel="epoch", ylabel="wrong answers at .5, photos held out (%)", ylim=(0, None))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="work folder with prepared photos")
    parser.add_argument("--run", type=Path, required=True, help="folder of the training run")
    parser.add_argument("--out", type=Path, required=True, help="folder with the exported network")
    parser.add_argument("--ship", type=Path, help="folder to copy network and manifest to; the curve goes beside this file")
    given = parser.parse_args()
    model = given.out / FILE
    every = photos.load(given.work)
    source = every.only(~every.held_out() & ~worn(every.names).any(axis=1))
    unjudged = msgspec.convert({**NETWORK, "thresholds": [0.5] * len(REGIONS)}, CoveringSpec)
    found = scores(CoveringDetector(unjudged, open_network(model.read_bytes())), undrawn(source))
    limits = thresholds(found, source.groups)
    written = manifest_file.write_network("covering", NETWORK, model, {"thresholds": limits})
    read_listing(written)
    curve = msgspec.json.decode((given.run / "curve.json").read_bytes())
    plot(curve["curve"], given.out / "curve.png")
    Console().print(f"{written}: thresholds {limits} on {len(found)} photos")
    if given.ship:
        given.ship.mkdir(parents=True, exist_ok=True)
        for path in (model, written):
            shutil.copy(path, given.ship)
        shutil.copy(given.out / "curve.png", Path(__file__).parent)


if __name__ == "__main__":
    main()
