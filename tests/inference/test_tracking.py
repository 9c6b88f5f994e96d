"""Who is followed: scripted finder and mesh, so that every jump is known."""

import itertools

import numpy as np
import pytest

from inference.candidate import Rule
from inference.mesh import LEFT_EYE_CORNERS, POINTS, RIGHT_EYE_CORNERS
from inference.observation import Box
from inference.settings import ZoneSettings
from inference.stages import Face
from inference.tracking import PhotoTracker, StreamTracker, continuous, face_of, holds, overlap

IMAGE = np.zeros((480, 640, 3), np.uint8)
RULE = Rule(ZoneSettings(), 1.6, 30)


def face(eyes: float, x: float = 320, y: float = 240) -> Face:
    return Face(Box(x - eyes, y - eyes, 2 * eyes, 2 * eyes), eyes)


def mesh(eyes: float, x: float = 320, y: float = 240) -> np.ndarray:
    """Points within a square around (x, y) with this eye distance."""
    points = np.random.default_rng(0).uniform(-1, 1, (POINTS, 3)).astype(np.float32) * eyes * 0.9
    points[:4, :2] = np.array([(-1, -1), (1, 1), (-1, 1), (1, -1)]) * eyes
    points[list(RIGHT_EYE_CORNERS), :2] = [(-0.7 * eyes, 0), (-0.3 * eyes, 0)]
    points[list(LEFT_EYE_CORNERS), :2] = [(0.3 * eyes, 0), (0.7 * eyes, 0)]
    points[:, :2] += (x, y)
    return points


class Scene:
    """Finder and mesher in one: people as (eyes, x), the first that `start` is asked for is followed while present."""

    def __init__(self):
        self.people: dict[str, tuple[float, float]] = {}
        self.followed: str | None = None
        self.finds = 0
        self.starts: list[str] = []
        self.closed = 0

    def find(self, image):
        self.finds += 1
        return tuple(face(*who) for who in self.people.values())

    def start(self, image, wanted):
        name = min(self.people, key=lambda one: abs(self.people[one][1] - wanted.centre[0]))
        self.followed = name
        self.starts.append(name)
        return mesh(*self.people[name])

    def follow(self, image):
        if self.followed not in self.people:
            self.followed = None
        return None if self.followed is None else mesh(*self.people[self.followed])

    def close(self):
        self.closed += 1


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def tracker(scene):
    return StreamTracker(scene, scene, RULE, look_interval=0.2, lost_s=0.5, numbers=itertools.count(1))


def tracks(tracker, scene, script, fps=20.0, start=10.0):
    """The track number of each frame; `script` has the people of each frame."""
    found = []
    for number, people in enumerate(script):
        scene.people = people
        found.append(tracker.see(IMAGE, start + number / fps).track)
    return found


def test_one_person_is_one_track(tracker, scene):
    assert set(tracks(tracker, scene, [{"a": (80, 300 + step)} for step in range(60)])) == {1}
    assert scene.starts == ["a"]


def test_the_whole_frame_is_searched_now_and_then_only(tracker, scene):
    tracks(tracker, scene, [{"a": (80, 320)}] * 41)
    assert 9 <= scene.finds <= 12


def test_nobody_is_looked_for_in_every_frame(tracker, scene):
    assert tracks(tracker, scene, [{}] * 5) == [0] * 5
    assert scene.finds == 5


def test_a_moment_away_is_the_same_track(tracker, scene):
    script = [{"a": (80, 320)}] * 3 + [{}] * 5 + [{"a": (80, 320)}] * 3
    assert tracks(tracker, scene, script) == [1] * 3 + [0] * 5 + [1] * 3


def test_away_for_longer_is_another_track(tracker, scene):
    script = [{"a": (80, 320)}] * 3 + [{}] * 12 + [{"a": (80, 320)}] * 3
    assert tracks(tracker, scene, script)[-1] == 2


def test_back_elsewhere_is_another_track(tracker, scene):
    script = [{"a": (60, 200)}] * 3 + [{}] * 2 + [{"b": (60, 420)}] * 3
    assert tracks(tracker, scene, script)[-1] == 2


def test_a_jump_of_the_mesh_is_another_track(tracker, scene):
    assert tracks(tracker, scene, [{"a": (60, 200)}, {"a": (60, 200)}, {"a": (60, 400)}]) == [1, 1, 2]


def test_a_leap_in_size_is_another_track(tracker, scene):
    assert tracks(tracker, scene, [{"a": (60, 320)}, {"a": (100, 320)}]) == [1, 2]


