"""The accuracy report as tables for the terminal, targets beside what was reached. Nothing is computed here."""

from typing import Any

from rich.console import Console
from rich.table import Table

Report = dict[str, Any]


def show(reports: list[Report], console: Console) -> None:
    """One column a network."""
    _lfw(reports, console)
    _averages(reports, console)
    for report in reports:
        if "groups" in report:
            _groups(report, console)


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def _rate(rate: Report) -> str:
    low, high = rate["interval95"]
    return f"{_percent(rate['value'])} [{100 * low:.2f}, {100 * high:.2f}] ({rate['events']}/{rate['trials']})"


def _lfw(reports: list[Report], console: Console) -> None:
    table = Table("", *(report["model"] for report in reports), title="LFW, one photo each side, face and mirror image")
    table.add_row("failure to enrol", *(_rate(report["lfw"]["fte"]) for report in reports))
    for fmr in reports[0]["lfw"]["verification"]["at_fmr"]:
        rows = [report["lfw"]["verification"]["at_fmr"][fmr] for report in reports]
        table.add_row(f"TMR at FMR {fmr}", *(f"{_percent(row['tmr'])}  (cosine ≥ {row['threshold']:.3f})" for row in rows))
    shipped = [report["lfw"]["confidence_0.65"] for report in reports]
    table.add_row("TMR at confidence .65", *(f"{_percent(row['tmr'])}  (cosine ≥ {row['cosine']:.3f})" for row in shipped))
    table.add_row("FMR at confidence .65", *(_rate(row["fmr"]) for row in shipped))
    for fpir in ("1e-02", "1e-03", "confidence_0.65"):
        rows = [report["lfw"]["identification"]["at_fpir"][fpir]["fnir"] for report in reports]
        table.add_row(f"1:N FNIR at {fpir.replace('_', ' ')}", *(_rate(row) for row in rows))
    if all("sessions" in report for report in reports):
        rows = [report["sessions"]["verification"]["at_fmr"]["1e-03"] for report in reports]
        table.add_row("webcam sessions, TMR at own FMR 1e-3", *(_percent(row["tmr"]) for row in rows))
        table.add_row("the same, TMR at .65", *(_percent(report["sessions"]["confidence_0.65"]["tmr"]) for report in reports))
        table.add_row("the same, FMR at .65", *(_rate(report["sessions"]["confidence_0.65"]["fmr"]) for report in reports))
    console.print(table)


def _averages(reports: list[Report], console: Console) -> None:
    for report in reports:
        title = f"{report['model']}: photos averaged at enrolment, and as probe (independent photos of LFW)"
        table = Table("enrolled", "probe", "people", "TMR at 1e-3", "at 1e-4", "FNIR at FPIR 1e-2", "at 1e-3", title=title)
        for row in report["lfw"]["averaged"]:
            found = row["identification"]
            table.add_row(
                str(row["enrolled"]),
                str(row["probed"]),
                str(found["gallery"]),
                _percent(row["verification"]["at_fmr"]["1e-03"]["tmr"]),
                _percent(row["verification"]["at_fmr"]["1e-04"]["tmr"]),
                _rate(found["at_fpir"]["1e-02"]["fnir"]),
                _rate(found["at_fpir"]["1e-03"]["fnir"]),
            )
        console.print(table)


def _groups(report: Report, console: Console) -> None:
    table = Table("group", "FMR within it at confidence .65", title=f"{report['model']}: worst group first")
    for row in report["groups"]:
        table.add_row(row["group"], _rate(row["fmr"]))
    console.print(table)
