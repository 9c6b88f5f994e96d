"""Rendered turns: heads that turn, flat pictures that are turned, bent ones too; which are told, and which pass as a head."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.accuracy.metrics import Rate
from bench.cues.motion import AHEAD_S, STAY_S, Script, scripts
from bench.cues.pictures import Held, Sheet
from bench.cues.watching import Watched, Watcher
from camera.frame import Image
from camera.sources.demo_portraits import load
from camera.sources.demo_render import SUBJECTS, Renderer
from camera.sources.demo_stage import Stage
from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.liveness import planarity
from inference.liveness.corners import CornerTrack
from inference.liveness.turns import OUT, TurnDetector
from inference.mesh import eye_centres

WIDTH, HEIGHT = 640, 480
HEADS, PICTURES = (24.0, 32.0), (18.0, 35.0)
"""Degrees that are turned to. The generic face reads a quarter less of a rendered head's turn."""

Frames = Iterator[tuple[float, Image]]


def heads(watcher: Watcher, count: int) -> dict[str, Any]:
    """Turns of the demo's two people."""
    chance, rows = random.Random(11), []  # noqa: S311  # variety, not a secret
    renderer = Renderer(WIDTH, HEIGHT, 1)
    for number, script in enumerate(scripts(count, HEADS, 1000)):
        subject = sorted(SUBJECTS)[number // 2 % 2]
        rows.append(_judged(watcher.watch(_head(renderer, subject, script, chance.uniform(0.65, 1.25))), script))
    turned = [row for row in rows if row["yaw"] >= OUT]
    refused = sum(row["solid"] is not True for row in turned)
    return _summary(rows) | {"turned": len(turned), "refused": Rate(refused, len(turned)).to_json()}


def pictures(watcher: Watcher, folder: Path, count: int, *, bent: bool) -> dict[str, Any]:
    """Pictures of the demo's people and, where the evaluation data is, of its live faces and LFW."""
    chance, rows = random.Random(12 + bent), []  # noqa: S311
    photos, stage = list(_photos(folder)), Stage(WIDTH, HEIGHT, 1)
    for number, script in enumerate(scripts(count, PICTURES, 5000 + 5000 * bent)):
        bend = chance.choice((-1, 1)) * chance.uniform(0.15, 0.5) if bent else 0.0
        held = Held(chance.uniform(45, 85), chance.uniform(550, 750), bend)
        rows.append(_judged(watcher.watch(_picture(stage, Sheet(*photos[number % len(photos)]), held, script)), script))
    passed = sum(row["solid"] is True for row in rows)
    return _summary(rows) | {"photos": len(photos), "passed": Rate(passed, len(rows)).to_json()}


def _head(renderer: Renderer, subject: str, script: Script, size: float) -> Frames:
    usual = renderer.usual(subject)
    for time in script.times:
        pose = script.at(time)
        stance = replace(
            usual,
            x=usual.x + pose.x,
            y=usual.y + pose.y,
            scale=usual.scale * size * pose.scale,
            yaw=pose.yaw,
            pitch=usual.pitch + pose.pitch,
            roll=pose.roll,
        )
        yield time, renderer.person(subject, stance, 0.0, 0.5)


def _picture(stage: Stage, sheet: Sheet, held: Held, script: Script) -> Frames:
    for time in script.times:
        yield time, stage.frame(sheet.draw(held, script.at(time), WIDTH, HEIGHT))


def _photos(folder: Path) -> Iterator[tuple[Image, np.ndarray[Any, Any]]]:
    for name in sorted(SUBJECTS):
        portrait = load(name)
        yield portrait.image, eye_centres(portrait.points)
    people = sorted((folder / "pad" / "live").glob("*"))
    strangers = [person for person in sorted((folder / "lfw").glob("*")) if person.name[0] > "M"]
    finder, mesher = MediaPipeFinder(), MediaPipeMesher(tracking=False)
    for person in [*people, *strangers[:: max(1, len(strangers) // 20)]]:
        for path in sorted(person.glob("*.jpg"))[3:33:25] or sorted(person.glob("*.jpg"))[:1]:
            image = np.asarray(cv2.imread(str(path)), np.uint8)
            faces = finder.find(image)
            mesh = mesher.start(image, max(faces, key=lambda face: face.eye_distance)) if faces else None
            if mesh is not None:
                yield image, eye_centres(mesh)
    finder.close()
    mesher.close()


def _judged(frames: list[Watched], script: Script) -> dict[str, Any]:
    """What the detector told of one sequence, and the bare measures between looking ahead and the scripted extreme."""
    detector = TurnDetector()
    for frame in frames:
        detector.update(frame.time, frame.pose.yaw, frame.patch)
    solid = any(turn.solid for turn in detector.turns) or (None if not detector.turns else False)
    told = {"solid": solid, "told": bool(detector.turns), "yaw": max((abs(f.pose.yaw) for f in frames), default=0.0)}
    ahead = [frame for frame in frames if frame.time < AHEAD_S - 0.1]
    out = [frame for frame in frames if AHEAD_S - 0.1 <= frame.time <= AHEAD_S + script.rise_s + STAY_S / 2]
    if not ahead or not out:
        return told | {"depth": None}
    track = CornerTrack(ahead[-1].patch)
    for frame in out:
        track.follow(frame.patch)
    corners = None if track.lost else track.pairs()
    return told | {"depth": planarity.measure(ahead[-1].patch.points, out[-1].patch.points, corners)}


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    depths = [row["depth"] for row in rows if row["depth"] is not None]
    measures = {}
    for name in ("mesh", "nose", "corners", "outliers"):
        values = [value for depth in depths if (value := getattr(depth, name)) is not None]
        measures[name] = {f"p{p}": round(float(np.percentile(values, p)), 4) for p in (0, 5, 50, 95, 100)} if values else None
    alone = [planarity.solid(depth) for depth in depths]
    return {
        "sequences": len(rows),
        "told": sum(row["told"] for row in rows),
        "measures": measures,
        "without_yaw": {"solid": alone.count(True), "flat": alone.count(False), "unknown": alone.count(None)},
    }
