"""Pictures of the accuracy report: DET, ROC, score histograms, false match rates by group. Numbers come ready."""

from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from bench.accuracy.groups import Group
from bench.accuracy.metrics import Distribution

_RATES = np.logspace(-6, -1, 60)
_FMR_TICKS = (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05)
_FNMR_TICKS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6)


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


def det(curves: dict[str, Distribution], title: str, path: Path) -> None:
    """False non-match rate over false match rate on normal deviate axes (ISO/IEC 19795-1), one line a network.

    Drawn where ten or more impostor pairs match.
    """
    figure, axes = plt.subplots(figsize=(8, 6.5), layout="constrained")
    for name, scores in curves.items():
        rates = _RATES[_RATES * len(scores.impostor) >= 10]
        missed = [min(max(scores.fnmr_at(scores.threshold_at_fmr(rate)).value, 1e-6), 1 - 1e-6) for rate in rates]
        axes.plot(_deviates(rates), _deviates(missed), label=name)
    axes.set_xticks(_deviates(_FMR_TICKS), [f"{100 * rate:g} %" for rate in _FMR_TICKS])
    axes.set_yticks(_deviates(_FNMR_TICKS), [f"{100 * rate:g} %" for rate in _FNMR_TICKS])
    axes.set(xlabel="false match rate", ylabel="false non-match rate", title=title)
    axes.set(xlim=_deviates((5e-7, 0.1)), ylim=_deviates((0.004, 0.7)))
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, path)


def _deviates(rates: Sequence[float] | np.ndarray[Any, Any]) -> list[float]:
    return [NormalDist().inv_cdf(float(rate)) for rate in rates]


def group_curves(groups: Sequence[Group], threshold: float, label: str, name: str, path: Path) -> None:
    """False match rate over the threshold, one line a group of people, down to three pairs."""
    figure, axes = plt.subplots(figsize=(8, 6), layout="constrained")
    for group in sorted(groups, key=lambda group: -group.fmr_at(threshold).value):
        scores = group.scores
        rates = np.arange(len(scores), 0, -1) / len(scores)
        drawn = np.unique(np.geomspace(3, len(scores), 300).astype(int))
        title = f"{group.name} ({group.photos} photos)"
        axes.plot(scores[-drawn], rates[-drawn], label=title, linestyle="-" if "women" in group.name else "--")
    axes.axvline(threshold, color="black", linestyle=":", label=f"{label} (cosine {threshold:.3f})")
    axes.axhline(1e-3, color="grey", linewidth=0.7)
    low = min(float(np.quantile(group.scores, 0.7)) for group in groups)
    axes.set(yscale="log", xlim=(low, None), ylim=(1e-5, 0.5))
    axes.set(xlabel="cosine threshold", ylabel="false match rate within the group")
    axes.set_title(f"{name}: pairs of different people of one group, photos kept out of training")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize="small")
    _save(figure, path)


def groups_beside(networks: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Each group's false match rate where the worst group of All-Age-Faces has 1e-3, the networks beside each other."""
    names = sorted({row["group"] for rows in networks.values() for row in rows})
    figure, axes = plt.subplots(figsize=(9, 7), layout="constrained")
    for number, (network, rows) in enumerate(networks.items()):
        by_name = {row["group"]: row for row in rows}
        at = [position + 0.14 * (number - (len(networks) - 1) / 2) for position in range(len(names))]
        rates = np.array([max(by_name[name]["fmr"]["value"], 3e-6) for name in names])
        ends = np.array([by_name[name]["bootstrap95"] for name in names]).T
        errors = np.abs(np.maximum(ends, 3e-6) - rates)
        axes.errorbar(rates, at, xerr=errors, fmt="o", markersize=5, capsize=2, label=network)
    axes.set_yticks(range(len(names)), names)
    axes.axvline(1e-3, color="grey", linewidth=0.7)
    axes.set(xscale="log", xlabel="false match rate within the group; at the left edge: none seen")
    axes.set_title("At each network's own threshold, where the worst All-Age-Faces group has 1e-3")
    axes.invert_yaxis()
    axes.grid(alpha=0.3, which="both", axis="x")
    axes.legend()
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
