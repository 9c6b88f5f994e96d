"""The PAD report as Markdown: what docs/liveness.md quotes, and the whole of it for build/reports."""

from collections.abc import Callable
from typing import Any

from bench.pad.targets import text

Report = dict[str, Any]
_MARKS = {True: "", False: " **(not reached)**", None: ""}
_OUTCOMES = ("accepted", "refused", "challenged", "not_decided")


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def targets(report: Report) -> str:
    """What is to be reached, and what is."""
    rows = [[row["what"], row["reach"], row["measured"] + _MARKS[row["met"]]] for row in report["targets"]]
    return _table(["", "to reach", "measured"], rows)


def sources(report: Report) -> str:
    """Errors per frame and per window of each source, and how many frames could not be used."""
    kinds = sorted({kind for of in report["frames"].values() for kind in of})
    rows = []
    for name, frames in report["frames"].items():
        for kind in (kind for kind in kinds if kind in frames):
            windows, subjects = report["windows"][name].get(kind), report["subjects"][name].get(kind)
            rows.append([name, kind.upper().replace("APCER ", "APCER, "), text(frames[kind]), text(windows), text(subjects)])
    return _table(["", "", "frames", "windows of 5", "subjects with any such window"], rows)


def policies(report: Report) -> str:
    """What each policy decides of whole sessions never seen in training."""
    rows = []
    for level, found in report["policies"].items():
        for species, decided in found.items():
            rows.append([f"`{level}`", species, *(str(decided.get(outcome, 0)) for outcome in _OUTCOMES)])
    return _table(["policy", "shown", "accepted", "refused", "asked for a challenge", "not decided"], rows)


def jitter(report: Report) -> str:
    """Verdicts turned round by boxes that are off."""
    return _table(["box", "verdicts turned"], [[name, text(rate)] for name, rate in report["jitter"].items()])


def beside(report: Report) -> str:
    """The other judges on the same frames."""
    rows = [["shipped", f"{report['threshold']:g}", _number(report["auc"][""]), "-", *_errors(report["frames"])]]
    for name, found in report["beside"].items():
        errors = _errors(found["frames"])
        rows.append([name, f"{found['threshold']:g}", _number(found["auc"]), text(found["same_decision"]), *errors])
    head = ["", "threshold", "AUC, frames never seen", "same decision as the shipped one"]
    return _table([*head, "APCER, all attacks never seen", "BPCER, all never seen"], rows)


def _errors(frames: Report) -> list[str]:
    every = frames.get("all", {})
    attacks = [rate for kind, rate in every.items() if kind.startswith("apcer")]
    wrong, of = sum(rate["events"] for rate in attacks), sum(rate["trials"] for rate in attacks)
    return [f"{100 * wrong / of:.2f} % ({wrong} of {of})" if of else "-", text(every.get("bpcer"))]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


BLOCKS: dict[str, Callable[[Report], str]] = {
    "pad-targets": targets,
    "pad-sources": sources,
    "pad-policies": policies,
    "pad-jitter": jitter,
    "pad-beside": beside,
}


def whole(report: Report) -> str:
    """Everything, for build/reports."""
    head = (
        f"# Presentation attack detection: `{report['model']}`\n\n"
        "Rates: events of trials, with the exact 95 % interval (Clopper and Pearson). `(seen)`: trained on. Times: "
        f"{report['machine']}.\n"
    )
    return head + "".join(f"\n## {name}\n\n{block(report)}" for name, block in BLOCKS.items())
