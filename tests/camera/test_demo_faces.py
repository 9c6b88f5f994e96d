"""What a real face mesh sees in the demo: the people and the photo must be found, blink and turn as the truth says."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from camera.settings import CameraSettings
from camera.sources.demo import DemoSource, Truth

EYES = ((33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380))
FPS = 16
"""Enough for every blink to be seen, and a third cheaper than the usual rate."""


@dataclass
class Seen:
    truth: Truth
    points: np.ndarray | None

    @property
    def openness(self) -> float:
        """Eye aspect ratio, both eyes averaged."""
        ratios = []
        for eye in EYES:
            p = self.points[list(eye)]
            lids = np.linalg.norm(p[1] - p[5]) + np.linalg.norm(p[2] - p[4])
            ratios.append(lids / (2 * np.linalg.norm(p[0] - p[3])))
        return float(np.mean(ratios))

    @property
    def nose(self) -> float:
        """Where the tip of the nose is between the outer eye corners, 0 right to 1 left in the picture."""
        right, left, tip = self.points[33], self.points[263], self.points[4]
        return float((tip - right) @ (left - right) / ((left - right) @ (left - right)))


@pytest.fixture(scope="module")
def seen() -> list[Seen]:
    """One round up to a part of the photo's scene; each person is asked to turn to their left and their right."""
    from mediapipe.python.solutions.face_mesh import FaceMesh

    watched = []
    with (
        DemoSource(CameraSettings(source="demo", pace="fast", fps=FPS)) as source,
        FaceMesh(max_num_faces=1, refine_landmarks=True) as mesh,
    ):
        for _ in range(28 * FPS):
            frame = source.read()
            truth = source.truth(frame.seq)
            if frame.seq in (5 * FPS, 16 * FPS):
                source.instruct("turn_left")
            if frame.seq in (7 * FPS - FPS // 4, 18 * FPS):
                source.instruct("turn_right")
            if truth.kind == "empty" and frame.seq % 4:
                continue
            found = mesh.process(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB)).multi_face_landmarks
            points = np.array([(p.x * 640, p.y * 480) for p in found[0].landmark]) if found else None
            watched.append(Seen(truth, points))
    return watched


def of(seen, kind, subject=""):
    chosen = [one for one in seen if one.truth.kind == kind and one.truth.subject == subject]
    return [one for one in chosen if one.truth.inside in (0, 1)]


@pytest.mark.parametrize(("kind", "subject"), [("person", "grace"), ("person", "collins"), ("photo", "grace")])
def test_a_subject_in_the_picture_is_found(seen, kind, subject):
    there = of(seen, kind, subject)
    assert len(there) > 40
    assert sum(one.points is not None for one in there) > 0.95 * len(there)


def test_an_empty_room_has_no_face(seen):
    empty = of(seen, "empty")
    assert len(empty) > 20
    assert not any(one.points is not None for one in empty)


@pytest.mark.parametrize("subject", ["grace", "collins"])
def test_every_blink_is_seen_and_nothing_else_looks_like_one(seen, subject):
    straight = [one for one in of(seen, "person", subject) if one.points is not None and abs(one.truth.yaw) < 8]
    openness = np.array([one.openness for one in straight])
    base = np.percentile(openness, 80)
    closed = np.array([one.truth.closure > 0.95 for one in straight])
    opened = np.array([one.truth.closure == 0 for one in straight])
    assert closed.sum() >= 2
    assert (openness[closed] < 0.55 * base).all()
    assert (openness[opened] > 0.75 * base).mean() > 0.97


def test_the_photo_never_blinks(seen):
    openness = np.array([one.openness for one in of(seen, "photo", "grace") if one.points is not None])
    assert openness.min() > 0.75 * np.percentile(openness, 80)


@pytest.mark.parametrize("subject", ["grace", "collins"])
def test_turns_are_seen_to_the_side_they_go(seen, subject):
    there = [one for one in of(seen, "person", subject) if one.points is not None]
    straight = np.median([one.nose for one in there if abs(one.truth.yaw) < 3])
    left = [one.nose for one in there if one.truth.yaw > 22]
    right = [one.nose for one in there if one.truth.yaw < -22]
    assert len(left) > 4
    assert len(right) > 4
    assert min(left) > straight + 0.12
    assert max(right) < straight - 0.12


def residual(one, other):
    """How badly a plane explains the motion between two views of the mesh, in units of the eye distance."""
    matrix, _ = cv2.findHomography(one.points[:468], other.points[:468])
    explained = cv2.perspectiveTransform(one.points[:468, None], matrix)[:, 0]
    away = np.linalg.norm(explained - other.points[:468], axis=1)
    return float(np.sqrt((away**2).mean()) / np.linalg.norm(other.points[33] - other.points[263]))


def test_a_turning_head_is_no_plane_and_the_photo_is_one(seen):
    there = [one for one in of(seen, "person", "grace") if one.points is not None]
    turned = max(there, key=lambda one: one.truth.yaw)
    straight = min(there, key=lambda one: abs(one.truth.yaw))
    photo = [one for one in of(seen, "photo", "grace") if one.points is not None][::8]
    flat = [residual(photo[0], other) for other in photo[1:]]
    assert residual(straight, turned) > 0.035
    assert max(flat) < 0.03
