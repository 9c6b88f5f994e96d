"""From the configuration to a light: the one place that knows all drivers."""

from device.lights.base import Light
from device.lights.gpio import GpioLight
from device.lights.simulated import SimulatedLight
from device.settings import LightSettings


def make_light(settings: LightSettings) -> Light:
    """The light that the settings name; not entered yet.

    Raises:
        LightFailed: it cannot be had.
    """
    if settings.driver == "gpio":
        return GpioLight(settings.chip, settings.line, active_low=settings.active_low)
    return SimulatedLight()
