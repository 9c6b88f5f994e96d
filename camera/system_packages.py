"""Python packages that only the system has, bound to its libraries: picamera2 with libcamera, PyGObject with GStreamer.

Our environment does not see the system's packages. They are added behind its own when one of them is needed, so that what is
locked is never replaced by what the system has.
"""

import importlib
import sys
import warnings
from pathlib import Path
from typing import Any

from camera.source import CameraAbsent

FOLDERS = (Path("/usr/lib/python3/dist-packages"), Path("/usr/local/lib/python3/dist-packages"))
"""Where Debian and its kin keep them."""


def system_module(name: str, package: str) -> Any:  # noqa: ANN401 - a module without types
    """Import a module, the system's where our environment has none; `package` is the Debian package that has it.

    Raises:
        CameraAbsent: it is not installed, or was built for another Python.
    """
    for folder in FOLDERS:
        if folder.is_dir() and str(folder) not in sys.path:
            sys.path.append(str(folder))
    try:
        with warnings.catch_warnings():
            # What an older package of the system does that Python will no longer want is not ours to mend.
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except (ImportError, ValueError) as error:  # ValueError: what gi says of a library without its description
        version = ".".join(map(str, sys.version_info[:2]))
        raise CameraAbsent(
            f"the module {name} is needed and cannot be imported ({error}); install the package {package} (for Python {version})"
        ) from error


def is_installed(name: str) -> bool:
    """Whether the system has a package of that name; nothing is imported."""
    return any((folder / name).is_dir() for folder in FOLDERS)
