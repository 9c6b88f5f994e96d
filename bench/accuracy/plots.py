"""Pictures of the accuracy report: ROC, score histograms, false match rates by group. Numbers come ready."""

from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from bench.accuracy.metrics import Distribution, Scores

_RATES = np.logspace(-6, -1, 60)


def roc(curves: dict[str, Distribution], title: str, path: Path) -> None:
    """True match rate over false match rate, one line a network or protocol."""
    figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
    for name, scores in curves.items():
        readable = _RATES[_RATES * len(scores.impostor) >= 10]
        axes.plot(readable, [1 - scores.fnmr_at(scores.threshold_at_fmr(rate)).value for rate in readable], label=name)
    axes.set(xscale="log", xlabel="false match rate", ylabel="true match rate", title=title)
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    _save(figure, path)


def histograms(scores: Distribution, threshold: float, title: str, path: Path) -> None:
    """Densities of genuine and impostor scores, and the shipped threshold."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    bins = np.linspace(-0.4, 1, 141).tolist()
    axes.hist(scores.impostor[scores.impostor > -1], bins=bins, density=True, alpha=0.6, label="different people")
    axes.hist(scores.genuine[scores.genuine > -1], bins=bins, density=True, alpha=0.6, label="same person")
    axes.axvline(threshold, color="black", linestyle="--", label=f"confidence .65 (cosine {threshold:.3f})")
    axes.set(xlabel="cosine", ylabel="density", title=title)
    axes.legend()
    _save(figure, path)


def group_curves(impostors: dict[str, Scores], threshold: float, path: Path) -> None:
    """False match rate over the threshold, one line a group of people."""
    figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
    cosines = np.linspace(0.2, 1, 161)
    for name, scores in impostors.items():
        ordered = np.sort(scores)
        rates = 1 - np.searchsorted(ordered, cosines) / len(ordered)
        axes.plot(cosines[rates > 0], rates[rates > 0], label=name)
    axes.axvline(threshold, color="black", linestyle="--", label="confidence .65")
    axes.axhline(1e-3, color="grey", linewidth=0.7)
    axes.set(yscale="log", xlabel="cosine threshold", ylabel="false match rate within the group")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize="small")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
