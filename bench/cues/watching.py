"""Frames with the face in them, as the pipeline sees them before anything is judged: what the measurements here share."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from camera.frame import Image
from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.luma import Luma, luma_of
from inference.mesh import Landmarks, box
from inference.observation import Box, Pose
from inference.patch import Patch, cut
from inference.pipeline import rule_of
from inference.pose import head_pose
from inference.settings import VisionSettings
from inference.tracking import StreamTracker


@dataclass(frozen=True, slots=True)
class Watched:
    """One frame of a track."""

    time: float
    mesh: Landmarks
    pose: Pose
    patch: Patch
    luma: Luma

    @property
    def box(self) -> Box:
        """Of the face, pixels of the frame."""
        return box(self.mesh)


class Watcher:
    """Follows faces through streams, one after the other, by one pair of graphs."""

    def __init__(self) -> None:
        self._finder, self._mesher = MediaPipeFinder(), MediaPipeMesher(tracking=True)

    def watch(self, frames: Iterable[tuple[float, Image]]) -> list[Watched]:
        """The frames of a stream in which there is a face with a pose."""
        settings = VisionSettings()
        look, lost = settings.look_interval_s, settings.lost_s
        tracker = StreamTracker(self._finder, self._mesher, rule_of(settings), look, lost, itertools.count(1))
        found = []
        for time, image in frames:
            mesh = tracker.see(image, time).landmarks
            pose = None if mesh is None else head_pose(mesh, image.shape[1], image.shape[0])
            if mesh is not None and pose is not None:
                found.append(Watched(time, mesh, pose, cut(image, mesh), luma_of(image)))
        return found

    def close(self) -> None:
        """Release the graphs."""
        self._finder.close()
        self._mesher.close()


def clip_frames(path: Path) -> Iterator[tuple[float, Image]]:
    """Times and pictures of a clip."""
    video = cv2.VideoCapture(str(path))
    rate = video.get(cv2.CAP_PROP_FPS)
    for number in itertools.count():
        got, image = video.read()
        if not got:
            return
        yield number / rate, np.asarray(image, np.uint8)


def thinned(frames: list[Watched], rate: float, phase: float = 0.0) -> list[Watched]:
    """At most `rate` frames a second, the first one `phase` seconds later."""
    kept, due = [], phase
    for frame in frames:
        if frame.time >= due - 1e-6:
            kept.append(frame)
            due += 1 / rate
    return kept
