"""The pipeline: what is embedded when, when a track is somebody else's, and real pictures from end to end."""

import itertools

import cv2
import numpy as np
import pytest

from camera.frame import Frame
from inference.embedder import Embedder
from inference.manifest import load_manifest
from inference.observation import Observation
from inference.pipeline import Pipeline
from inference.settings import VisionSettings, ZoneSettings
from inference.tracking import Sighting, face_of

SETTINGS = VisionSettings()


class Followed:
    """A tracker that always has the portrait's mesh; `turn` squeezes it as a turned head would look."""

    def __init__(self, mesh):
        self.mesh, self.numbers, self.condition = mesh, itertools.count(1), ""
        self.track = next(self.numbers)
        self.closed = False
        self.shut = False

    def see(self, image, time):
        mesh = self.mesh.copy()
        if self.shut:
            for upper, lower in ((160, 144), (158, 153), (385, 380), (387, 373)):
                mesh[[upper, lower]] = mesh[[upper, lower]].mean(axis=0)
        return Sighting((face_of(mesh),), self.condition, self.track, mesh)

    def split(self):
        self.track = next(self.numbers)
        return self.track

    def reset(self):
        self.split()

    def close(self):
        self.closed = True


class Named:
    """An embedder that answers with a fixed vector for each person; `person` says who stands there."""

    model_id = "named"

    def __init__(self):
        self.person = 0
        self.calls = 0

    def embed(self, image, landmarks):
        self.calls += 1
        return np.eye(4, dtype=np.float32)[self.person]

    def close(self):
        """Nothing is held."""


@pytest.fixture
def tracker(portrait_mesh):
    return Followed(portrait_mesh)


@pytest.fixture
def embedder():
    return Named()


@pytest.fixture
def pipeline(tracker, embedder):
    return Pipeline(tracker, embedder, SETTINGS, same_person=0.5)


@pytest.fixture
def watch(pipeline, portrait):
    """Observe the portrait at 25 fps; from frame to frame the number goes on."""
    numbers = itertools.count()

    def go(frames: int) -> list[Observation]:
        return [pipeline.observe(Frame(number, 50 + number / 25, portrait)) for number in itertools.islice(numbers, frames)]

    return go


def blink(tracker, watch):
    tracker.shut = True
    watch(5)
    tracker.shut = False
    return watch(5)


def test_an_observation_has_everything(watch):
    seen = watch(30)[-1]
    assert (seen.seq, seen.time, seen.width, seen.height) == (29, 50 + 29 / 25, 512, 600)
    assert seen.condition == ""
    assert seen.track == 1
    assert seen.eye_distance == pytest.approx(84, abs=6)
    assert seen.pose is not None
    assert seen.quality is not None
    assert seen.liveness is not None
    assert seen.liveness.frames == 30
    assert {"detect", "quality", "liveness", "total"} <= set(seen.timings_ms)


def test_a_face_that_does_not_change_is_embedded_about_ten_times_a_second(watch, embedder):
    seen = watch(51)
    assert 16 <= embedder.calls <= 21
    assert sum(one.embedding is not None for one in seen) == embedder.calls
    assert {"embed"} <= set(seen[0].timings_ms)


def test_embeddings_travel_as_unit_float32(watch):
    vector = watch(1)[0].vector()
    assert vector is not None
    assert vector.dtype == np.float32
    assert vector.tolist() == [1, 0, 0, 0]


def test_frames_that_cannot_be_used_are_not_embedded(watch, tracker, embedder):
    tracker.condition = "face_not_centered"
    seen = watch(5)
    assert embedder.calls == 0
    assert {one.condition for one in seen} == {"face_not_centered"}
    assert seen[-1].liveness is not None
    assert seen[-1].liveness.frames == 5


def test_closed_eyes_are_not_embedded(watch, tracker, embedder):
    watch(20)
    tracker.shut = True
    watch(1)
    before = embedder.calls
    assert watch(10)[-1].liveness.eyes_closed
    assert embedder.calls == before


def test_poor_frames_say_why_and_are_not_embedded(pipeline, portrait, embedder):
    seen = pipeline.observe(Frame(1, 50, cv2.GaussianBlur(portrait, (0, 0), 10)))
    assert seen.condition == "poor_image_quality"
    assert seen.embedding is None
    assert embedder.calls == 0


def test_blinks_are_counted_on_the_track(watch, tracker):
    watch(20)
    assert blink(tracker, watch)[-1].liveness.blinks == 1


def test_somebody_who_takes_anothers_place_begins_from_nothing(watch, tracker, embedder):
    watch(20)
    before = blink(tracker, watch)[-1]
    embedder.person = 1
    after = watch(5)[-1]
    assert before.liveness.blinks == 1
    assert after.track != before.track
    assert after.liveness.blinks == 0
    assert after.vector().tolist() == [0, 1, 0, 0] if after.embedding else True


def test_the_embedding_that_shows_the_swap_is_already_the_new_tracks(watch, embedder):
    old = watch(10)[-1].track
    embedder.person = 1
    new = [one for one in watch(5) if one.embedding is not None]
    assert all(one.track != old for one in new)
    assert new[0].liveness.frames == 1


def test_a_swap_raises_an_alarm_on_the_new_track_and_a_new_face_does_not(watch, tracker, embedder):
    assert watch(10)[-1].liveness.alarms == ()
    embedder.person = 1
    assert "identity_changed" in watch(5)[-1].liveness.alarms
    embedder.person = 0
    tracker.split()
    assert "identity_changed" not in watch(1)[0].liveness.alarms


