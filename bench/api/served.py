"""A device made anew and served as a user would serve it, with limits out of the way by configuration. Nothing is timed here."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.frames import CLIP, evaluation_folder
from bench.kiosk_run import Running, device, kioskctl, running

Settings = Mapping[str, Mapping[str, Any]]

REALM = "bench"
GRANTS = ("enroll", "authenticate", "read_events", "waive_liveness")
PROGRAM = ("provisioning", "run")

WIDE: Settings = {
    "camera": {"loop": True},
    "limits": {
        "client_rate": 100_000,
        "client_burst": 100_000,
        "address_rate": 100_000,
        "address_burst": 100_000,
        "message_rate": 10_000,
        "message_burst": 10_000,
    },
    "session": {"client_sessions": 10_000},
}
"""What one client that stands for many needs."""

ENDLESS: Settings = {
    "session": {"session_active_s": 3600, "face_min_liveness_blinks": 20, "face_min_liveness_frames": 1000},
}
"""Sessions that judge frames and come to no decision while they are measured."""


@dataclass(slots=True)
class Device:
    """A device with one client, not necessarily running."""

    config: Path
    address: str
    api_key: str

    @contextmanager
    def run(self) -> Iterator[Running]:
        """The kiosk, from its first judged frame on, on a clip of a person (or the demo, where the clips are absent)."""
        with running(self.config, camera(), PROGRAM) as kiosk:
            kiosk.wait_for(r"^ready after")
            yield kiosk


@contextmanager
def made(*settings: Settings) -> Iterator[Device]:
    """A new device in a temporary folder, on a free port, with these settings and a client that may do everything."""
    with device() as config:
        port = free_port()
        config.write_text(toml(merged(*settings, {"listen": {"port": port}})), encoding="utf-8")
        grants = [word for grant in GRANTS for word in ("--grant", grant)]
        added = json.loads(kioskctl(config, "client", "add", "bench", "--realm", REALM, *grants, "--json"))
        yield Device(config, f"http://127.0.0.1:{port}", added["api_key"])


def camera() -> str:
    """What the local camera replays."""
    clip = evaluation_folder() / "video" / CLIP
    return str(clip) if clip.is_file() else "demo"


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def merged(*settings: Settings) -> dict[str, dict[str, Any]]:
    """Settings by section, later ones over earlier ones."""
    found: dict[str, dict[str, Any]] = {}
    for each in settings:
        for section, values in each.items():
            found.setdefault(section, {}).update(values)
    return found


def toml(settings: Settings) -> str:
    """Numbers and truths by section, as the configuration file has them."""
    sections = (
        "\n".join([f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())])
        for name, values in settings.items()
    )
    return "\n\n".join(sections) + "\n"


def vision(kiosk: Running, instance: str) -> psutil.Process | None:
    """A vision instance's process; None while it does not run."""
    for child in psutil.Process(kiosk.process.pid).children(recursive=True):
        words = child.cmdline()
        if "inference.vision" in words and words[words.index("inference.vision") + 1] == instance:
            return child
    return None
