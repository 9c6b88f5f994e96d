"""Pictures of the PAD report: DET and score histograms. Numbers come ready."""

from pathlib import Path
from statistics import NormalDist

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

from bench.pad.judges import Values

_TICKS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
_LEAST = 2e-4
"""Rates below are drawn here: the axis has no zero."""


def det(curves: dict[str, tuple[Values, Values]], thresholds: dict[str, float], title: str, path: Path) -> None:
    """BPCER over APCER on normal deviate axes (ISO/IEC 30107-3), a line for each (live, attack), a dot at its threshold."""
    figure, axes = plt.subplots(figsize=(7, 6), layout="constrained")
    for name, (live, attack) in curves.items():
        steps = np.unique(np.concatenate([live, attack, [0.0, 1.0]]))
        line = axes.plot(*_rates(live, attack, steps), label=f"{name} ({len(live)} live, {len(attack)} attack frames)")
        at = np.array([thresholds[name]])
        axes.plot(*_rates(live, attack, at), "o", color=line[0].get_color())
    ticks = [NormalDist().inv_cdf(rate) for rate in _TICKS]
    for put in (axes.set_xticks, axes.set_yticks):
        put(ticks, [f"{100 * rate:g} %" for rate in _TICKS])
    ends = (NormalDist().inv_cdf(_LEAST), NormalDist().inv_cdf(0.6))
    axes.set(xlabel="APCER, all species", ylabel="BPCER", title=title, xlim=ends, ylim=ends)
    axes.grid(alpha=0.3)
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def histograms(rows: dict[str, tuple[Values, Values]], threshold: float, grey: tuple[float, float], path: Path) -> None:
    """Scores of live faces and attacks, a row a source; the threshold and the grey band."""
    figure, axes = plt.subplots(
        len(rows), 1, figsize=(7, 1.6 * len(rows) + 0.6), sharex=True, squeeze=False, layout="constrained"
    )
    bins = np.linspace(0, 1, 51).tolist()
    for (name, (live, attack)), one in zip(rows.items(), axes[:, 0], strict=True):
        one.hist(live, bins=bins, alpha=0.65, label=f"live ({len(live)})")
        one.hist(attack, bins=bins, alpha=0.65, label=f"attack ({len(attack)})")
        one.axvspan(*grey, color="grey", alpha=0.2)
        one.axvline(threshold, color="black", linestyle="--")
        one.set(yscale="log", title=name)
        one.legend(loc="upper center", ncols=2)
    axes[-1, 0].set(xlabel="score of a frame, 0 attack, 1 live")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _rates(live: Values, attack: Values, thresholds: Values) -> tuple[list[float], list[float]]:
    passed = [float((attack >= at).mean()) if len(attack) else 0.0 for at in thresholds]
    refused = [float((live < at).mean()) if len(live) else 0.0 for at in thresholds]
    return _deviates(passed), _deviates(refused)


def _deviates(rates: list[float]) -> list[float]:
    return [NormalDist().inv_cdf(min(max(rate, _LEAST), 1 - _LEAST)) for rate in rates]
