"""What gpiod says of the interface that the light uses: `python -m scripts.gpiod_api` writes it down anew.

The package comes from the package index, in the version and by the hashes of the `door` lock, and is imported in a process of its
own. The record is what the fast tests hold our double against; a system test holds the record against the package.
"""

import importlib
import inspect
import json
import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "locks" / f"door-cp{sys.version_info.major}{sys.version_info.minor}-{platform.machine()}.txt"
RECORD = ROOT / "tests" / "device" / "gpiod_api.json"
CALLED = ("request_lines", "LineSettings", "LineRequest.set_value", "LineRequest.release")
ENUMS = ("line.Value", "line.Direction")

Interface = dict[str, list[str]]


def interface(gpiod: ModuleType) -> Interface:
    """Of each callable the parameters in order, `=` behind those with a default; of each enumeration the members."""
    found: Interface = {}
    for name in CALLED:
        parameters = inspect.signature(_of(gpiod, name)).parameters.values()
        found[name] = [each.name + ("" if each.default is each.empty else "=") for each in parameters]
    return found | {name: [member.name for member in _of(gpiod, name)] for name in ENUMS}


def _of(module: object, dotted: str) -> type:
    for name in dotted.split("."):
        module = getattr(module, name)
    return module  # type: ignore[return-value]  # of a module that is not known here


def version(lock: Path = LOCK) -> str:
    """The pinned version."""
    pinned = next(line for line in lock.read_text(encoding="utf-8").splitlines() if line.startswith("gpiod=="))
    return pinned.removeprefix("gpiod==").rstrip(" \\")


def downloaded(folder: Path) -> Path:
    """Fetch the pinned package; a folder that it can be imported from."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("gpiod=="))
    end = next((number for number, line in enumerate(lines) if number > begin and not line.startswith(" ")), len(lines))
    wanted = folder / "gpiod.txt"
    wanted.write_text("\n".join(lines[begin:end]) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    command += ["--disable-pip-version-check", "--dest", str(folder), "--requirement", str(wanted)]
    subprocess.run(command, check=True)
    with zipfile.ZipFile(next(folder.glob("gpiod-*.whl"))) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def main() -> None:
    """Write the record anew, or print the interface of the gpiod in the folder that is given."""
    if len(sys.argv) > 1:
        sys.path.insert(0, sys.argv[1])
        print(json.dumps(interface(importlib.import_module("gpiod"))))
        return
    with tempfile.TemporaryDirectory() as folder:
        command = (sys.executable, "-m", "scripts.gpiod_api", str(downloaded(Path(folder))))
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    RECORD.write_text(json.dumps({"version": version()} | said, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
