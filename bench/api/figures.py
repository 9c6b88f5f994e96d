"""What was measured, against what was asked: rows with their verdicts, and how times are summed up. Nothing is measured here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.table import Table

SOCKET_RATIO, REST_RATIO = 0.90, 0.80
FAIRNESS, HEALTH_MS, CAMERA_DROP = 1.5, 50.0, 0.10
GROWTH_MB = 5.0


_WAYS = {
    "socket": ("the socket, in lock-step", SOCKET_RATIO),
    "ahead": ("the socket, one frame ahead", SOCKET_RATIO),
    "rest": ("REST", REST_RATIO),
}
"""By the name of each way: what it is called, and what was asked of it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `asked` is None where nothing was promised; `most` says that it is a most, else it is a least."""

    what: str
    reached: float
    asked: float | None = None
    most: bool = True
    unit: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the promise was kept; None where there is none. A figure that is no number keeps none."""
        if self.asked is None:
            return None
        return self.reached <= self.asked if self.most else self.reached >= self.asked


def spread(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median, 99th percentile and largest of times, and how many they are. Raises `ValueError` where there are none."""
    if not milliseconds:
        raise ValueError("nothing was timed")
    p50, p99 = np.percentile(milliseconds, (50, 99))
    return {
        "p50": round(float(p50), 2),
        "p99": round(float(p99), 2),
        "max": round(max(milliseconds), 2),
        "count": len(milliseconds),
    }


def fairness(judged: Sequence[int]) -> float | None:
    """Most judged frames of a socket over the least; None where one got none."""
    return round(max(judged) / min(judged), 3) if judged and min(judged) else None


def rows(found: dict[str, Any]) -> list[Row]:
    """The report's figures, those of the parts that were run."""
    made = []
    for part, to_rows in _PARTS.items():
        if failed := found.get(part, {}).get("failed"):
            made.append(Row(f"{part}: {failed}", float("nan"), 0))
        elif part in found:
            made += to_rows(found[part])
    return made


def _rates(part: dict[str, Any]) -> list[Row]:
    made = []
    for way, (label, asked) in _WAYS.items():
        for sessions, found in part[way].items():
            what = f"frames a second over {label}, {sessions} session(s), to the bare pipeline"
            made.append(Row(what, found["ratio"], asked, most=False))
    return made


def _load(part: dict[str, Any]) -> list[Row]:
    sockets, fair = part["sockets"], part["fairness"]
    return [
        Row(f"{sockets} sockets: answers of 5xx", part["server_errors"], 0),
        Row(f"{sockets} sockets: most to least judged frames", float("inf") if fair is None else fair, FAIRNESS),
        Row("p99 of /healthz meanwhile", part["health_ms"]["p99"], HEALTH_MS, unit="ms"),
        Row("the local camera's rate down by", round(100 * part["camera"]["drop"], 1), 100 * CAMERA_DROP, unit="%"),
    ]


def _sessions(part: dict[str, Any]) -> list[Row]:
    made = []
    for clients, found in part.items():
        for name in ("api", "echo"):
            made.append(Row(f"create, status, cancel, {clients} at a time, {name}: p99", found[name]["ms"]["p99"], unit="ms"))
            made.append(Row(f"create, status, cancel, {clients} at a time, {name}", found[name]["per_s"], unit="requests/s"))
    return made


def _memory(part: dict[str, Any]) -> list[Row]:
    first, count = part["first"], part["sessions"]
    return [
        Row(f"{name}: resident memory, {first} to {count} sessions", grown, GROWTH_MB, unit="MB")
        for name, grown in part["growth_mb"].items()
    ]


def _kills(part: dict[str, Any]) -> list[Row]:
    made = []
    for reader in ("socket", "webhook"):
        for what in ("lost", "out_of_order", "repeated_though_stored"):
            label = what.replace("_", " ")
            made.append(
                Row(f"{part['events']:,} events, {reader}, {part['kills'][reader]} kill(s): {label}", part[reader][what], 0)
            )
    made.append(
        Row(f"decisions answered and not in the log, {part['kills']['control']} kill(s) of control", part["forgotten"], 0)
    )
    return made


_PARTS = {"rates": _rates, "load": _load, "sessions": _sessions, "memory": _memory, "kills": _kills}
"""The parts of the report, in the order in which they are run and shown."""

PARTS = tuple(_PARTS)


def table(made: Sequence[Row]) -> Table:
    """The rows for people, in red what was not reached."""
    shown = Table("what", "reached", "asked", "")
    for row in made:
        asked = "" if row.asked is None else f"{'≤' if row.most else '≥'} {_told(row.asked, row.unit)}"
        mark = {None: "", True: "[green]reached[/]", False: "[red]not reached[/]"}[row.met]
        shown.add_row(row.what, _told(row.reached, row.unit), asked, mark)
    return shown


def _told(value: float, unit: str) -> str:
    return f"{value:,.6g} {unit}".strip()
