"""One look at the device's health, as a value: the checks behind `/readyz`, the numbers behind them, since when it is well."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from api.services import severity
from device.command import Command, Reply

Status = Literal["ready", "degraded", "not_ready"]


class HealthQuery(Command, frozen=True):
    """How healthy the device is. Answered by `HealthReport`."""


class HealthReport(Reply, frozen=True, kw_only=True):
    """The device's health, now."""

    status: Status
    steady_s: float
    """For how long it has been ready, or degraded, without a break."""
    checks: Mapping[str, str]
    """Component → what is wrong with it, empty where nothing is."""
    camera_fps: float | None = None
    """Captures a second of late; null: not known yet, or no camera."""
    vision_age_s: float | None = None
    """Seconds since the camera's last observation; null: no camera."""
    checked_s: float | None = None
    """Seconds since store and models were looked through; null: not yet."""
    disk_free_mb: float | None
    """Megabytes left where the data is; null: the folder is gone."""
    temperature_c: float | None = None
    """Of the hottest sensor; null: none can be read."""
    time_trusted: bool
    models: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Id of each model in use → what is wrong with its file, empty where nothing is."""


def status_of(checks: Mapping[str, str]) -> Status:
    """What the checks come to."""
    found = {severity(name, said) for name, said in checks.items()}
    return "not_ready" if "failed" in found else "degraded" if "degraded" in found else "ready"


def refusal(report: HealthReport, steady_s: float) -> str:
    """Why an updater must not mark this version good yet; empty: it may."""
    if report.status == "not_ready":
        wrong = "; ".join(f"{name}: {said}" for name, said in report.checks.items() if severity(name, said) == "failed")
        return f"the device is not ready: {wrong}"
    if report.checked_s is None:
        return "store and models are not looked through yet"
    if report.steady_s < steady_s:
        return f"the device has been well for {report.steady_s:.0f} s only, not for {steady_s:g} s"
    return ""
