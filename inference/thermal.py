"""How warm the board is, and whether its firmware holds it back, from /sys alone: no program is run, no device opened."""

import contextlib
from pathlib import Path

import msgspec

SYS = Path("/sys")
ZONES = "class/thermal"

_BITS = {0: "under_voltage", 1: "frequency_capped", 2: "throttled", 3: "soft_temperature_limit"}
"""Bits of a Raspberry Pi's `get_throttled`, those that hold now (raspberrypi.com, documentation of vcgencmd)."""
THROTTLED = tuple(sorted(_BITS.values()))
"""All that a firmware may do about power and heat."""

_PLAUSIBLE = (-40.0, 150.0)


class Heat(msgspec.Struct, frozen=True):
    """What the board says of itself."""

    celsius: float | None = None
    """The warmest of its sensors; None where it has none."""
    throttled: tuple[str, ...] = ()
    """What the firmware does about power and heat now, sorted."""


def read_heat(sys: Path = SYS) -> Heat:
    """Read the sensors; what cannot be read is left out."""
    return Heat(hottest(sys / ZONES), tuple(sorted(_firmware(sys) | _supply(sys))))


def hottest(zones: Path = SYS / ZONES) -> float | None:
    """Degrees Celsius of the warmest sensor; None where none can be read."""
    return max((value for zone in zones.glob("thermal_zone*/temp") if (value := _celsius(zone)) is not None), default=None)


def _celsius(file: Path) -> float | None:
    try:
        value = int(file.read_text(encoding="ascii")) / 1000.0
    except (OSError, ValueError):
        return None
    # Zones that are switched off, and those of some Jetson rails, answer with numbers that are no temperature.
    return value if _PLAUSIBLE[0] < value < _PLAUSIBLE[1] else None


def _firmware(sys: Path) -> set[str]:
    found: set[str] = set()
    for file in sys.glob("devices/platform/soc*/soc*:firmware/get_throttled"):
        with contextlib.suppress(OSError, ValueError):
            bits = int(file.read_text(encoding="ascii"), 16)
            found |= {name for bit, name in _BITS.items() if bits >> bit & 1}
    return found


def _supply(sys: Path) -> set[str]:
    """The Pi's own alarm of too low a voltage, where the kernel has it as a sensor."""
    for sensor in sys.glob("class/hwmon/hwmon*"):
        with contextlib.suppress(OSError, ValueError):
            if (sensor / "name").read_text(encoding="ascii").strip() == "rpi_volt" and int(
                (sensor / "in0_lcrit_alarm").read_text(encoding="ascii")
            ):
                return {"under_voltage"}
    return set()
