"""What the machine says of itself: space left."""

import shutil
from pathlib import Path


def free_mb(folder: Path) -> float | None:
    """Megabytes (10^6 bytes) that are free for this process where the folder is; None: it is gone, or its disk is."""
    try:
        return shutil.disk_usage(folder).free / 1e6
    except OSError:
        return None
