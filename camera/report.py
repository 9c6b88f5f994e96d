"""What an installer asks of a camera: which there are, how well one delivers, and a picture. One line of JSON as the answer.

`python -m camera.report list | test | snapshot --settings JSON …`, a process of its own, so that who asks needs no image library.
Exit statuses: 0 answered; 1 the camera cannot be used, the reason on standard error.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from camera.discover import JETSON, video_devices
from camera.frame import Frame, boot_time
from camera.open import open_source
from camera.settings import CameraSettings
from camera.source import CameraEnded, CameraError, FrameSource
from camera.sources.v4l2_probe import pixel_formats

WARM_UP = 5
"""Frames before the measuring begins: a camera's own exposure settles first."""
DARK, BRIGHT = 12, 243
"""Grey values at and beyond which a pixel shows nothing."""


def found() -> list[dict[str, Any]]:
    """Every camera that can be seen without opening it for capturing, the demo last."""
    cameras: list[dict[str, Any]] = [*_of_the_pi(), *_of_the_jetson()]
    for device in video_devices():
        formats, problem = pixel_formats(device.node)
        if formats or problem:
            cameras.append(_camera("v4l2", str(device.stable), device.label, not device.virtual, formats, problem))
    return [*cameras, _camera("demo", "", "rendered people", live=False)]


def _camera(source: str, device: str, label: str, live: bool, formats: Sequence[str] = (), problem: str = "") -> dict[str, Any]:
    return {"source": source, "device": device, "label": label, "live": live, "formats": list(formats), "problem": problem}


def _of_the_pi() -> list[dict[str, Any]]:
    from camera.sources.picamera import SystemLibrary
    from camera.system_packages import is_installed

    if not is_installed("picamera2"):
        return []
    try:
        cameras = SystemLibrary().cameras()
    except CameraError as error:
        return [_camera("picamera2", "", "Raspberry Pi camera", live=True, problem=str(error))]
    return [_camera("picamera2", str(number), str(each.get("Model", "?")), live=True) for number, each in enumerate(cameras)]


def _of_the_jetson() -> list[dict[str, Any]]:
    return [_camera("argus", "0", "Jetson camera", live=True)] if JETSON.exists() else []


def measure(settings: CameraSettings, seconds: float, clock: Callable[[], float] = boot_time) -> dict[str, Any]:
    """Read for some seconds: rate, evenness and age of frames, light, and what the camera says of its exposure.

    Raises:
        CameraError: it cannot be used, or delivers no frame.
    """
    times: list[float] = []
    ages: list[float] = []
    numbers: list[int] = []
    with open_source(settings) as source:
        until = 0.0
        for number, frame in enumerate(_frames(source)):
            if number == WARM_UP:  # what ends before, such as a photo, is told by what it had
                times, ages, numbers = [], [], []
                until = clock() + seconds
            times.append(frame.time)
            ages.append(clock() - frame.time)
            numbers.append(frame.seq)
            if number >= WARM_UP and clock() >= until:
                break
        return {
            "source": source.name,
            "live": source.live,
            "pixel_format": getattr(source, "pixel_format", ""),
            **_shape(frame),
            **_rate(times, ages, numbers),
            **light(frame),
            **_exposure(source),
        }


def _frames(source: FrameSource) -> Iterator[Frame]:
    """The frames of a source to its end. `CameraEnded`: it has none."""
    yield source.read()
    with suppress(CameraEnded):
        while True:
            yield source.read()


def _warmed_up(source: FrameSource) -> Frame:
    """The last of the first few frames."""
    *_, frame = islice(_frames(source), WARM_UP)
    return frame


def _shape(frame: Frame) -> dict[str, Any]:
    height, width = frame.image.shape[:2]
    return {"width": width, "height": height}


def _rate(times: Sequence[float], ages: Sequence[float], numbers: Sequence[int]) -> dict[str, Any]:
    gaps = np.diff(times) if len(times) > 1 else np.array([np.nan])
    return {
        "frames": len(times),
        "lost": numbers[-1] - numbers[0] + 1 - len(numbers),
        "fps": _rounded(1.0 / float(gaps.mean()) if len(times) > 1 else None, 2),
        "interval_p95_ms": _rounded(float(np.percentile(gaps, 95)) * 1000 if len(times) > 1 else None, 1),
        "age_ms": _rounded(statistics.median(ages) * 1000, 1),
    }


def light(frame: Frame) -> dict[str, Any]:
    """Mean grey value 0..255 of the picture, and the shares of it that are black or white."""
    grey = cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY)
    black, white = float(np.mean(grey <= DARK)), float(np.mean(grey >= BRIGHT))
    return {"grey": _rounded(float(grey.mean()), 1), "black": _rounded(black, 3), "white": _rounded(white, 3)}


def _exposure(source: FrameSource) -> dict[str, Any]:
    told = source.controls.exposure()
    return {"exposure_us": told.time_us, "gain": told.gain}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def snapshot(settings: CameraSettings, file: Path) -> dict[str, Any]:
    """Write one picture, by the file's suffix; nobody but its owner may read it, as it may show somebody.

    Raises:
        CameraError: the camera cannot be used.
        OSError: the file cannot be written, or is there already.
        ValueError: pictures of that suffix cannot be written.
    """
    with open_source(settings) as source:
        frame, name = _warmed_up(source), source.name
    try:
        _, content = cv2.imencode(file.suffix.lower(), frame.image)
    except cv2.error as error:
        raise ValueError(f"{file}: no picture can be written as {file.suffix or 'nothing'}; use .jpg or .png") from error
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content.tobytes())
    return {"source": name, "file": str(file), **_shape(frame), **light(frame)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and answer; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m camera.report", description="Answers an installer about cameras.")
    parser.add_argument("question", choices=("list", "test", "snapshot"))
    parser.add_argument("--settings", default="{}", help="settings of the camera, as JSON")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long `test` reads")
    parser.add_argument("--file", type=Path, help="where `snapshot` writes")
    asked = parser.parse_args(arguments)
    settings = CameraSettings.model_validate_json(asked.settings)
    try:
        match asked.question:
            case "list":
                answer: object = found()
            case "test":
                answer = measure(settings, asked.seconds)
            case _:
                answer = snapshot(settings, asked.file)
    except (CameraError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # A driver that hangs must not hold up the end.
    os._exit(status)
