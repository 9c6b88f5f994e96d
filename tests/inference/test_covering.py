"""Covered regions of a face: what a probability comes to, and what the pipeline makes of it."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.frame import Frame
from inference import catalogue
from inference.covering import CoveringDetector, measure_of
from inference.manifest import Alignment, CoveringSpec, InputSpec
from inference.observation import COVERED
from inference.pipeline import Pipeline
from inference.quality import SCORE_USABLE
from inference.runtime import ModelMismatch
from inference.settings import VisionSettings
from inference.tracking import Sighting, face_of

SPEC = CoveringSpec(
    id="covering",
    licence="CC0-1.0",
    origin="a test",
    regions=("eyes", "nose_mouth", "forehead"),
    thresholds=(0.5, 0.6, 0.7),
    input=InputSpec(96, 80, "nhwc", "rgb", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    alignment=Alignment(((33,), (263,)), ((30.0, 30.0), (66.0, 30.0))),
)


class Answering:
    """A network of the right shapes that remembers its input and answers with fixed probabilities."""

    input_shape, output_shape, runtime = (1, 80, 96, 3), (1, 3), "none"

    def __init__(self, *answer):
        self.answer, self.seen, self.open = answer, None, True

    def run(self, tensor):
        self.seen = tensor
        return np.array([self.answer], dtype=np.float32)

    def close(self):
        self.open = False


@given(st.floats(0, 1), st.floats(0.05, 0.95))
def test_a_region_is_covered_from_its_threshold_on_and_then_not_usable(probability, threshold):
    measure = measure_of("eyes", probability, threshold)
    assert (measure.reason == COVERED) is (probability >= threshold) is (measure.score < SCORE_USABLE)
    assert 0 <= measure.score <= 1
    assert measure.name == "eyes"


@given(st.floats(0.05, 0.95), st.floats(0, 1), st.floats(0, 1))
def test_more_likely_covered_never_scores_higher(threshold, one, other):
    low, high = sorted((one, other))
    assert measure_of("eyes", high, threshold).score <= measure_of("eyes", low, threshold).score


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_counts_as_covered(broken):
    assert measure_of("eyes", broken, 0.5).reason == COVERED


def test_each_region_has_its_own_threshold(portrait, portrait_mesh):
    detector = CoveringDetector(SPEC, Answering(0.55, 0.55, 0.55))
    assert [(m.name, m.reason) for m in detector.measure(portrait, portrait_mesh)] == [
        ("eyes", COVERED),
        ("nose_mouth", ""),
        ("forehead", ""),
    ]


def test_the_network_sees_the_aligned_face_of_its_own_size(portrait, portrait_mesh):
    network = Answering(0, 0, 0)
    CoveringDetector(SPEC, network).measure(portrait, portrait_mesh)
    assert network.seen.shape == (1, 80, 96, 3)
    assert network.seen.dtype == np.float32
    assert network.seen.max() > 100


def test_a_network_of_other_shapes_is_refused():
    other = Answering(0, 0, 0)
    other.output_shape = (1, 2)
    with pytest.raises(ModelMismatch, match="covering"):
        CoveringDetector(SPEC, other)


def test_closing_lets_the_network_go():
    network = Answering(0, 0, 0)
    CoveringDetector(SPEC, network).close()
    assert not network.open


class Followed:
    """A tracker that always has the portrait's mesh."""

    def __init__(self, mesh):
        self.mesh, self.numbers = mesh, itertools.count(1)
        self.track = next(self.numbers)

    def see(self, image, time):
        return Sighting((face_of(self.mesh),), "", self.track, self.mesh)

    def split(self):
        self.track = next(self.numbers)
        return self.track

    def close(self):
        """Nothing is held."""


class Counting:
    """An embedder that counts its calls, and answers with one person's vector."""

    def __init__(self, model_id, number):
        self.model_id, self.calls, self.number = model_id, 0, number

    def embed(self, image, landmarks):
        self.calls += 1
        return np.eye(4, dtype=np.float32)[self.number]


