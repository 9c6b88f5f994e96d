"""The whole kiosk as real processes, for end-to-end tests."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import cv2
import pytest

from device.setup import create, plan

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
FILMED = 240
"""Frames of a clip that make a camera of it, ten seconds."""


class Running:
    """A program with its output, line by line."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.errors = folder / f"stderr-{time.monotonic_ns()}.txt"
        self.lines: list[str] = []
        self._came = threading.Condition()
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment()
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._came:
                self.lines.append(line.rstrip("\n"))
                self._came.notify_all()
        with self._came:
            self.lines.append("<end>")
            self._came.notify_all()

    def wait_for(self, pattern: str, seconds: float, after: int = 0) -> re.Match[str]:
        """The first line from number `after` on that the pattern fits."""
        until = time.monotonic() + seconds
        with self._came:
            while True:
                for line in self.lines[after:]:
                    if found := re.search(pattern, line):
                        return found
                left = until - time.monotonic()
                over = "<end>" in self.lines
                if over or not self._came.wait(max(left, 0)):
                    said = "\n".join(self.lines)
                    raise AssertionError(f"no line {pattern!r} within {seconds} s; it said:\n{said}\n{self.errors.read_text()}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it; its exit status."""
        self.process.send_signal(number)
        return self.wait(15)

    def wait(self, seconds: float) -> int:
        """Wait for its end; its exit status."""
        try:
            return self.process.wait(seconds)
        finally:
            self.process.kill()
            self.process.wait()
            self._reader.join()
            assert self.process.stdout
            self.process.stdout.close()


def environment() -> dict[str, str]:
    """The environment without what would change the configuration."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("FACE", "MAX_", "SESSION_"))}


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A newly made device on a port of its own: its configuration file."""
    file = tmp_path_factory.mktemp("device") / "facekiosk.toml"
    text, _ = plan(file)
    create(file, text.replace("# port = 8080", "port = 0"))
    return file


@pytest.fixture(scope="module")
def start(device: Path) -> Iterator[Callable[..., Running]]:
    """Starts programs; whatever still runs at the end is killed."""
    started: list[Running] = []

    def begin(*arguments: str) -> Running:
        started.append(Running(device.parent, *arguments))
        return started[-1]

    yield begin
    for program in started:
        if program.process.poll() is None:
            program.process.kill()
        program.wait(5)


def kioskctl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run kioskctl to its end."""
    command = [sys.executable, "-m", "provisioning", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env=environment())


@pytest.fixture(scope="session")
def ctl() -> Callable[..., subprocess.CompletedProcess[str]]:
    return kioskctl


@contextmanager
def chromium(*arguments: str) -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright, which is imported only where a browser is wanted."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM.exists(), f"{CHROMIUM} is missing: apt-get install chromium, or set CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=[*QUIET, *arguments])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def launch() -> Callable[..., AbstractContextManager[Any]]:
    return chromium


@pytest.fixture(scope="session")
def filmed(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of somebody who blinks and moves, as Chromium takes it for a camera: JPEGs one after another."""
    file = tmp_path_factory.mktemp("video") / "camera.mjpeg"
    clip = cv2.VideoCapture(str(clips / "live_blinks_portrait.mp4"))
    with file.open("wb") as out:
        for _ in range(FILMED):
            read, image = clip.read()
            if not read:
                break
            out.write(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
    clip.release()
    return file


@pytest.fixture(scope="session")
def as_camera(filmed: Path) -> tuple[str, ...]:
    """Chromium's arguments for the clip as its camera."""
    return ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={filmed}")


@pytest.fixture(scope="session")
def reports() -> Path:
    """Where pictures of the pages are kept, to be looked at."""
    folder = ROOT / "build" / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