def test_slow_streams_keep_their_track(tracker, scene):
    assert set(tracks(tracker, scene, [{"a": (80, 320)}] * 6, fps=1.0)) == {1}


def test_a_long_pause_ends_the_track(tracker, scene):
    assert tracks(tracker, scene, [{"a": (80, 320)}] * 3, fps=0.25) == [1, 2, 3]


def test_bystanders_change_nothing(tracker, scene):
    script = [{"a": (80, 320), "b": (30, 520 - step)} for step in range(30)]
    assert set(tracks(tracker, scene, script)) == {1}
    assert scene.starts == ["a"]


def test_a_second_person_in_front_is_seen_within_the_interval_and_lasts_until_gone(tracker, scene):
    alone, both = {"a": (80, 200)}, {"a": (80, 200), "b": (75, 450)}
    found = tracks(tracker, scene, [alone] * 3 + [both] * 8 + [alone] * 3)
    assert found[-1] == 1
    assert 0 in found[3:8]
    assert found[8:11] == [0] * 3
    scene.people = both
    conditions = [tracker.see(IMAGE, 20 + step / 20).condition for step in range(5)]
    assert conditions[0] == "multiple_faces"


def test_whoever_comes_to_dominate_takes_over_with_a_track_of_its_own(tracker, scene):
    script = [{"a": (40, 150)}] * 3 + [{"a": (40, 150), "b": (100, 400)}] * 6
    found = tracks(tracker, scene, script)
    assert found[-1] == 2
    assert scene.starts == ["a", "b"]


def test_the_candidate_comes_first_among_the_faces(tracker, scene):
    scene.people = {"b": (30, 100), "a": (90, 320)}
    sighting = tracker.see(IMAGE, 1.0)
    assert [round(found.eye_distance) for found in sighting.faces] == [90, 30]
    assert sighting.landmarks is not None


def test_off_the_zone_is_followed_but_said(tracker, scene):
    scene.people = {"a": (60, 20)}
    sighting = tracker.see(IMAGE, 1.0)
    assert (sighting.condition, sighting.track) == ("face_not_centered", 1)


def test_a_split_is_kept(tracker, scene):
    scene.people = {"a": (80, 320)}
    assert tracker.see(IMAGE, 1.0).track == 1
    assert tracker.split() == 2
    assert tracker.see(IMAGE, 1.05).track == 2


def test_a_reset_forgets_the_face(tracker, scene):
    scene.people = {"a": (80, 320)}
    tracker.see(IMAGE, 1.0)
    tracker.reset()
    assert tracker.see(IMAGE, 1.05).track == 2
    assert scene.starts == ["a", "a"]


def test_a_face_without_a_mesh_is_nobody(scene):
    class NoMesh(Scene):
        def start(self, image, wanted):
            return None

    blind = NoMesh()
    blind.people = {"a": (80, 320)}
    sighting = StreamTracker(blind, blind, RULE, 0.2, 0.5, itertools.count(1)).see(IMAGE, 0)
    assert (sighting.condition, sighting.track, len(sighting.faces)) == ("no_face_detected", 0, 1)


def test_every_photo_is_a_track_of_its_own(scene):
    photos = PhotoTracker(scene, scene, RULE, itertools.count(1))
    scene.people = {"a": (80, 320)}
    assert [photos.see(IMAGE, 0).track for _ in range(3)] == [1, 2, 3]


def test_photos_of_two_are_refused_unless_the_middle_is_asked_for(scene):
    scene.people = {"a": (80, 100), "b": (80, 330)}
    assert PhotoTracker(scene, scene, RULE, itertools.count(1)).see(IMAGE, 0).condition == "multiple_faces"
    sighting = PhotoTracker(scene, scene, None, itertools.count(1)).see(IMAGE, 0)
    assert sighting.condition == ""
    assert scene.starts == ["b"]


def test_continuity_is_of_place_and_size():
    assert continuous(mesh(80), mesh(85, 330))
    assert not continuous(mesh(80), mesh(80, 480))
    assert not continuous(mesh(80), mesh(125))


def test_overlap_is_intersection_over_union():
    assert overlap(Box(0, 0, 10, 10), Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert overlap(Box(0, 0, 10, 10), Box(20, 0, 10, 10)) == 0
    assert overlap(Box(0, 0, 10, 10), Box(0, 0, 10, 10)) == 1


def test_a_mesh_is_held_by_its_own_box_only():
    assert holds(face(80).box, mesh(80))
    assert not holds(face(80, 500).box, mesh(80))
    assert face_of(mesh(80)).eye_distance == pytest.approx(80)
