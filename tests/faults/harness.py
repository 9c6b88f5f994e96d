"""A kiosk under faults, from outside: it is started, faults are injected one after another, and how it comes back is timed.

In front of its camera is, all the time, a photo of the one person enrolled: a door that opens has opened by mistake.
"""

import asyncio
import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import psutil

from camera.frame import boot_time
from device.admin import AdminConnection
from device.client_commands import ClientAdd
from device.command import OperationRefused
from device.config import Config, load_config
from device.setup import create
from tests.faults.looks import Looks

ROOT = Path(__file__).resolve().parents[2]
BACK_S = 10.0
"""Seconds within which frames have to be back."""
GIVE_UP_S = 90.0
"""Seconds after which it counts as gone for good; on a machine busy with other things a start alone takes a minute."""
STARTED = 3
"""Observations after which vision counts as back, and the next fault comes."""
STOPPED_S = 1.5
"""A tick of 0.1 s that takes as long as this: the harness itself, and so its kiosk, was stopped from outside."""
SETTINGS = """
[paths]
data_dir = "{data}"
[listen]
port = 0
[camera]
source = "replay"
path = "{photo}"
loop = true
fps = 20
[watch]
backoff_s = 0.1
backoff_max_s = 0.1
[kiosk]
visit_timeout_s = 3
cooldown_s = 0
cooldown_max_s = 0
result_s = 0.5
"""


class Stopped(Exception):
    """This program was stopped for a while, and its kiosk with it; whoever goes on after that is not what was injected."""


@dataclass
class Disk:
    """The data's disk: a tmpfs of its own where that may be mounted; else a limit on the size of files stands for a full one."""

    folder: Path
    mounted: bool = False
    pid: int = 0

    def __enter__(self) -> "Disk":
        self.folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", self.folder], capture_output=True, check=False)
        self.mounted = done.returncode == 0
        return self

    def __exit__(self, *_: object) -> None:
        if self.mounted:
            subprocess.run(["umount", self.folder], check=True)

    def fill(self) -> None:
        """Leave no byte."""
        if not self.mounted:
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            return
        with (self.folder / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(4096))

    def free(self) -> None:
        """There is room again."""
        if not self.mounted:
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        else:
            (self.folder / "ballast").unlink()


@dataclass
class Kiosk:
    """A running kiosk, and what it has told."""

    folder: Path
    config: Config
    disk: Disk
    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)
    seen_at: float = 0.0
    seen_pid: int = 0
    count: int = 0
    """Observations of the vision that is connected."""
    stops: int = 0
    """Times that this program itself was stopped; what was timed meanwhile says nothing."""

    looks: Looks = field(default_factory=lambda: Looks(""))
    stops_before: int | None = None
    """As many as there were before the fault at hand; None: there is none."""

    def tick(self) -> None:
        """Notice stops, until control is gone."""
        while self.process.poll() is None:
            before = time.monotonic()
            time.sleep(0.1)
            self.stops += time.monotonic() - before > STOPPED_S

    def read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if seen := re.match(r"seen (\S+) (\d+) (\d+)", line):
                pid = int(seen[2])
                self.count = self.count + 1 if pid == self.seen_pid else 1
                self.seen_at, self.seen_pid = float(seen[1]), pid
            else:
                self.lines.append(line.strip())

    def unstopped(self) -> None:
        """Raise `Stopped` where this program was stopped during the fault at hand."""
        if self.stops_before is not None and self.stops != self.stops_before:
            raise Stopped

    def back(self, since: float, after: int) -> float:
        """Wait until vision sees again, a new process if `after` is one; seconds from `since`."""
        self.until(lambda: self.seen_at > since and self.seen_pid != after and self.count >= 1)
        return self.seen_at - since

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + GIVE_UP_S
        while not holds():
            assert self.process.poll() is None, "control is gone: " + "\n".join(self.lines[-5:])
            self.unstopped()
            assert time.monotonic() < deadline, f"not back within {GIVE_UP_S} s: {self.lines[-5:]}"
            time.sleep(0.01)

    def settle(self) -> None:
        """Wait until the vision there is has seen a few frames."""
        pid, before = self.seen_pid, self.count
        self.until(lambda: self.seen_pid != pid or self.count >= before + STARTED)

    def vision(self) -> int:
        """The process id of vision itself, behind its leash."""
        return next(each.pid for each in psutil.Process(self.process.pid).children() if "camera" in each.cmdline())

    def ask(self, fault: str) -> float:
        """Ask for a fault and wait until it is taken; when that was."""
        before = self.taken()
        (self.folder / "faults" / fault).touch()
        self.until(lambda: len(self.taken()) > len(before))
        return float(self.taken()[-1].split()[1])

    def taken(self) -> list[str]:
        file = self.folder / "faults" / "taken"
        return file.read_text().splitlines() if file.exists() else []

    def write(self, name: str) -> str:
        """Have control write a row; empty, or the code of what stood against it."""

        async def add() -> str:
            try:
                async for _ in AdminConnection(self.config.admin_socket).perform(ClientAdd(name=name, realm="faults")):
                    pass
            except OperationRefused as error:
                return error.code
            return ""

        return asyncio.run(add())

    def address(self) -> str:
        """Where it serves; empty while that is not known."""
        found = re.search(r"(http://127\.0\.0\.1:\d+)/kiosk/", "\n".join(self.lines))
        return found[1] if found else ""

    def opened(self) -> list[str]:
        """Lines by which somebody was let in."""
        return [line for line in self.lines if line.startswith("granted")]


