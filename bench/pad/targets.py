"""What the passive network is to reach, and whether it does. Pure: from the report's figures."""

from typing import Any

from bench.accuracy.metrics import Rate
from bench.pad import report as figures
from bench.pad.sessions import Session

Report = dict[str, Any]
JUDGED = "per frame, cameras never seen"


def rows(sessions: list[Session], report: Report) -> list[Report]:
    """One row a target: `what`, `reach`, `measured`, and `met`, null where nothing could be measured."""
    prints = report["windows"].get("source webcam", {})
    frames = report["frames"].get("cameras never seen", {})
    worst = max(report["jitter"].items(), key=lambda item: item[1]["value"], default=None)
    scales = {name: rate for name, rate in report["jitter"].items() if name in ("scale 0.8", "scale 1.2")}
    decided = report["policies"]["passive"].get("print", {})
    float32, times = report["beside"].get("float32", {}), report.get("milliseconds", {})
    return [
        _at_most("print, unseen subjects, windows of 5 frames: APCER", 0.0, prints.get("apcer print")),
        _row("the same as sessions under the policy `passive`: prints accepted", "0", _count(decided), _none_accepted(decided)),
        _at_most("print, unseen subjects, windows of 5 frames: BPCER", 0.05, prints.get("bpcer")),
        _at_most("replay, a camera never seen, per frame: APCER", 0.02, frames.get("apcer replay")),
        _at_most("live clips, cameras never seen, per frame: BPCER", 0.10, frames.get("bpcer")),
        _at_most(
            "print and replay, unseen subjects and cameras, per frame: APCER", 0.02, _attacks(sessions, report["threshold"])
        ),
        _left_out("a camera left out of training (the recipe's short run without it), per frame: APCER", 0.02, "apcer", report),
        _left_out("the same: BPCER", 0.10, "bpcer", report),
        _below("int8 against float: AUC lost", 0.002, float32.get("auc_lost")),
        _at_least("int8 against float: same decision", 0.99, float32.get("same_decision")),
        _at_most("verdicts turned by a box 20 % smaller", 0.01, scales.get("scale 0.8")),
        _at_most("verdicts turned by a box 20 % larger", 0.01, scales.get("scale 1.2")),
        _row(
            "verdicts turned by the worst of all jitters",
            "",
            "-" if worst is None else f"{_share(worst[1])} ({worst[0]})",
            None,
        ),
        _below("all passive work a frame, over the teacher pair's", 1.0, times.get("ratio_to_teacher")),
        _below("all passive work a frame, over the embedding's", 0.5, times.get("ratio_to_embedding")),
    ]


def _attacks(sessions: list[Session], threshold: float) -> Report | None:
    _, attack = figures.split(figures.unseen(sessions))
    return Rate(int((attack >= threshold).sum()), len(attack)).to_json() if len(attack) else None


def _none_accepted(decided: dict[str, int]) -> bool | None:
    return decided.get("accepted", 0) == 0 if decided else None


def _count(decided: dict[str, int]) -> str:
    return f"{decided.get('accepted', 0)} of {sum(decided.values())}" if decided else "-"


def _left_out(what: str, limit: float, key: str, report: Report) -> Report:
    found = report.get("left_out")
    value = None if found is None else found[key]
    shown = "-" if value is None else f"{100 * value:.1f} % ({found['data']})"
    return _row(what, f"≤ {100 * limit:g} %", shown, None if value is None else value <= limit)


def _at_most(what: str, limit: float, rate: Report | None) -> Report:
    met = None if rate is None or not rate["trials"] else rate["value"] <= limit
    return _row(what, f"≤ {100 * limit:g} %", _share(rate), met)


def _at_least(what: str, limit: float, rate: Report | None) -> Report:
    met = None if rate is None or not rate["trials"] else rate["value"] >= limit
    return _row(what, f"≥ {100 * limit:g} %", _share(rate), met)


def _below(what: str, limit: float, value: float | None) -> Report:
    return _row(what, f"≤ {limit:g}", "-" if value is None else f"{value:.4f}", None if value is None else value <= limit)


def _row(what: str, reach: str, measured: str, met: bool | None) -> Report:
    return {"what": what, "reach": reach, "measured": measured, "met": met}


def _share(rate: Report | None) -> str:
    """A rate as a person reads it, with counts and interval."""
    if rate is None or not rate["trials"]:
        return "-"
    low, high = rate["interval95"]
    return f"{100 * rate['value']:.2f} % ({rate['events']} of {rate['trials']}) [{100 * low:.1f}, {100 * high:.1f}]"


text = _share
