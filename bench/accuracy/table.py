"""The accuracy report as tables for the terminal, targets beside what was reached. Nothing is computed here."""

from typing import Any

from rich.console import Console
from rich.table import Table

from bench.accuracy import targets

Report = dict[str, Any]
_MARKS = {True: "[green]reached[/]", False: "[red]not reached[/]", None: ""}


def show(report: Report, console: Console) -> None:
    """One column a network where networks are compared."""
    reports = report["networks"]
    _targets(report, console)
    _lfw(reports, console)
    _averages(reports, console)
    for network in reports:
        _groups(network, console)


def percent(value: float) -> str:
    """Two digits."""
    return f"{100 * value:.2f} %"


def _rate(rate: Report | None) -> str:
    if rate is None:
        return "-"
    low, high = rate["interval95"]
    return f"{percent(rate['value'])} [{100 * low:.2f}, {100 * high:.2f}] ({rate['events']}/{rate['trials']})"


def _small(rate: Report | None) -> str:
    """A rate far below a hundredth."""
    if rate is None:
        return "-"
    low, high = rate["interval95"]
    return f"{rate['value']:.1e} \\[{low:.1e}, {high:.1e}] ({rate['events']}/{rate['trials']})"


def title(network: Report) -> str:
    """The network and what it is here."""
    return f"{network['model']} ({network['role']})"


def _targets(report: Report, console: Console) -> None:
    table = Table("", "to reach", *map(title, report["networks"]), "", title="Measured against what was to be reached")
    for row in report["targets"]:
        cells = (targets.text(row["values"][network["model"]], row["unit"]) for network in report["networks"])
        table.add_row(row["what"], row["reach"], *cells, _MARKS[row["met"]])
    console.print(table)
    if report["covering_targets"]:
        covering = Table("", "to reach", "covering network", "", title="Covered faces (covering.json has more)")
        for row in report["covering_targets"]:
            covering.add_row(row["what"], row["reach"], targets.text(row["value"], row["unit"]), _MARKS[row["met"]])
        console.print(covering)


def _lfw(reports: list[Report], console: Console) -> None:
    table = Table("", *map(title, reports), title="LFW, one photo each side, face and mirror image")
    table.add_row("failure to enrol", *(_rate(report["lfw"]["fte"]) for report in reports))
    for fmr in reports[0]["lfw"]["verification"]["at_fmr"]:
        rows = [report["lfw"]["verification"]["at_fmr"][fmr] for report in reports]
        table.add_row(f"TMR at FMR {fmr}", *(f"{percent(row['tmr'])}  (cosine ≥ {row['threshold']:.3f})" for row in rows))
    shipped = [report["lfw"].get("confidence_0.65") for report in reports]
    table.add_row("TMR at confidence .65", *(_at_cosine(row) for row in shipped))
    table.add_row("FMR at confidence .65", *(_small(row and row["fmr"]) for row in shipped))
    for fpir in ("1e-02", "1e-03", "confidence_0.65"):
        found = [report["lfw"]["identification"]["at_fpir"].get(fpir) for report in reports]
        table.add_row(f"1:N FNIR at {fpir.replace('_', ' ')}", *(_rate(row and row["fnir"]) for row in found))
    if all("sessions" in report for report in reports):
        own = [report["sessions"]["verification"]["at_fmr"]["1e-03"] for report in reports]
        table.add_row("webcam sessions, TMR at own FMR 1e-3", *(percent(row["tmr"]) for row in own))
        at = [report["sessions"].get("confidence_0.65") for report in reports]
        table.add_row("the same at .65", *(_at_cosine(row) for row in at))
        table.add_row("the same, FMR at .65", *(_small(row and row["fmr"]) for row in at))
    console.print(table)


def _at_cosine(row: Report | None) -> str:
    return f"{percent(row['tmr'])}  (cosine ≥ {row['cosine']:.3f})" if row else "-"


def _averages(reports: list[Report], console: Console) -> None:
    for report in reports:
        heading = f"{title(report)}: photos averaged at enrolment, and as probe (independent photos of LFW)"
        table = Table("enrolled", "probe", "people", "TMR at 1e-3", "at 1e-4", "FNIR at FPIR 1e-2", "at 1e-3", title=heading)
        for row in report["lfw"]["averaged"]:
            found = row["identification"]
            table.add_row(
                str(row["enrolled"]),
                str(row["probed"]),
                str(found["gallery"]),
                percent(row["verification"]["at_fmr"]["1e-03"]["tmr"]),
                percent(row["verification"]["at_fmr"]["1e-04"]["tmr"]),
                _rate(found["at_fpir"]["1e-02"]["fnir"]),
                _rate(found["at_fpir"]["1e-03"]["fnir"]),
            )
        console.print(table)


def _groups(report: Report, console: Console) -> None:
    for key, heading in (("groups", "confidence .65"), ("groups_at_own_worst", "its worst All-Age-Faces group's 1e-3")):
        if key not in report:
            continue
        table = Table("group", "photos", "FMR within it", "by people", title=f"{title(report)} at {heading}, worst group first")
        for row in report[key]:
            low, high = row["bootstrap95"]
            people = f"\\[{low:.1e}, {high:.1e}]" if row["fmr"]["events"] else ""
            table.add_row(row["group"], str(row["photos"]), _small(row["fmr"]), people)
        console.print(table)
