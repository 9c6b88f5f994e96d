"""The picture of the kiosk's report: decisions by level, turns of the queue, memory over the soak. Numbers come ready."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

from bench.kiosk.figures import DECISION_S, QUEUE_S


def draw(found: dict[str, Any], path: Path) -> None:
    """What of the report can be seen better than read; nothing where it has none of that."""
    shown = [(part, paint) for part, paint in _PANELS.items() if part in found and not {"failed", "skipped"} & set(found[part])]
    if not shown:
        return
    figure, panels = plt.subplots(1, len(shown), figsize=(5.5 * len(shown), 4.2), squeeze=False, layout="constrained")
    for (part, paint), axes in zip(shown, panels[0], strict=True):
        paint(axes, found[part])
        axes.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _decisions(axes: Any, part: dict[str, Any]) -> None:  # noqa: ANN401 - matplotlib's axes are untyped here
    for number, (policy, found) in enumerate(part.items()):
        times = np.sort(found.get("all_s", []))
        label = f"{policy}: {found['granted']} of {found['shows']} let in"
        line = axes.plot(times, np.arange(1, len(times) + 1) / max(1, found["shows"]), drawstyle="steps-post", label=label)
        if policy in DECISION_S:
            axes.axvline(DECISION_S[policy], color=line[0].get_color(), linestyle="--", ymax=0.95 - 0.02 * number)
    axes.set(xlabel="seconds from the first face to the command (dashed: asked)", ylabel="share of shows let in", ylim=(0, 1.02))
    axes.set_title("Decisions")
    axes.legend(loc="lower right")


def _queue(axes: Any, part: dict[str, Any]) -> None:  # noqa: ANN401
    axes.bar(range(1, len(part["all_s"]) + 1), part["all_s"])
    axes.axhline(QUEUE_S, color="black", linestyle="--")
    axes.set(xlabel="turn", ylabel="seconds (dashed: asked of the median)", title="Enrolling one person in the queue")


def _soak(axes: Any, part: dict[str, Any]) -> None:  # noqa: ANN401
    hours, control, vision = np.array(part["series_mb"]).T
    for name, values in (("control", control), ("vision@camera", vision)):
        axes.plot(hours / 3600, values, label=f"{name}, {part['growth_mb'][name]:+g} MB after warm-up")
    axes.set(
        xlabel="hours of clip", ylabel="resident MB", title=f"Soak at {part['rate']:g} times the clip's rate", ylim=(0, None)
    )
    axes.legend()


_PANELS: dict[str, Callable[[Any, dict[str, Any]], None]] = {"decision": _decisions, "queue": _queue, "soak": _soak}
