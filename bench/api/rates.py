"""Frames judged a second over socket and REST, as ratios to the bare pipeline: in turn, on the same frames, round after round."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from bench.api.served import ENDLESS, WIDE, made, vision
from bench.api.traffic import WAYS, judged_frames
from bench.kiosk_run import Running

SESSIONS = (1, 8)
WARM_UP = 5
Say = Callable[[str], None]


class Bare:
    """The bare pipeline in its own process, asked by lines."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "bench.api.bare", str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def per_s(self, streams: int, seconds: float) -> float:
        """Images judged a second, of so many streams in turn."""
        asked, told = self.process.stdin, self.process.stdout
        assert asked is not None  # noqa: S101 - both were asked for
        assert told is not None  # noqa: S101
        asked.write(f"{streams} {seconds}\n")
        asked.flush()
        found = json.loads(told.readline())
        return float(found["frames"] / found["seconds"])

    def as_nice_as(self, process: psutil.Process) -> None:
        """Run at the same priority as another process."""
        psutil.Process(self.process.pid).nice(process.nice())


@contextmanager
def bare(images: Sequence[bytes]) -> Iterator[Bare]:
    """The bare pipeline's process, ended with the context."""
    with tempfile.TemporaryDirectory(prefix="facekiosk-bench-") as folder:
        for number, image in enumerate(images):
            (Path(folder) / f"{number:05}.jpg").write_bytes(image)
        made = Bare(Path(folder))
        try:
            yield made
        finally:
            made.process.kill()
            made.process.communicate()


async def measure(images: Sequence[bytes], seconds: float, rounds: int, say: Say) -> dict[str, Any]:
    """`rounds` rounds of every combination, `seconds` each; the medians of rates, and of the ratios within a round.

    The bare pipeline is measured anew beside the ways that are held against it: what else the machine does changes by the minute.
    """
    taken: dict[tuple[str, int], list[float]] = {(way, n): [] for n in SESSIONS for way in ("bare", *WAYS)}
    with made(WIDE, ENDLESS) as device, device.run() as kiosk, bare(images) as pipeline:
        await judged_frames(device, "socket", 1, images, 1.0, WARM_UP)
        pipeline.as_nice_as(_remote(kiosk))
        for round_number in range(rounds):
            for (way, sessions), found in taken.items():
                say(f"round {round_number + 1} of {rounds}: {way}, {sessions} session(s)")
                if way == "bare":
                    found.append(pipeline.per_s(sessions, seconds))
                else:
                    frames, took = await judged_frames(device, way, sessions, images, seconds, WARM_UP)
                    found.append(frames / took)
    return summary(taken)


def summary(taken: dict[tuple[str, int], list[float]]) -> dict[str, Any]:
    """Rates by way and number of sessions, as medians of the rounds; ratios are taken within each round."""
    found: dict[str, Any] = {}
    for (way, sessions), rates in taken.items():
        ratios = [rate / alone for rate, alone in zip(rates, taken["bare", sessions], strict=True)]
        told = {"per_s": round(median(rates), 2), "rounds": [round(rate, 2) for rate in rates]}
        ratio = {} if way == "bare" else {"ratio": round(median(ratios), 3), "ratios": [round(each, 3) for each in ratios]}
        found.setdefault(way, {})[str(sessions)] = told | ratio
    return found


def _remote(kiosk: Running) -> psutil.Process:
    found = vision(kiosk, "remote")
    if found is None:
        raise RuntimeError("vision@remote does not run, though a frame was judged")
    return found
