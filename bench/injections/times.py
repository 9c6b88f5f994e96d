"""`python -m bench.injections.times`: from a face in range to the decision, for each policy, by the clock of the frames.

Clips for what asks for nothing, the demo's person for challenges. Processing, some tens of milliseconds a frame, is not in it;
`on_the_demo` can be asked to run in real time, with it.
"""

import argparse
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from api import session as rules
from api.feedback import instruction
from api.inquiry import Demands, Known
from api.records import SessionKind, SessionStatus
from api.session_state import Identify, Judge, Terms
from api.settings import SessionSettings
from bench.frames import evaluation_folder
from bench.injections.streams import CLIPS
from camera.frame import Frame, boot_time
from camera.settings import CameraSettings
from camera.sources import demo_script
from camera.sources.demo import DemoSource
from camera.sources.demo_script import Scene
from device.models import passive_bands
from inference.duty import Networks
from inference.liveness.passive import Bands
from inference.liveness.policy import POLICIES, Level, Policy
from inference.settings import ProcessSettings, VisionSettings

FPS = 15.0
GIVEN_S = 10.0
"""Seconds after which an honest person counts as refused, where nothing is asked."""
ASKED_S = 40.0
ACTIVE = replace(POLICIES[Level.STRICT], name="active", passive=False)
"""`strict` without the passive network, to which a rendered face means nothing."""
REPORT = Path("build/reports/liveness_times.json")


class Visit:
    """One visit, fed frame by frame."""

    def __init__(
        self, networks: Networks, policy: Policy, bands: Bands, seed: int, given_s: float, doubts: Sequence[str] = ()
    ) -> None:
        chance = random.Random(seed)  # noqa: S311  # the same visits each time
        demands = Demands(policy, bands, doubts=tuple(doubts), chance=chance)
        self.pipeline = networks.stream(VisionSettings())
        self.state = rules.begin(Terms(SessionKind.AUTHENTICATION, None, True, 1e12, given_s, SessionSettings(), demands=demands))
        self.began: float | None = None
        self.took: float | None = None
        """Seconds to the decision; None while there is none, or where the person was refused."""
        self.over = False

    def show(self, frame: Frame, clock: Callable[[], float] | None = None) -> str:
        """One frame; what is asked. Without a `clock` what follows from a frame is told as soon as it is taken."""
        seen = self.pipeline.observe(frame)
        self.began = frame.time if self.began is None and seen.track else self.began
        now = frame.time if clock is None else clock()
        step = rules.advance(self.state, seen, now)
        self.state = step.state
        last = step.effects[-1] if step.effects else None
        if isinstance(last, Identify):
            self.state = rules.identified(self.state, Known("person")).state
        elif isinstance(last, Judge) and self.began is not None:
            self.took = now - self.began
        self.over = self.took is not None or self.state.status is not SessionStatus.ACTIVE
        return instruction(self.state)


def on_clips(networks: Networks, policy: Policy, bands: Bands, starts: int) -> list[float | None]:
    """Seconds of each visit; None: refused."""
    found: list[float | None] = []
    for name in CLIPS:
        path = evaluation_folder() / "video" / name
        for number in range(starts if path.is_file() else 0):
            visit = Visit(networks, policy, bands, number, GIVEN_S)
            for frame in _clip(path, number / starts):
                visit.show(frame)
                if visit.over:
                    break
            else:
                continue  # the clip was over first
            visit.pipeline.close()
            found.append(visit.took)
    return found


def _clip(path: Path, share: float) -> Iterator[Frame]:
    """The clip from a share of its length on, at `FPS`."""
    video = cv2.VideoCapture(str(path))
    step = float(video.get(cv2.CAP_PROP_FPS)) / FPS
    start = int(video.get(cv2.CAP_PROP_FRAME_COUNT) * share)
    number = taken = 0
    while True:
        read, image = video.read()
        if not read:
            break
        if number >= start + taken * step:
            taken += 1
            yield Frame(taken, taken / FPS, np.asarray(image, dtype=np.uint8))
        number += 1
    video.release()


def on_the_demo(
    networks: Networks, count: int, pace: Literal["real-time", "fast"] = "fast", doubts: Sequence[str] = ()
) -> list[float | None]:
    """The same of the rendered person, who obeys, by what `strict` asks of people; in real time where the pace is that."""
    clock = boot_time if pace == "real-time" else None
    scenes = (Scene("empty", "", 0.5), Scene("person", "grace", ASKED_S))
    demo_script.SCENES, demo_script.ROUND_S = scenes, ASKED_S + 0.5
    found: list[float | None] = []
    for seed in range(count):
        visit = Visit(networks, ACTIVE, Bands(), seed, GIVEN_S, doubts)
        with DemoSource(CameraSettings(source="demo", pace=pace, fps=FPS, seed=seed)) as source:
            while not visit.over:
                source.instruct(visit.show(source.read(), clock))
        visit.pipeline.close()
        found.append(visit.took)
    return found


def summed(took: list[float | None]) -> dict[str, Any]:
    """How many were let on, and how soon."""
    times = [each for each in took if each is not None]
    spread = {} if not times else {f"p{p}_s": round(float(np.percentile(times, p)), 2) for p in (50, 95)}
    return {"visits": len(took), "refused": len(took) - len(times), **spread}


def main() -> int:
    """Measure, print, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m bench.injections.times", description=__doc__)
    parser.add_argument("--starts", type=int, default=8, help="visits for each clip and policy (default: 8)")
    parser.add_argument("--demo", type=int, default=20, help="visits of the demo's person (default: 20)")
    given = parser.parse_args()
    settings = VisionSettings()
    bands = passive_bands(settings)
    networks = Networks.open(ProcessSettings(camera=CameraSettings(), vision=settings))
    report: dict[str, Any] = {}
    for level in (Level.BASIC, Level.PASSIVE, Level.ADAPTIVE):
        report[f"{level} on clips"] = summed(on_clips(networks, POLICIES[level], bands or Bands(), given.starts))
        print(level, "on clips", report[f"{level} on clips"], flush=True)
    for name, doubts in (("strict without the passive network", ()), ("a challenge made for a doubt", ("after_refusal",))):
        report[f"{name} on the demo"] = summed(on_the_demo(networks, given.demo, doubts=doubts))
        print(name, "on the demo", report[f"{name} on the demo"], flush=True)
    networks.close()
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
