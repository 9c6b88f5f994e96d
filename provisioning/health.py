"""`kioskctl health`: one look at everything that can be wrong, and an answer for an updater."""

from typing import Annotated

import typer

from device.health_report import HealthQuery, HealthReport, refusal
from provisioning.link import question
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import FAILED, Output


def health(
    gate: Annotated[
        bool, typer.Option("--gate", help="End with 1 unless the device is ready, looked through, and has been so for a while.")
    ] = False,
    steady: Annotated[float, typer.Option("--steady", metavar="SECONDS", min=0, help="For how long, with --gate.")] = 60.0,
    patience: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=1, help="How long the kiosk may take to answer.")
    ] = 15.0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the running kiosk's health: what is wrong, and the numbers behind it.

    With --gate it is an updater's last step: only where it ends with 0 is the new version marked good. A device that is only
    degraded (the time is not known, the disk is filling up) passes.

    Example: kioskctl health --gate --steady 120
    """

    def code(report: HealthReport) -> int:
        return FAILED if gate and refusal(report, steady) else 0

    def show(report: HealthReport, out: Output) -> None:
        _show(report, out)
        if gate and (why := refusal(report, steady)):
            out.errors.print(f"kioskctl: {why}", markup=False, style="red")

    question(Common(config, as_json), HealthQuery(), HealthReport, show, code=code, patience_s=patience)


def _show(report: HealthReport, out: Output) -> None:
    out.say(f"{report.status.replace('_', ' ')}, without a break for {report.steady_s:.0f} s")
    out.table(("component", "says"), [(name, said or "ok") for name, said in report.checks.items()])
    out.say(f"camera       {_number(report.camera_fps, 'captures a second')}, last seen {_number(report.vision_age_s, 's ago')}")
    out.say(f"looked at    store and models {_number(report.checked_s, 's ago')}")
    out.say(f"disk         {_number(report.disk_free_mb, 'MB free')}")
    if report.temperature_c is not None:
        out.say(f"temperature  {report.temperature_c:.0f} °C")
    for name in report.models:
        out.say(f"model        {name}: {report.models[name] or 'as its manifest says'}")


def _number(value: float | None, unit: str) -> str:
    return "not known" if value is None else f"{value:g} {unit}"