@contextmanager
def kiosk(folder: Path) -> Iterator[Kiosk]:
    """A kiosk in a folder of its own, on a photo of the person enrolled."""
    photo = folder / "photo.jpg"
    shutil.copy(files("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg", photo)  # type: ignore[arg-type]
    (folder / "faults").mkdir()
    with Disk(folder / "disk") as disk:
        file = folder / "facekiosk.toml"
        create(file, SETTINGS.format(data=disk.folder / "data", photo=photo))
        command = [sys.executable, "-m", "provisioning", "enroll", "grace", str(photo), "--config", str(file)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
        with (folder / "stderr").open("w") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.control", str(folder / "faults"), "--config", str(file)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        disk.pid = process.pid
        running = Kiosk(folder, load_config(file), disk, process)
        reader = threading.Thread(target=running.read, daemon=True)
        reader.start()
        threading.Thread(target=running.tick, daemon=True).start()
        over = threading.Event()
        try:
            running.until(lambda: running.count >= STARTED and running.address() != "")
            running.looks.address = running.address()
            threading.Thread(target=running.looks.run, args=(over,), daemon=True).start()
            yield running
        finally:
            over.set()
            process.terminate()
            process.wait(20)
            reader.join(5)
            if process.stdout:
                process.stdout.close()


def timed(running: Kiosk, kind: str, number: int = 0) -> float:
    """One fault; seconds until it is over, of a fault during which this program was not itself stopped."""
    while True:
        running.stops_before = running.stops
        with contextlib.suppress(Stopped):
            seconds = inject(running, kind, number)
            running.unstopped()
            return seconds


def inject(running: Kiosk, kind: str, number: int = 0) -> float:
    """One fault; seconds until frames are back, or, of the store's faults, until a row can be written again."""
    running.settle()
    pid = running.seen_pid
    match kind:
        case "sigkill" | "sigstop":
            since = boot_time()
            os.kill(running.vision(), signal.SIGKILL if kind == "sigkill" else signal.SIGSTOP)
            return running.back(since, pid)
        case "exception-preview":
            with watching(running):
                return running.back(running.ask(kind), pid)
        case "exception-send" | "exception-session":
            # What cannot be sent is lost, or the visit is; what comes next is seen: vision stays.
            return running.back(running.ask(kind), 0)
        case "corrupt":
            return running.back(running.ask(kind) + CORRUPT_S, 0)
        case "full":
            return full(running, number)
        case "busy" | "stall":
            return stopped_store(running, kind, number)
        case _:
            return running.back(running.ask(kind), pid)


CORRUPT_S = 0.5
"""Seconds after which the corrupt frames of a fault have been handed out."""


def full(running: Kiosk, number: int) -> float:
    """No byte is left; what is asked to be written is refused, and written once there is room."""
    running.disk.fill()
    said = [running.write(f"full-{number}-{each}") for each in range(3)]
    since = boot_time()
    running.disk.free()
    assert said[-1] in ("store_full", "store_error"), said
    return written(running, f"free-{number}", since)


def stopped_store(running: Kiosk, kind: str, number: int) -> float:
    """Somebody else has the store, or its thread is stuck; what is asked waits, or is refused, and nothing stays broken."""
    (running.folder / "faults" / kind).touch()
    since = boot_time()
    first = running.write(f"{kind}-{number}")
    assert first in (("store_locked",) if kind == "busy" else ("",)), first
    return written(running, f"{kind}-{number}-after", since)


def written(running: Kiosk, name: str, since: float) -> float:
    deadline = time.monotonic() + GIVE_UP_S
    while code := running.write(f"{name}-{time.monotonic_ns()}"):
        assert time.monotonic() < deadline, code
        time.sleep(0.05)
    running.back(since, 0)
    return boot_time() - since


@contextmanager
def watching(running: Kiosk) -> Iterator[None]:
    """Somebody looks at the kiosk's page, so that previews are made."""
    import http.client

    port = int(next(found[1] for line in running.lines if (found := re.search(r":(\d+)/kiosk/", line))))
    page = http.client.HTTPConnection("127.0.0.1", port)
    key = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    page.request("GET", "/kiosk/live", headers=key)
    try:
        yield
    finally:
        page.close()
