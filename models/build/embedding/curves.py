"""Draws a training run: losses and validation over the steps, as one picture. Runs in the product's environment."""

import argparse
import json
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt


def draw(curve: Path, picture: Path) -> None:
    """Read the curve that a run left, and write the picture."""
    run = json.loads(curve.read_text(encoding="utf-8"))
    rows = run["curve"]
    figure, (losses, validation) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    steps = [row["step"] for row in rows]
    losses.plot(steps, [row["cosine_loss"] for row in rows], label="1 - cosine to the teacher, augmented views")
    losses.plot(steps, [row["pair_loss"] for row in rows], label="similarities within a batch")
    losses.set(xlabel="step", ylabel="loss", ylim=(0, None))
    losses.legend()
    judged = [row for row in rows if "validation_cosine" in row]
    validation.plot([row["step"] for row in judged], [row["validation_cosine"] for row in judged], marker="o")
    validation.set(xlabel="step", ylabel="cosine to the teacher", title="photos kept out, clean views, averaged weights")
    for axes in (losses, validation):
        axes.grid(alpha=0.3)
    plan = run["plan"]
    figure.suptitle(f"{plan['steps']} steps of {plan['batch']} photos, seed {plan['seed']}")
    figure.savefig(picture, dpi=110)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("curve", type=Path, help="curve.json of a run")
    parser.add_argument("picture", type=Path, help="PNG to write")
    arguments = parser.parse_args()
    draw(arguments.curve, arguments.picture)


if __name__ == "__main__":
    main()
