"""The demo source: a rendered person comes, blinks and obeys, then a stranger, then a flat photo. What is true is known."""

import argparse
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from camera.frame import Frame, boot_time
from camera.pace import Due, Pace, PacedControls
from camera.settings import CameraSettings
from camera.source import CameraError
from camera.sources.demo_actor import Actor
from camera.sources.demo_enrolment import enrolment_photos
from camera.sources.demo_render import SUBJECTS, Renderer
from camera.sources.demo_script import Kind, Moment, at, blink_times

REMEMBERED = 7200
"""Frames whose truth is kept: five minutes at 24 a second."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a frame of the demo really shows.

    Attributes:
        seq: Number of the frame.
        seconds: Time in the screenplay.
        kind: `empty`, `person`, or `photo`: a presentation attack.
        subject: Id of the person, also of the one on a photo; empty when nobody is there.
        visit: Number of the scene: it differs between two visits of the same person.
        inside: 1 when the subject is fully in the picture, less while coming and going.
        yaw: Degrees the head is turned from the portrait, > 0 to the person's left.
        pitch: Degrees it is turned from the portrait, > 0 up.
        closure: How far the eyes are closed, 0 to 1.
        blinks: How often the eyes have closed and opened again in this visit, long closures included.
    """

    seq: int
    seconds: float
    kind: Kind
    subject: str
    visit: int
    inside: float
    yaw: float = 0.0
    pitch: float = 0.0
    closure: float = 0.0
    blinks: int = 0

    @property
    def eyes_closed(self) -> bool:
        """Whether the eyes are more closed than open."""
        return self.closure > 0.5


class DemoSource:
    """A camera that needs no camera: frames rendered from public-domain portraits (assets/PROVENANCE.md). Never live.

    Args:
        settings: Size, rate, pace and seed. The same seed shows the same frames as long as nobody is asked anything. Rotation
            is left out: it makes up for how a real camera is mounted.
        clock: Boot-time seconds.

    Raises:
        CameraAbsent: the portraits are not installed.
    """

    name = "demo"
    live = False

    def __init__(self, settings: CameraSettings, clock: Callable[[], float] = boot_time) -> None:
        self._fps = settings.fps
        self._seed = settings.seed
        self._renderer = Renderer(settings.width, settings.height, settings.seed)
        self._pace = Pace(fast=settings.pace == "fast", period=1.0 / settings.fps, clock=clock)
        self.controls = PacedControls(self._pace)
        self._truths: deque[Truth] = deque(maxlen=REMEMBERED)
        self._seq = 0
        self._visit = -1
        self._actor = Actor(seed=0, blinks=[])
        self._changing = threading.Lock()

    def read(self) -> Frame:
        """Block until the next frame is due. Frames that are late are skipped, as a camera does.

        Raises:
            CameraError: the source is closed.
        """
        while True:
            self._seq += 1
            moment = self._advance()
            due, time = self._pace.wait(self._truths[-1].seconds)
            if due is Due.CLOSED:
                raise CameraError(f"{self.name} is closed")
            if due is Due.SHOW:
                return Frame(self._seq, time, self._renderer.draw(moment, self._actor))

    def instruct(self, instruction: str) -> None:
        """Ask the person in front; after a human's reaction time they do it. Photos and empty rooms obey nobody."""
        with self._changing:
            self._actor.ask(instruction)

    def truth(self, seq: int) -> Truth:
        """What the frame of that number shows, skipped frames included.

        Raises:
            LookupError: that frame is not made yet, or too long ago.
        """
        with self._changing:
            index = seq - self._truths[0].seq if self._truths else -1
            if not 0 <= index < len(self._truths):
                raise LookupError(f"nothing is known of frame {seq}")
            return self._truths[index]

    def close(self) -> None:
        """End the show; a read that waits in another thread ends with a `CameraError`."""
        self._pace.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _advance(self) -> Moment:
        """Move everything on to the next frame's time, and note what it shows."""
        seconds = (self._seq - 1) / self._fps
        moment = at(seconds)
        with self._changing:
            if moment.number != self._visit:
                self._visit = moment.number
                blinks = blink_times(moment.scene, moment.number, self._seed)
                self._actor = Actor(seed=self._seed * 1000 + moment.number, blinks=blinks)
            self._actor.step(moment.seconds)
            self._truths.append(self._noted(seconds, moment))
        return moment

    def _noted(self, seconds: float, moment: Moment) -> Truth:
        scene = moment.scene
        if scene.kind != "person":
            return Truth(self._seq, seconds, scene.kind, scene.subject, moment.number, moment.inside)
        stance = self._renderer.stance(moment, self._actor)
        return Truth(
            self._seq,
            seconds,
            scene.kind,
            scene.subject,
            moment.number,
            moment.inside,
            yaw=stance.yaw,
            pitch=stance.pitch,
            closure=self._actor.closure(),
            blinks=self._actor.blinked(),
        )


def main(arguments: list[str] | None = None) -> int:
    """`python -m camera.sources.demo portraits DIR [--count N] [--subject ID]`: write enrolment photos, print their paths."""
    parser = argparse.ArgumentParser(prog="python -m camera.sources.demo", description="The demo's people, as files.")
    commands = parser.add_subparsers(dest="command", required=True)
    portraits = commands.add_parser("portraits", help="write photos to enrol one of the demo's people with")
    portraits.add_argument("folder", type=Path)
    portraits.add_argument("--count", type=int, default=5)
    portraits.add_argument("--subject", choices=SUBJECTS, default="grace")
    given = parser.parse_args(arguments)
    try:
        paths = enrolment_photos(given.folder, given.count, given.subject)
    except (CameraError, ValueError, OSError) as error:
        print(f"no photos were made: {error}", file=sys.stderr)
        return 1
    print("\n".join(str(path) for path in paths))
    return 0


if __name__ == "__main__":
    sys.exit(main())
