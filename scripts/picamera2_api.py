"""What picamera2's own source says of the interface that is used: `python -m scripts.picamera2_api` writes it down anew.

The source comes from the package index, pinned by hash in locks/hardware-check.txt, and is read, never imported: it needs
libcamera. The record is what the fast tests hold our double against; a system test holds the record against the source.
"""

import ast
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "locks" / "hardware-check.txt"
RECORD = ROOT / "tests" / "camera" / "picamera2_api.json"
USED = {
    "Picamera2": (
        "picamera2.py",
        (
            "global_camera_info",
            "__init__",
            "camera_controls",
            "camera_properties",
            "create_video_configuration",
            "configure",
            "camera_configuration",
            "start",
            "stop",
            "close",
            "capture_request",
            "wait",
            "cancel_all_and_flush",
            "set_controls",
        ),
    ),
    "CompletedRequest": ("request.py", ("make_array", "get_metadata", "release")),
}
"""Class → its file, and the methods and properties that are used."""


def signatures(source: str, name: str, methods: tuple[str, ...]) -> dict[str, str]:
    """Method → its parameters with defaults, and whether it is a property, of a class in a module's source.

    Raises:
        LookupError: the class or a method is not there.
    """
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == name]
    if not classes:
        raise LookupError(f"no class {name}")
    # Of overloads the last is the method itself.
    found = {node.name: node for node in classes[0].body if isinstance(node, ast.FunctionDef)}
    if missing := [method for method in methods if method not in found]:
        raise LookupError(f"{name} has no {', '.join(missing)}")
    return {method: _signature(found[method]) for method in methods}


def _signature(function: ast.FunctionDef) -> str:
    for argument in (*function.args.args, *function.args.kwonlyargs):
        argument.annotation = None
    kinds = [ast.unparse(each) for each in function.decorator_list if ast.unparse(each) in ("property", "staticmethod")]
    return " ".join([*kinds, f"({ast.unparse(function.args)})"])


def of_package(folder: Path) -> dict[str, dict[str, str]]:
    """The signatures of all that is used, of a picamera2 unpacked in a folder."""
    package = next(folder.glob("picamera2-*/picamera2"))
    return {
        name: signatures((package / file).read_text(encoding="utf-8"), name, methods) for name, (file, methods) in USED.items()
    }


def downloaded(folder: Path) -> dict[str, dict[str, str]]:
    """Fetch the pinned source and read it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
    command += ["--require-hashes", "--disable-pip-version-check", "--dest", str(folder), "--requirement", str(LOCK)]
    subprocess.run(command, check=True)
    with tarfile.open(next(folder.glob("picamera2-*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return of_package(folder)


def main() -> None:
    """Write the record anew."""
    with tempfile.TemporaryDirectory() as folder:
        RECORD.write_text(json.dumps(downloaded(Path(folder)), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
