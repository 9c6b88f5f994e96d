"""What was to be reached, and whether it was: one row a target, the shipped network's value first, the others' beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Report = dict[str, Any]
Value = float | None

TIMING_NOISE = 0.03
"""Share by which two runs of the same network differ."""


@dataclass(frozen=True)
class Target:
    """A value that every report may have, and the test it must pass for the shipped network."""

    what: str
    reach: str
    read: Callable[[Report], Value]
    unit: str
    """`%`, `x` or empty."""
    passes: Callable[[float, Value], bool] | None
    """Of the shipped network's value and the teacher's; None where nothing was asked but to report it."""


def at_fmr(fmr: str, part: str = "lfw") -> Callable[[Report], Value]:
    """TMR at a network's own false match rate."""
    return lambda report: _dig(report, part, "verification", "at_fmr", fmr, "tmr")


def _dig(report: Report, *keys: str) -> Value:
    value: Any = report
    for key in keys:
        if not isinstance(value, dict) or value.get(key) is None:
            return None
        value = value[key]
    return float(value)


def at_worst(fmr: str) -> Callable[[Report], Value]:
    """LFW's TMR at the threshold where the worst group has that false match rate."""
    return lambda report: _dig(report, "worst_group", fmr, "lfw", "tmr")


def kiosk(kind: str) -> Callable[[Report], Value]:
    """TMR of the kiosk protocol."""
    return lambda report: _dig(report, "kiosk", kind, "tmr")


def spread(report: Report) -> Value:
    """Worst over best group: at the shipped threshold for the shipped network, at their own worst group's for others."""
    at = "confidence_0.65" if report["role"] in ("shipped", "its float32") else "own_worst_1e-03"
    return _dig(report, "spread", at, "ratio")


def spread_at_a_hundredth(report: Report) -> Value:
    """Worst over best group where the worst has one in a hundred: ten times the matches, so ten times surer."""
    return _dig(report, "spread", "own_worst_1e-02", "ratio")


def covered(condition: str) -> Callable[[Report], Value]:
    """TMR of covered probes at the false match rate of 1e-3 among them."""
    return lambda report: _dig(report, "covered", condition, "at_own_1e-03", "tmr")


def points_lost(report: Report) -> Value:
    """Points of TMR at 1e-4 that int8 costs."""
    return _dig(report, "against_float", "points_lost_at_1e-04")


def time_ratio(report: Report) -> Value:
    """Time of an embedding over the first network's."""
    return _dig(report, "speed", "ratio_to_first")


def least_agreement(report: Report) -> Value:
    """The lowest mean cosine between int8 and float32 of any group."""
    rows = (report.get("against_float") or {}).get("groups")
    return min(row["mean"] for row in rows) if rows else None


def at_least(limit: float) -> Callable[[float, Value], bool]:
    """Passes from `limit` on."""
    return lambda value, _: value >= limit


def at_most(limit: float) -> Callable[[float, Value], bool]:
    """Passes up to `limit`."""
    return lambda value, _: value <= limit


def no_wider(value: float, teacher: Value) -> bool:
    """Passes up to the teacher's value."""
    return teacher is not None and value <= teacher


TARGETS = (
    Target("LFW, one photo each side, TMR at FMR 1e-2", "", at_fmr("1e-02"), "%", None),
    Target("LFW, one photo each side, TMR at FMR 1e-3", "", at_fmr("1e-03"), "%", None),
    Target("LFW, one photo each side, TMR at FMR 1e-4", "≥ 90 %", at_fmr("1e-04"), "%", at_least(0.9)),
    Target("LFW, one photo each side, TMR at FMR 1e-5", "≥ 82 %", at_fmr("1e-05"), "%", at_least(0.82)),
    Target("LFW, TMR where the worst group has FMR 1e-3", "≥ 85 %", at_worst("1e-03"), "%", at_least(0.85)),
    Target("LFW, TMR where the worst group has FMR 1e-4", "", at_worst("1e-04"), "%", None),
    Target("webcam frames across sessions, TMR at own FMR 1e-3", "≥ 97 %", at_fmr("1e-03", "sessions"), "%", at_least(0.97)),
    Target("kiosk (5 + 3) at the worst group's FMR 1e-4", "≥ 99.5 %", kiosk("single_photo_threshold"), "%", at_least(0.995)),
    Target("the same, judged as averages are on the device", "", kiosk("judged_as_averages"), "%", None),
    Target("worst over best group: FMR at the shipped threshold", "≤ the teacher's", spread, "x", no_wider),
    Target("the same where the worst group has FMR 1e-2", "", spread_at_a_hundredth, "x", None),
    Target("int8 against float32: points of TMR lost at FMR 1e-4", "≤ .5", points_lost, "", at_most(0.5)),
    Target("int8 against float32: lowest mean cosine of a group", "≥ .999", least_agreement, "", at_least(0.999)),
    Target("time of an embedding, one thread, over the first network's", "≤ 1", time_ratio, "x", at_most(1 + TIMING_NOISE)),
    Target("clean photos against a clean gallery, TMR at FMR 1e-3", "", covered("clean"), "%", None),
    Target("mask drawn on, TMR at FMR 1e-3", "beside the teacher", covered("mask"), "%", None),
    Target("sunglasses drawn on, TMR at FMR 1e-3", "beside the teacher", covered("sunglasses"), "%", None),
    Target("darkness, TMR at FMR 1e-3", "beside the teacher", covered("dark"), "%", None),
)  # fmt: skip


def rows(reports: list[Report]) -> list[dict[str, Any]]:
    """The targets with every network's value; `met` is null where nothing was asked or nothing could be measured."""
    return [_row(target, reports) for target in TARGETS]


def _row(target: Target, reports: list[Report]) -> dict[str, Any]:
    values = {report["model"]: target.read(report) for report in reports}
    ours = values[reports[0]["model"]]
    teacher = next((values[report["model"]] for report in reports if report["role"] == "teacher"), None)
    met = None if target.passes is None or ours is None else target.passes(ours, teacher)
    return {"what": target.what, "reach": target.reach, "unit": target.unit, "values": values, "met": met}


def covering_rows(found: Report) -> list[dict[str, Any]]:
    """The covering network's targets, from the report of `models/build/covering` (`covering.json`)."""
    limits = found["targets"]
    region, least = min(((name, rate["value"]) for name, rate in found["found"]["regions"].items()), key=lambda row: row[1])
    group, most = max(((name, rate["value"]) for name, rate in found["alarms"]["groups"].items()), key=lambda row: row[1])
    alarms, slowest = found["alarms"]["all"]["value"], found["milliseconds"].get("litert")
    rows = [
        (f"covered region found, the least of three ({region})", "≥ 95 %", least, "%", least >= limits["found"]),
        ("false alarms on uncovered adults", "≤ 2 %", alarms, "%", alarms <= limits["alarms"]),
        (f"the same in the worst group ({group})", "≤ 4 %", most, "%", most <= limits["alarms of a group"]),
        ("milliseconds, one thread, LiteRT", "≤ 1", slowest, "", slowest is not None and slowest <= limits["milliseconds"]),
    ]
    return [dict(zip(("what", "reach", "value", "unit", "met"), row, strict=True)) for row in rows]


def text(value: Value, unit: str) -> str:
    """A value as a person reads it."""
    if value is None:
        return "-"
    return {"%": f"{100 * value:.2f} %", "x": f"{value:.2f} x"}.get(unit, f"{value:.4f}")