@pytest.fixture
def scene(portrait_mesh, portrait):
    """A pipeline over a covering network whose answer can be changed; frames at 25 a second."""
    network, embedder, old = Answering(0.1, 0.1, 0.1), Counting("new", 0), Counting("old", 1)
    covering = CoveringDetector(SPEC, network)
    pipeline = Pipeline(Followed(portrait_mesh), embedder, VisionSettings(), 0.5, beside=old, covering=covering)
    numbers = itertools.count()

    def watch(frames):
        return [pipeline.observe(Frame(n, 50 + n / 25, portrait)) for n in itertools.islice(numbers, frames)]

    return watch, network, embedder, old


def test_a_covered_face_is_not_embedded_and_says_what_is_covered_in_every_frame(scene):
    watch, network, embedder, old = scene
    network.answer = (0.9, 0.2, 0.95)
    seen = watch(20)
    assert embedder.calls == old.calls == 0
    assert {one.condition for one in seen} == {COVERED}
    assert {one.covered for one in seen} == {("eyes", "forehead")}
    assert all(one.embedding is None for one in seen)
    assert seen[-1].quality.score < SCORE_USABLE
    assert seen[-1].liveness.frames == 20


def test_what_is_taken_off_counts_within_the_embedding_interval(scene):
    watch, network, embedder, _ = scene
    network.answer = (0.9, 0.2, 0.1)
    before = watch(10)[-1].track
    network.answer = (0.1, 0.1, 0.1)
    after = watch(5)[-1]
    assert after.condition == ""
    assert after.track == before
    assert embedder.calls >= 1


def test_a_free_face_is_embedded_by_both_networks_on_the_same_frames(scene):
    watch, _, embedder, old = scene
    seen = [one for one in watch(20) if one.embedding is not None]
    assert embedder.calls == old.calls == len(seen)
    assert [one.vector_beside().tolist() for one in seen] == [[0, 1, 0, 0]] * len(seen)
    assert [one.vector().tolist() for one in seen] == [[1, 0, 0, 0]] * len(seen)
    assert {"eyes", "nose_mouth", "forehead"} <= {measure.name for measure in seen[0].quality.measures}


def test_without_a_network_nobody_asks_about_coverings(portrait_mesh, portrait):
    pipeline = Pipeline(Followed(portrait_mesh), Counting("new", 0), VisionSettings())
    seen = pipeline.observe(Frame(1, 50, portrait))
    assert seen.condition == ""
    assert seen.covered == ()
    assert seen.beside is None
    assert not {"eyes", "nose_mouth", "forehead"} & {measure.name for measure in seen.quality.measures}


@pytest.fixture(scope="module")
def shipped():
    """The shipped covering network."""
    model = catalogue.covering(VisionSettings())
    if model is None:
        pytest.skip("no covering network lies in models/")
    detector = CoveringDetector.open(model)
    yield detector
    detector.close()


OVAL_BELOW_EYES = (234, 93, 132, 172, 152, 397, 361, 323, 454, 351, 6, 122)
AROUND_EYES = (127, 70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 356, 347, 6, 118)


def drawn_over(portrait, mesh, points, colour):
    """The portrait with the polygon of these landmarks painted over."""
    painted = portrait.copy()
    cv2.fillPoly(painted, [mesh[list(points), :2].round().astype(np.int32)], colour)
    return painted


def test_the_shipped_network_finds_the_portrait_free(shipped, portrait, portrait_mesh):
    assert [measure.name for measure in shipped.measure(portrait, portrait_mesh) if measure.reason] == []


@pytest.mark.parametrize(
    ("points", "colour", "region"),
    [(OVAL_BELOW_EYES, (200, 190, 170), "nose_mouth"), (AROUND_EYES, (15, 15, 15), "eyes")],
)
def test_the_shipped_network_finds_what_is_painted_over(shipped, portrait, portrait_mesh, points, colour, region):
    painted = drawn_over(portrait, portrait_mesh, points, colour)
    assert region in {measure.name for measure in shipped.measure(painted, portrait_mesh) if measure.reason}
