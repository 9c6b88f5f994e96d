"""Writes the report's figures into the texts that quote them, so that no figure is typed by hand.

    .venv/bin/python -m bench.accuracy.card            # models/CARD.md and README.md from build/reports/accuracy.json
    .venv/bin/python -m bench.accuracy.card --check    # 1 where a text and the report differ

A block stands between `<!-- figures NAME -->` and `<!-- end -->`; what lies between is replaced.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.accuracy import targets

TEXTS = (Path("models/CARD.md"), Path("README.md"))
_BLOCK = re.compile(r"(<!-- figures (?P<name>[a-z0-9-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_MARKS = {True: "", False: " **(not reached)**", None: ""}

Report = dict[str, Any]


class CardError(Exception):
    """The report is absent, or a text asks for figures that there are none of."""


def fill(text: str, report: Report, blocks: "dict[str, Callable[[Report], str]] | None" = None) -> str:
    """The text with every block written anew, by `BLOCKS` or others.

    Raises:
        CardError: a block of an unknown name, or one that is not closed.
    """
    if text.count("<!-- figures ") != len(_BLOCK.findall(text)):
        raise CardError("a block of figures is not closed by <!-- end -->")

    known = BLOCKS if blocks is None else blocks

    def written(match: re.Match[str]) -> str:
        block = known.get(match["name"])
        if block is None:
            raise CardError(f"no figures are called {match['name']!r}; there are {', '.join(known)}")
        return match[1] + block(report) + match[3]

    return _BLOCK.sub(written, text)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def _columns(report: Report) -> list[Report]:
    return [network for network in report["networks"] if network["role"] not in ("beside", "first, float32")]


def _head(network: Report) -> str:
    return f"{network['role']}: `{network['model']}`"


def _targets(report: Report) -> str:
    networks = _columns(report)
    rows = [
        [row["what"], row["reach"], *(targets.text(row["values"][n["model"]], row["unit"]) for n in networks)]
        for row in report["targets"]
    ]
    for cells, row in zip(rows, report["targets"], strict=True):
        cells[2] += _MARKS[row["met"]]
    return _table(["", "to reach", *map(_head, networks)], rows)


def rate(row: Report) -> str:
    """A false match rate with its interval by people, as a share of 1,000 comparisons."""
    low, high = row["bootstrap95"]
    if not row["fmr"]["events"]:
        return f"none in {row['fmr']['trials']:,}"
    return f"{1000 * row['fmr']['value']:.2f} [{1000 * low:.2f}, {1000 * high:.2f}]"


def _groups(report: Report) -> str:
    """By group: the shipped network at confidence .65, and others at their own worst All-Age-Faces group's 1e-3."""
    shipped = report["networks"][0]
    own = [n for n in report["networks"] if n["role"] in ("shipped", "first", "teacher") and "groups_at_own_worst" in n]
    known = {n["model"]: {row["group"]: row for row in n["groups_at_own_worst"]} for n in own}
    head = ["group", "photos", "shipped, at confidence .65", *(f"{n['role']}, at its own threshold" for n in own)]
    rows = [
        [row["group"], str(row["photos"]), rate(row), *(rate(known[n["model"]][row["group"]]) for n in own)]
        for row in shipped["groups"]
    ]
    return _table(head, rows)


def _agreement(report: Report) -> str:
    """What int8 changes, by group."""
    rows = (report["networks"][0].get("against_float") or {}).get("groups", [])
    cells = [[row["group"], str(row["photos"]), f"{row['mean']:.5f}", f"{row['lowest']:.5f}"] for row in rows]
    return _table(["group", "photos", "mean cosine", "lowest"], cells)


def _search(report: Report) -> str:
    """Identification among many, by photos averaged, and what the shipped threshold does to one photo against one."""
    networks = _columns(report)
    rows = [["no face found", *(f"{n['lfw']['fte']['events']} of {n['lfw']['fte']['trials']:,}" for n in networks)]]
    for enrolled, probed, fpir in ((1, 1, "1e-02"), (5, 3, "1e-02"), (5, 3, "1e-03")):
        what = f"1:N, {enrolled} enrolled, mean of {probed} as probe, FNIR at FPIR {fpir}"
        rows.append([what, *(_fnir(network, enrolled, probed, fpir) for network in networks)])
    rows.append(["confidence .65, one photo each side: cosine, TMR", *(_shipped(network) for network in networks)])
    return _table(["LFW", *map(_head, networks)], rows)


def _fnir(network: Report, enrolled: int, probed: int, fpir: str) -> str:
    found = next(row for row in network["lfw"]["averaged"] if (row["enrolled"], row["probed"]) == (enrolled, probed))
    rate = found["identification"]["at_fpir"][fpir]["fnir"]
    low, high = rate["interval95"]
    return f"{rate['events']} of {rate['trials']:,}: {100 * rate['value']:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def _shipped(network: Report) -> str:
    row = network["lfw"].get("confidence_0.65")
    return f"{row['cosine']:.3f}, {100 * row['tmr']:.1f} %" if row else "-"


def _covering(report: Report) -> str:
    rows = [
        [row["what"], row["reach"], targets.text(row["value"], row["unit"]) + _MARKS[row["met"]]]
        for row in report["covering_targets"]
    ]
    return _table(["covering network", "to reach", "measured"], rows)


BLOCKS: dict[str, Callable[[Report], str]] = {
    "targets": _targets,
    "groups": _groups,
    "int8": _agreement,
    "search": _search,
    "covering": _covering,
}


def main() -> int:
    """Write the texts; 1 where one cannot be, or, to check, where one differs."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy.card", description=__doc__)
    parser.add_argument("--report", type=Path, default=Path("build/reports/accuracy.json"))
    parser.add_argument("--check", action="store_true", help="change nothing, say what differs")
    parser.add_argument("texts", type=Path, nargs="*", default=list(TEXTS))
    options = parser.parse_args()
    try:
        report = json.loads(options.report.read_text(encoding="utf-8"))
        found = {
            path: (path.read_text(encoding="utf-8"), fill(path.read_text(encoding="utf-8"), report)) for path in options.texts
        }
    except (OSError, ValueError, KeyError, CardError) as error:
        print(f"no figures were written: {error}; run `make eval` first", file=sys.stderr)
        return 1
    changed = [path for path, (before, after) in found.items() if before != after]
    for path in changed:
        print(f"{path}: {'differs from the report' if options.check else 'written'}")
        if not options.check:
            path.write_text(found[path][1], encoding="utf-8")
    return int(options.check and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
