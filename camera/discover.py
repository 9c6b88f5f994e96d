"""Which V4L2 devices this machine has, from /dev and /sys alone. No device is opened here."""

from dataclasses import dataclass
from pathlib import Path

DEV = Path("/dev")
SYS = Path("/sys")

JETSON = Path("/etc/nv_tegra_release")
"""What a Jetson has, and nothing else."""

VIRTUAL_DRIVERS = frozenset({"vivid", "vimc", "vim2m", "visl", "v4l2loopback", "akvcam"})
"""Drivers that make their pictures up, or pass on those of a program."""


@dataclass(frozen=True, slots=True)
class VideoDevice:
    """A V4L2 node: its path, the path that survives re-plugging (or the same), its name, and whether software makes it."""

    node: Path
    stable: Path
    label: str
    virtual: bool


def video_nodes(dev: Path = DEV) -> frozenset[str]:
    """Names of the V4L2 nodes there are: what changes when a camera is plugged in or out."""
    return frozenset(node.name for node in dev.glob("video*"))


def video_devices(dev: Path = DEV, sys: Path = SYS) -> list[VideoDevice]:
    """All V4L2 nodes: physical ones first, then by number. Not each of them captures: many cameras have a metadata node too."""
    nodes = sorted((node for node in dev.glob("video*") if node.name[5:].isdigit()), key=lambda node: int(node.name[5:]))
    stable = {link.resolve(): link for link in sorted((dev / "v4l" / "by-id").glob("*"))}
    found = [VideoDevice(node, stable.get(node.resolve(), node), label(node, sys), is_virtual(node, sys)) for node in nodes]
    return sorted(found, key=lambda device: device.virtual)


def stable_path(node: Path, dev: Path = DEV) -> Path:
    """The path of a device that survives re-plugging, where the kernel's rules gave it one; else the path as it is."""
    links = sorted((dev / "v4l" / "by-id").glob("*"))
    return next((link for link in links if node.exists() and link.resolve() == node.resolve()), node)


def label(node: Path, sys: Path = SYS) -> str:
    """The name the driver gives the device, or the node's own name where it gives none."""
    try:
        return (sys / "class/video4linux" / node.name / "name").read_text().strip() or node.name
    except OSError:
        return node.name


def is_virtual(node: Path, sys: Path = SYS) -> bool:
    """Whether software makes the pictures of this device (v4l2loopback, vivid …), or nothing is known of it.

    Loopback devices have no parent and live below /sys/devices/virtual; test drivers have a parent, but their own name on it.
    """
    entry = sys / "class/video4linux" / node.resolve().name
    if not entry.exists():
        return True
    place = entry.resolve()
    driver = (place / "device" / "driver").resolve().name
    return "virtual" in place.relative_to(sys.resolve()).parts or driver in VIRTUAL_DRIVERS


def summary(devices: list[VideoDevice]) -> str:
    """What is there, in words, for the messages of errors."""
    if not devices:
        return "no V4L2 device is there"
    return "there is " + ", ".join(f"{device.stable} ({device.label})" for device in devices)
