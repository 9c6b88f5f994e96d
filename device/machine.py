"""What the machine says of itself: space left and temperature."""

import shutil
from pathlib import Path

THERMAL = Path("/sys/class/thermal")


def free_mb(folder: Path) -> float:
    """Megabytes (10^6 bytes) that are free for this process where the folder is. `OSError`: it is not there."""
    return shutil.disk_usage(folder).free / 1e6


def hottest(folder: Path = THERMAL) -> float | None:
    """Degrees Celsius of the hottest sensor; None where none can be read."""
    return max((found for zone in folder.glob("thermal_zone*/temp") if (found := _degrees(zone)) is not None), default=None)


def _degrees(file: Path) -> float | None:
    try:
        return int(file.read_text(encoding="ascii")) / 1000
    except (OSError, ValueError):
        return None