def test_a_frozen_stream_raises_alarms_that_stay(watch, tracker):
    frozen = {"duplicated_frames", "still_picture"}
    assert frozen <= set(watch(60)[-1].liveness.alarms)
    assert frozen <= set(watch(1)[0].liveness.alarms)


def test_how_long_the_eyes_are_closed_is_told(watch, tracker):
    watch(20)
    tracker.shut = True
    assert watch(26)[-1].liveness.closed_s == pytest.approx(1.0)
    tracker.shut = False
    assert watch(3)[-1].liveness.closed_s == 0


def test_a_face_has_a_scene_and_an_empty_frame_has_none(watch, photos, portrait):
    assert watch(1)[0].scene is not None
    assert photos.observe(Frame(1, 1, np.zeros_like(portrait))).scene is None


def test_photos_are_no_stream(photos, portrait):
    seen = [photos.observe(Frame(number, number / 10, portrait)) for number in range(15)]
    assert {one.liveness.alarms for one in seen} == {()}


def test_eyes_that_closed_before_anybody_was_known_count_for_nobody(watch, tracker):
    tracker.condition = "face_too_small"
    watch(20)
    shown = blink(tracker, watch)[-1]
    assert shown.liveness.blinks == 1
    tracker.condition = ""
    known = watch(1)[0]
    assert known.track != shown.track
    assert known.liveness.blinks == 0


def test_a_reset_begins_another_stream(watch, pipeline):
    before = watch(20)[-1]
    pipeline.reset()
    after = watch(1)[0]
    assert after.track != before.track
    assert after.liveness.frames == 1


def test_closing_closes_the_tracker(pipeline, tracker):
    with pipeline:
        pass
    assert tracker.closed


@pytest.fixture(scope="module")
def network():
    embedder = Embedder.open(load_manifest().embedding)
    yield embedder
    embedder.close()


@pytest.fixture(scope="module")
def photos(network):
    with Pipeline.photos(network, SETTINGS) as pipeline:
        yield pipeline


def test_a_photo_is_embedded_at_once(photos, portrait, network):
    seen = photos.observe(Frame(1, 1, portrait))
    assert seen.condition == ""
    assert seen.track > 0
    vector = seen.vector()
    assert vector is not None
    assert vector.shape == (network.model.dimension,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


def test_the_same_photo_again_is_the_same_face_on_another_track(photos, portrait):
    one, two = photos.observe(Frame(1, 1, portrait)), photos.observe(Frame(2, 1, portrait))
    assert one.track != two.track
    assert float(one.vector() @ two.vector()) > 0.9999


@pytest.mark.parametrize(
    ("spoil", "condition"),
    [
        (lambda image: np.full_like(image, 128), "no_face_detected"),
        (lambda image: cv2.GaussianBlur(image, (0, 0), 8), "poor_image_quality"),
        (lambda image: (image * 0.2).astype(np.uint8), "too_dark"),
        (lambda image: cv2.resize(image, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA), "face_too_small"),
    ],
)
def test_photos_that_cannot_be_used_say_why(photos, portrait, spoil, condition):
    seen = photos.observe(Frame(1, 1, spoil(portrait)))
    assert seen.condition == condition
    assert seen.embedding is None


@pytest.mark.parametrize(("scale", "condition"), [(0.8, "multiple_faces"), (0.6, "")])
def test_comparable_faces_are_refused_and_bystanders_are_not(photos, beside, scale, condition):
    seen = photos.observe(Frame(1, 1, beside(scale)))
    assert seen.condition == condition
    assert len(seen.faces) == 2
    assert (seen.embedding is None) is bool(condition)


def test_a_face_beside_the_zone_is_not_embedded(network, portrait):
    aside = VisionSettings(zone=ZoneSettings(left=0.6, width=0.3))
    with Pipeline.photos(network, aside) as pipeline:
        seen = pipeline.observe(Frame(1, 1, portrait))
    assert seen.condition == "face_not_centered"
    assert seen.embedding is None


def test_measuring_takes_the_face_in_the_middle(network, beside):
    with Pipeline.photos(network, SETTINGS, central=True) as central:
        assert central.observe(Frame(1, 1, beside(0.9))).condition == ""


def test_a_stream_keeps_its_track_and_says_so_in_every_frame(network, portrait):
    with Pipeline.stream(network, SETTINGS) as stream:
        seen = [stream.observe(Frame(number, number / 10, np.roll(portrait, number, axis=1))) for number in range(8)]
    assert {one.condition for one in seen} == {""}
    assert len({one.track for one in seen}) == 1
    assert [one.liveness.frames for one in seen] == list(range(1, 9))


def test_a_clip_from_end_to_end(network, clips):
    video = cv2.VideoCapture(str(clips / "live_blinks_portrait.mp4"))
    fps, seen = video.get(cv2.CAP_PROP_FPS), []
    with Pipeline.stream(network, SETTINGS, load_manifest().embedding.calibration.cosine_at_fmr(0.1)) as stream:
        while (frame := video.read())[0] and len(seen) < 150:
            seen.append(stream.observe(Frame(len(seen), len(seen) / fps, frame[1])))
    assert {one.condition for one in seen} == {""}
    assert len({one.track for one in seen}) == 1
    assert seen[-1].liveness.blinks == 4
    assert seen[-1].liveness.motion == 1
    vectors = np.array([one.vector() for one in seen if one.embedding is not None])
    assert len(vectors) > 20
    assert float((vectors @ vectors[0]).min()) > load_manifest().embedding.calibration.cosine_at_fmr(1e-5)
