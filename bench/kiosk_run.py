"""The kiosk as a user would start it, timed from outside: start to ready, memory, and eyes open again to the pulse."""

import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil

from bench.frames import evaluation_folder
from camera.frame import boot_time

APP = ("device.app",)
CLIP = "live_blinks_portrait.mp4"
STARTS = 3
_LIMIT_S = 60.0
_PHOTOS = 5
_AWAY_S = 4.0
"""Between two showings: a visit begins anew only when the person has gone."""
DECISIONS = 5
"""That are timed; the one before them may come before the watching has begun."""


@contextmanager
def device() -> Iterator[Path]:
    """A new device in a temporary folder; gives its configuration file."""
    with tempfile.TemporaryDirectory(prefix="facekiosk-bench-") as folder:
        config = Path(folder) / "facekiosk.toml"
        kioskctl(config, "init", "--yes")
        text = config.read_text(encoding="utf-8")
        config.write_text(re.sub(r"(?m)^#?\s*port = \d+", "port = 0", text), encoding="utf-8")
        yield config


def kioskctl(config: Path, *arguments: str) -> str:
    """Run a command to its end; raises where it fails."""
    command = [sys.executable, "-m", "provisioning", *arguments, "--config", str(config)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=_LIMIT_S).stdout


class Running:
    """A kiosk under way, and the lines that it printed with the boot time of their arrival."""

    def __init__(self, config: Path, camera: str, program: Sequence[str] = APP) -> None:
        command = [sys.executable, "-m", *program, "--config", str(config), "--camera", camera]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.lines: list[tuple[float, str]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        for line in self.process.stdout:
            self.lines.append((boot_time(), line.strip()))

    def wait_for(self, pattern: str) -> tuple[float, re.Match[str]]:
        """When the first line that matches arrived, and the match.

        Raises:
            TimeoutError: no such line within a minute, or before the kiosk ended.
        """
        deadline = time.monotonic() + _LIMIT_S
        while time.monotonic() < deadline and self._reader.is_alive():
            for at, line in list(self.lines):
                if match := re.search(pattern, line):
                    return at, match
            time.sleep(0.005)
        raise TimeoutError(f"the kiosk printed nothing like {pattern!r}: {[line for _, line in self.lines]}")

    def times_of(self, pattern: str, count: int) -> list[float]:
        """When the first `count` lines that match arrived.

        Raises:
            TimeoutError: a minute passed without another one.
        """
        deadline, before = time.monotonic() + _LIMIT_S, 0
        while time.monotonic() < deadline:
            times = [at for at, line in list(self.lines) if re.search(pattern, line)]
            if len(times) >= count:
                time.sleep(0.5)
                return times[:count]
            if len(times) > before:
                deadline, before = time.monotonic() + _LIMIT_S, len(times)
            time.sleep(0.005)
        raise TimeoutError(f"{before} of {count} lines like {pattern!r}: {[line for _, line in self.lines]}")

    def resident_mb(self) -> dict[str, float]:
        """Resident memory of control and of each vision instance, 10^6 bytes."""
        own = psutil.Process(self.process.pid)
        found = {"control": own.memory_info().rss / 1e6}
        for child in own.children(recursive=True):
            words = child.cmdline()
            if "inference.vision" in words:
                found[f"vision@{words[words.index('inference.vision') + 1]}"] = child.memory_info().rss / 1e6
        return found

    def stop(self) -> None:
        """Ask it to stop, and wait."""
        self.process.terminate()
        self.process.wait(timeout=20)


@contextmanager
def running(config: Path, camera: str, program: Sequence[str] = APP) -> Iterator[Running]:
    """A kiosk on a source, stopped at the end."""
    kiosk = Running(config, camera, program)
    try:
        yield kiosk
    finally:
        kiosk.stop()


def start() -> dict[str, Any]:
    """Seconds from the start of the process to its first judged frame, and memory after 20 s of the demo."""
    seconds: list[float] = []
    with device() as config:
        for number in range(STARTS):
            began = boot_time()
            with running(config, "demo") as kiosk:
                at, _ = kiosk.wait_for(r"^ready after")
                seconds.append(at - began)
                if number == STARTS - 1:
                    time.sleep(20)
                    resident = kiosk.resident_mb()
    return {"ready_s": round(statistics.median(seconds), 2), "starts_s": [round(s, 2) for s in seconds], "resident_mb": resident}


def look_to_decision() -> dict[str, Any]:
    """From the capture of the frame in which the eyes are open again after a blink to the granted line, the clip in real time.

    The person is enrolled from the clip's second half; the first half is shown, again and again.
    """
    clip = evaluation_folder() / "video" / CLIP
    if not clip.is_file():
        return {"skipped": "evaluation data absent"}
    with device() as config, tempfile.TemporaryDirectory() as folder:
        shown, photos = _halves(clip, Path(folder))
        kioskctl(config, "enroll", "subject", *map(str, photos))
        _loop(config)
        with running(config, str(shown)) as kiosk:
            kiosk.wait_for(r"^ready after")
            with watching(config) as seen:
                granted = kiosk.times_of(r"^granted ", DECISIONS + 1)[1:]
                sights = seen()
        seconds = [_since_blink(sights, at) for at in granted]
    return {"seconds": round(statistics.median(seconds), 3), "all_s": [round(s, 3) for s in seconds], "clip": CLIP}


def _since_blink(sights: list[dict[str, Any]], granted: float) -> float:
    """Seconds from the last frame before `granted` in which a blink was over."""
    pairs = itertools.pairwise(sight for sight in sights if sight["time"] < granted)
    ended: list[float] = [now["time"] for before, now in pairs if now["blinks"] > before["blinks"]]
    return granted - ended[-1]


def _halves(clip: Path, folder: Path) -> tuple[Path, list[Path]]:
    """The first half of the clip and then nobody, as a clip, and photos for enrolment from the second half."""
    video = cv2.VideoCapture(str(clip))
    count, fps = int(video.get(cv2.CAP_PROP_FRAME_COUNT)), video.get(cv2.CAP_PROP_FPS)
    frames = [image for read, image in (video.read() for _ in range(count)) if read]
    video.release()
    height, width = frames[0].shape[:2]
    shown = folder / "first-half.avi"
    writer = cv2.VideoWriter(str(shown), cv2.VideoWriter.fourcc(*"MJPG"), fps, (width, height))
    nobody = [np.zeros_like(frames[0])] * round(_AWAY_S * fps)
    for image in frames[: len(frames) // 2] + nobody:
        writer.write(image)
    writer.release()
    photos = []
    for number, image in enumerate(frames[len(frames) // 2 :: max(1, len(frames) // (2 * _PHOTOS))][:_PHOTOS]):
        photos.append(folder / f"{number}.jpg")
        cv2.imwrite(str(photos[-1]), image)
    return shown, photos


def _loop(config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    config.write_text(re.sub(r"(?m)^#?\s*loop = .*", "loop = true", text), encoding="utf-8")


@contextmanager
def watching(config: Path) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Watch what the kiosk's camera sees; gives what was seen so far."""
    command = [sys.executable, "-u", "-m", "provisioning", "watch", "--config", str(config), "--json"]
    seen: list[dict[str, Any]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:

        def read() -> None:
            seen.extend(json.loads(line) for line in process.stdout or ())

        threading.Thread(target=read, daemon=True).start()
        try:
            yield lambda: list(seen)
        finally:
            process.terminate()
