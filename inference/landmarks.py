"""Faces and their meshes by MediaPipe: the only module that knows it. Which face matters is decided elsewhere.

MediaPipe's mesh graph looks for faces again in every frame while it follows fewer than it may, which nearly doubles the
cost of a frame. So the mesh follows one face, and the finder (the same detector) looks around when the tracker asks.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from camera.frame import Image
from inference.mesh import Landmarks
from inference.observation import Box
from inference.stages import Face

_MARGINS = (0.4, 0.1)
"""Shares of a face's box that stay visible on each side of it when the mesh is to take up this face and no other: the
second where a neighbour reaches into the first."""
_INNERMOST = 0.25
"""The taken-up mesh must have its centre within this share of the box, or it sits on something else."""


class MediaPipeFinder:
    """`Finder` by MediaPipe's short-range face detector (faces within about 2 m of a common camera)."""

    def __init__(self, min_confidence: float = 0.5) -> None:
        with quiet_native_code(), without_plotting():
            from mediapipe.python.solutions.face_detection import FaceDetection

            self._graph = _Graph(FaceDetection(min_detection_confidence=min_confidence, model_selection=0))

    def find(self, image: Image) -> tuple[Face, ...]:
        """All faces, in no order."""
        height, width = image.shape[:2]
        detections = self._graph.process(image).detections or ()
        return tuple(_face(detection.location_data, width, height) for detection in detections)

    def close(self) -> None:
        """Release the graph."""
        self._graph.close()


class MediaPipeMesher:
    """`Mesher` by MediaPipe's FaceMesh with refined eyes and lips, on one face.

    Args:
        tracking: follow the face from frame to frame; otherwise every picture stands alone and `follow` finds nothing.
    """

    def __init__(self, *, tracking: bool, min_confidence: float = 0.5) -> None:
        self._tracking = tracking
        self._following = False
        with quiet_native_code(), without_plotting():
            from mediapipe.python.solutions.face_mesh import FaceMesh

            self._graph = _Graph(
                FaceMesh(
                    static_image_mode=not tracking,
                    max_num_faces=1,
                    refine_landmarks=True,
                    min_detection_confidence=min_confidence,
                    min_tracking_confidence=min_confidence,
                )
            )

    def start(self, image: Image, face: Face) -> Landmarks | None:
        """Leave what was followed and take up `face`; None when no mesh fits there."""
        for margin in _MARGINS:
            self._leave(image)
            landmarks = self._mesh(_only(image, face.box, margin))
            if landmarks is not None and _inside(landmarks, face.box):
                return landmarks
        self._leave(image)
        return None

    def follow(self, image: Image) -> Landmarks | None:
        """The same face in the next frame; None when it is lost."""
        return self._mesh(image) if self._following else None

    def close(self) -> None:
        """Release the graph."""
        self._graph.close()

    def _leave(self, image: Image) -> None:
        """A graph that follows a face ignores all others until it loses it; nothing is as easily lost as in the dark."""
        if self._following:
            self._mesh(np.zeros_like(image))
            self._following = False

    def _mesh(self, image: Image) -> Landmarks | None:
        found = self._graph.process(image).multi_face_landmarks
        self._following = bool(found) and self._tracking
        if not found:
            return None
        height, width = image.shape[:2]
        points = np.array([(p.x * width, p.y * height, p.z * width) for p in found[0].landmark], dtype=np.float32)
        return points if bool(np.isfinite(points).all()) else None


class _Graph:
    """One MediaPipe solution: BGR in, closed once, and its native chatter kept off standard error until it has seen a face."""

    def __init__(self, solution: Any) -> None:  # noqa: ANN401 - mediapipe has no types
        self._solution = solution
        self._chatty = True
        # The graph starts in threads of its own; a first picture waits for them.
        self.process(np.zeros((64, 64, 3), np.uint8))

    def process(self, image: Image) -> Any:  # noqa: ANN401
        picture = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        picture.flags.writeable = False
        if not self._chatty:
            return self._solution.process(picture)
        with quiet_native_code():
            result = self._solution.process(picture)
        self._chatty = not any(getattr(result, name) for name in result._fields)
        return result

    def close(self) -> None:
        solution, self._solution = self._solution, None
        if solution is not None:
            solution.close()


def _face(location: Any, width: int, height: int) -> Face:  # noqa: ANN401
    relative, (right, left) = location.relative_bounding_box, location.relative_keypoints[:2]
    box = Box(relative.xmin * width, relative.ymin * height, relative.width * width, relative.height * height)
    return Face(box, float(np.hypot((left.x - right.x) * width, (left.y - right.y) * height)))


def _only(image: Image, box: Box, margin: float) -> Image:
    """The picture with everything black but the box and a margin."""
    height, width = image.shape[:2]
    left, right = box.x - margin * box.width, box.x + (1 + margin) * box.width
    top, bottom = box.y - margin * box.height, box.y + (1 + margin) * box.height
    rows = slice(max(0, int(top)), min(height, int(bottom) + 1))
    columns = slice(max(0, int(left)), min(width, int(right) + 1))
    only = np.zeros_like(image)
    only[rows, columns] = image[rows, columns]
    return only


def _inside(landmarks: Landmarks, box: Box) -> bool:
    x, y = landmarks[:, :2].mean(axis=0)
    across = abs(float(x) - box.x - box.width / 2) / max(box.width, 1e-6)
    down = abs(float(y) - box.y - box.height / 2) / max(box.height, 1e-6)
    return across <= 0.5 + _INNERMOST and down <= 0.5 + _INNERMOST


@contextlib.contextmanager
def quiet_native_code() -> Iterator[None]:
    """Standard error closed to native libraries for a moment: MediaPipe logs its start there and offers no switch.

    Its failures arrive as exceptions, so nothing is lost that anybody could act on.
    """
    os.environ.setdefault("GLOG_minloglevel", "2")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a descriptor is what is needed
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextlib.contextmanager
def without_plotting() -> Iterator[None]:
    """An empty matplotlib while MediaPipe is imported: its drawing helpers ask for one, and nothing here draws.

    The real one costs two thirds of a second at the start and 30 MB. A matplotlib that is loaded already stays.
    """
    if "matplotlib" in sys.modules or "mediapipe" in sys.modules:
        yield
        return
    empty, pyplot = ModuleType("matplotlib"), ModuleType("matplotlib.pyplot")
    vars(empty)["pyplot"] = pyplot
    sys.modules.update({"matplotlib": empty, "matplotlib.pyplot": pyplot})
    try:
        yield
    finally:
        del sys.modules["matplotlib"], sys.modules["matplotlib.pyplot"]
