"""What the kiosk's benchmark measured, against what was asked: rows with their verdicts. Nothing is measured here."""

from typing import Any

from bench.api.figures import Row

DECISION_S = {"passive": 0.5, "strict": 4.0}
"""Policy → most seconds from the first face to the command, 95 of 100."""
READY_S = 3.0
QUEUE_S = 20.0
"""Most seconds of the median turn in the admin screen's queue."""
IDLE_SHARE = 0.15
RESIDENT_MB = 450.0
SOAK_RATE = 4.0
GROWTH_MB = 5.0


def rows(found: dict[str, Any]) -> list[Row]:
    """The report's figures, those of the parts that were run."""
    made: list[Row] = []
    for part, to_rows in _PARTS.items():
        if part not in found:
            continue
        if trouble := found[part].get("failed") or found[part].get("skipped"):
            made.append(Row(f"{part}: {trouble}", float("nan"), 0 if "failed" in found[part] else None))
        else:
            made += to_rows(found[part])
    return made


def _decision(part: dict[str, Any]) -> list[Row]:
    made = []
    for policy, found in part.items():
        name, till = policy, "command"
        if "on" in found:
            name, till = f"{policy}, its active half on the rendered {found['on']}", "decision"
        made.append(Row(f"{name}: enrolled person let in, of {found['shows']} shows", found["granted"]))
        if "p95_s" in found:
            made.append(Row(f"{name}: first face to {till}, p50", found["p50_s"], unit="s"))
        asked = DECISION_S.get(policy)
        if asked is not None or "p95_s" in found:
            made.append(Row(f"{name}: first face to {till}, p95", found.get("p95_s", float("nan")), asked, unit="s"))
    return made


def _queue(part: dict[str, Any]) -> list[Row]:
    enrolled = Row(f"queue: enrolled, of {part['turns']} turns", len(part["all_s"]), part["turns"], most=False)
    return [
        enrolled,
        *([Row("queue: enrolling one person, median", part["median_s"], QUEUE_S, unit="s")] if part["all_s"] else []),
    ]


def _start(part: dict[str, Any]) -> list[Row]:
    return [Row("start to ready", part["ready_s"], READY_S, unit="s")]


def _cost(part: dict[str, Any]) -> list[Row]:
    shares = {name: 100 * part[name]["together"] for name in ("idle", "active")}
    return [
        Row("of one core, nobody there", round(shares["idle"], 1), 100 * IDLE_SHARE, unit="%"),
        Row("of one core, somebody there all the time", round(shares["active"], 1), unit="%"),
    ]


def _memory(part: dict[str, Any]) -> list[Row]:
    people = f"resident memory, {part['people']:,} people"
    return [
        Row(f"{people}, vision@remote stopped", part["stopped_mb"]["together"], RESIDENT_MB, unit="MB"),
        Row(f"{people}, vision@remote running", part["running_mb"]["together"], unit="MB"),
    ]


def _soak(part: dict[str, Any]) -> list[Row]:
    hours = f"soak of {part['clip_s'] / 3600:.2g} h"
    growth = [Row(f"{hours}: {name} grew by", grown, GROWTH_MB, unit="MB") for name, grown in part["growth_mb"].items()]
    return [
        Row(f"{hours}: times the clip's own rate", part["rate"], SOAK_RATE, most=False),
        *growth,
        Row(f"{hours}: frames missed, of {part['frames']:,}", part["missed_frames"], 0),
        Row(f"{hours}: visits let in", part["granted"]),
        Row(f"{hours}: visits refused", part["refused"]),
    ]


_PARTS = {"decision": _decision, "queue": _queue, "start": _start, "cost": _cost, "memory": _memory, "soak": _soak}
"""The parts of the report, in the order in which they are run and shown."""

PARTS = tuple(_PARTS)
