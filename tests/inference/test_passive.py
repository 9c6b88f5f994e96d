"""The passive network's crops, what a score comes to, its manifest, and when the pipeline asks for one.

The portrait is a photo and the networks here answer what they are told: what is tested is the wiring, never a verdict.
"""

import hashlib
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.frame import Frame
from inference import catalogue, model_check
from inference.liveness.crops import CropError, Square, crop, face_square
from inference.liveness.network import PassiveNetwork
from inference.manifest import Errors, InputSpec, LivenessSpec, ManifestError, Rate, read_listing
from inference.pipeline import Pipeline
from inference.runtime import ModelMismatch
from inference.settings import VisionSettings
from inference.tracking import Sighting, face_of

SPEC = LivenessSpec(
    id="liveness",
    licence="CC0-1.0",
    origin="a test",
    data="nothing",
    input=InputSpec(80, 80, "nhwc", "bgr", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    crops=(2.7, 4.0),
    threshold=0.5,
    grey=(0.3, 0.7),
    calibration=Errors("nothing", (0.3, 0.7), (0.1, 0.0), (0.0, 0.1)),
    measured={"nothing": Rate(0, 1)},
)
MANIFEST = """version = 1
[liveness]
id = "liveness-test"
licence = "CC0-1.0"
origin = "a test"
data = "nothing"
crops = [2.7, 4.0]
threshold = 0.5
grey = [0.3, 0.7]
file = "passive.tflite"
sha256 = "{sha256}"
size = 9
[liveness.input]
width = 80
height = 80
layout = "nhwc"
channels = "bgr"
mean = [127.5, 127.5, 127.5]
std = [127.5, 127.5, 127.5]
[liveness.calibration]
data = "nothing"
thresholds = [0.3, 0.7]
apcer = [0.1, 0.0]
bpcer = [0.0, 0.1]
[liveness.measured.nothing]
errors = 0
of = 1
"""


class Answering:
    """A network of the right shapes that remembers its inputs and answers with one number."""

    input_shape, output_shape, runtime = (1, 80, 80, 6), (1, 1), "none"

    def __init__(self, answer=0.8):
        self.answer, self.seen, self.open = answer, [], True

    def run(self, tensor):
        self.seen.append(tensor)
        return np.array([[self.answer]], dtype=np.float32)

    def close(self):
        self.open = False


@given(
    st.tuples(st.integers(40, 400), st.integers(40, 400)),
    st.tuples(st.floats(-100, 500), st.floats(-100, 500)),
    st.floats(4, 900),
    st.floats(0.5, 6),
)
def test_a_crop_is_always_whole_and_made_of_the_picture_alone(size, centre, side, scale):
    found = crop(np.full((*size, 3), 77, np.uint8), Square(*centre, side), scale, 80)
    assert found.shape == (80, 80, 3)
    assert (found == 77).all()


def test_a_context_that_leaves_the_picture_is_moved_back_into_it():
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[:, :100] = 255
    inner, at_border = (crop(picture, Square(x, 100, 60), 2, 80) for x in (150, 40))
    assert inner[:, :20].mean() < 90
    assert (at_border[:, :60] == 255).all()
    assert np.array_equal(at_border, crop(picture, Square(60, 100, 60), 2, 80))


def test_the_square_follows_the_face(portrait_mesh):
    square = face_square(portrait_mesh)
    low, high = portrait_mesh[:, :2].min(axis=0), portrait_mesh[:, :2].max(axis=0)
    assert np.hypot(*(np.array((square.x, square.y)) - (low + high) / 2)) < 0.05 * square.side
    moved = face_square(portrait_mesh * 2 + 10)
    assert (moved.x, moved.y, moved.side) == pytest.approx((square.x * 2 + 10, square.y * 2 + 10, square.side * 2), rel=1e-4)


@pytest.mark.parametrize("broken", [np.zeros((478, 3)), np.full((478, 3), np.nan), np.full((478, 3), np.inf)])
def test_landmarks_that_span_nothing_give_no_square(broken):
    with pytest.raises(CropError):
        face_square(broken.astype(np.float32))


def test_a_face_cut_off_at_the_border_is_not_judged(portrait, portrait_mesh):
    passive = PassiveNetwork(SPEC, network := Answering())
    square = face_square(portrait_mesh)
    with pytest.raises(CropError, match="border"):
        passive.score(portrait[int(square.y) :], portrait_mesh - np.array([0, int(square.y), 0], np.float32))
    assert network.seen == []


def test_the_network_sees_face_and_context_in_its_order(portrait, portrait_mesh):
    network = Answering()
    assert PassiveNetwork(SPEC, network).score(portrait, portrait_mesh) == pytest.approx(0.8)
    (seen,) = network.seen
    assert seen.shape == (1, 80, 80, 6)
    assert seen.dtype == np.float32
    square = face_square(portrait_mesh)
    assert np.array_equal(seen[0, :, :, :3], crop(portrait, square, 2.7, 80))
    assert np.array_equal(seen[0, :, :, 3:], crop(portrait, square, 4.0, 80))


@pytest.mark.parametrize(("answer", "score"), [(float("nan"), 0), (float("inf"), 0), (-0.5, 0), (1.5, 1), (0.25, 0.25)])
def test_what_is_no_number_counts_as_an_attack(portrait, portrait_mesh, answer, score):
    assert PassiveNetwork(SPEC, Answering(answer)).score(portrait, portrait_mesh) == score


def test_a_network_of_other_shapes_is_refused():
    other = Answering()
    other.input_shape = (1, 80, 80, 3)
    with pytest.raises(ModelMismatch, match="liveness"):
        PassiveNetwork(SPEC, other)


class Followed:
    """A tracker that always has the portrait's mesh."""

    def __init__(self, mesh):
        self.mesh, self.numbers = mesh, itertools.count(2)
        self.track = 1

    def see(self, image, time):
        return Sighting((face_of(self.mesh),), "", self.track, self.mesh)

    def split(self):
        self.track = next(self.numbers)
        return self.track

    def close(self):
        """Nothing is held."""


class Knowing:
    """An embedder that answers with one person's vector."""

    model_id = "one"

    def embed(self, image, landmarks):
        return np.eye(4, dtype=np.float32)[0]


@pytest.fixture
def observed(portrait, portrait_mesh):
    """What a pipeline makes of so many frames at 30 a second, with the network or without."""

    def watch(frames, passive, picture=portrait, mesh=portrait_mesh):
        pipeline = Pipeline(Followed(mesh), Knowing(), VisionSettings(), passive=passive)
        return [pipeline.observe(Frame(n, 50 + n / 30, picture)) for n in range(frames)]

    return watch


def test_every_recognised_frame_has_a_score_and_others_ten_times_a_second(observed):
    seen = observed(30, PassiveNetwork(SPEC, network := Answering()))
    assert all(one.liveness.passive == pytest.approx(0.8) for one in seen if one.embedding is not None)
    assert any(one.embedding is not None for one in seen)
    scored = [number for number, one in enumerate(seen) if one.liveness.passive is not None]
    assert len(network.seen) == len(scored)
    assert 5 + 8 <= len(scored) <= 5 + 12


def test_a_tracks_first_window_is_scored_frame_by_frame(observed):
    seen = observed(6, PassiveNetwork(SPEC, Answering()))
    assert [one.liveness.passive is not None for one in seen[:5]] == [True] * 5


def test_a_frame_that_cannot_be_used_has_no_score(observed, portrait):
    seen = observed(3, PassiveNetwork(SPEC, network := Answering()), picture=portrait // 16)
    assert all(one.condition and one.liveness.passive is None for one in seen)
    assert network.seen == []


def test_without_a_network_there_are_no_scores(observed):
    assert [one.liveness.passive for one in observed(3, None)] == [None] * 3


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a liveness manifest, and a file of that content, into a folder of models; the settings that find it."""
    monkeypatch.setattr(catalogue, "default_manifest", lambda: tmp_path / "shipped" / "manifest.toml")

    def put(content=b"a network", text=MANIFEST):
        folder = tmp_path / "models" / "own"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "passive.tflite").write_bytes(content)
        (folder / "manifest.toml").write_text(text.format(sha256=hashlib.sha256(b"a network").hexdigest()))
        return VisionSettings(models=tmp_path / "models")

    return put


def test_the_liveness_network_is_found_and_can_be_switched_off(install):
    settings = install()
    assert catalogue.liveness(settings).id == "liveness-test"
    assert catalogue.covering(settings) is None
    assert catalogue.liveness(settings.model_copy(update={"passive": False})) is None
    assert [model.id for model in read_listing(catalogue.liveness(settings).path.with_name("manifest.toml")).models] == [
        "liveness-test"
    ]


def test_an_altered_network_is_refused(install):
    with pytest.raises(ManifestError, match=r"passive\.tflite: sha256"):
        catalogue.liveness(install(b"a networc"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("grey = [0.3, 0.7]", "grey = [0.6, 0.7]"),
        ("threshold = 0.5", "threshold = 1.0"),
        ("crops = [2.7, 4.0]", "crops = []"),
        ("apcer = [0.1, 0.0]", "apcer = [0.0, 0.1]"),
        ("bpcer = [0.0, 0.1]", "bpcer = [0.0]"),
        ('data = "nothing"\ncrops', "crops"),
        ("errors = 0", "errors = 0\nof_what = 1"),
        ('layout = "nhwc"', 'layout = "nchw"'),
    ],
)
def test_a_manifest_that_says_too_little_or_contradicts_itself_keeps_the_device_from_starting(install, old, new):
    assert MANIFEST.count(old) == 1
    with pytest.raises(ManifestError):
        catalogue.liveness(install(text=MANIFEST.replace(old, new)))


@pytest.fixture(scope="module")
def shipped():
    """The shipped network."""
    model = catalogue.liveness(VisionSettings())
    if model is None:
        pytest.skip("no liveness network lies in models/")
    passive = PassiveNetwork.open(model)
    yield passive
    passive.close()


def test_the_shipped_network_can_be_probed_and_answers_the_same_twice(shipped, portrait, portrait_mesh):
    assert model_check.probe_passive(shipped.model, shipped) < 1000
    first, second = (shipped.score(portrait, portrait_mesh) for _ in range(2))
    assert first == second
    assert 0 <= first <= 1


def test_the_shipped_manifest_tells_what_was_measured(shipped):
    model = shipped.model
    assert all(rate.errors <= rate.of for rate in model.measured.values())
    assert model.measured
    assert model.grey[0] < model.grey[1]
