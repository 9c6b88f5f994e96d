"""The first network, shipped beside the default, on a public-domain photo: against dlib's own answer for it."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from matplotlib import cbook

from inference.align import AlignmentError
from inference.embedder import Embedder, unit
from inference.manifest import default_manifest, load_manifest
from inference.runtime import ModelMismatch, Runtime, available

MODEL = load_manifest(default_manifest().parent / "dlib" / "manifest.toml").embedding
REFERENCE = json.loads((Path(__file__).parent / "data" / "grace_hopper.json").read_text(encoding="utf-8"))
DLIB = np.array(REFERENCE["dlib_embedding"], dtype=np.float32)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    path = Path(str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)))
    if hashlib.sha256(path.read_bytes()).hexdigest() != REFERENCE["photo_sha256"]:
        pytest.skip("matplotlib ships another version of the photo")
    return np.asarray(cv2.imread(str(path)), dtype=np.uint8)


@pytest.fixture(scope="module")
def landmarks() -> np.ndarray:
    """NaN wherever the template does not look: it must not look there."""
    points = np.full((478, 2), np.nan)
    for number, point in REFERENCE["landmarks"].items():
        points[int(number)] = point
    return points


@pytest.fixture(scope="module", params=["litert", "tflite-runtime"])
def embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    runtime: Runtime = request.param
    if runtime not in available():
        pytest.skip(f"{runtime} is not installed here")
    opened = Embedder.open(MODEL, threads=1, runtime=runtime)
    yield opened
    opened.close()


def test_it_answers_as_dlib_does(embedder: Embedder, photo: np.ndarray, landmarks: np.ndarray) -> None:
    embedding = embedder.embed(photo, landmarks)
    assert embedding.dtype == np.float32
    assert embedding.shape == (128,)
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-6)
    assert float(embedding @ DLIB) > 0.999


def test_swapped_channels_would_be_noticed(embedder: Embedder, photo: np.ndarray, landmarks: np.ndarray) -> None:
    """A swap moves the embedding by little, so it must be held against dlib, which takes RGB."""
    right = float(embedder.embed(photo, landmarks) @ DLIB)
    swapped = float(embedder.embed(np.ascontiguousarray(photo[:, :, ::-1]), landmarks) @ DLIB)
    assert swapped < 0.998 < right


def test_the_mirror_image_has_the_same_embedding(embedder: Embedder, photo: np.ndarray, landmarks: np.ndarray) -> None:
    chip = embedder.chip(photo, landmarks)
    mirrored = np.ascontiguousarray(chip[:, ::-1])
    assert float(embedder.embed_chip(chip) @ embedder.embed_chip(mirrored)) == pytest.approx(1, abs=1e-6)


def test_it_is_the_mean_of_the_unit_vectors_of_face_and_mirror_image(
    embedder: Embedder, photo: np.ndarray, landmarks: np.ndarray
) -> None:
    chip = embedder.chip(photo, landmarks)
    face, mirrored = embedder.embed_chips([chip, chip[:, ::-1]])
    assert np.allclose(embedder.embed(photo, landmarks), unit(face + mirrored), atol=1e-6)
    assert np.linalg.norm(face) == pytest.approx(1, abs=1e-6)


def test_the_same_picture_has_the_same_embedding(embedder: Embedder, photo: np.ndarray, landmarks: np.ndarray) -> None:
    first = embedder.embed(photo, landmarks)
    embedder.embed(photo[:, ::-1], landmarks)
    assert np.array_equal(first, embedder.embed(photo, landmarks))


@pytest.mark.parametrize("scale", [0.6, 2.0, 4.0])
def test_the_size_of_the_picture_hardly_matters(
    embedder: Embedder, photo: np.ndarray, landmarks: np.ndarray, scale: float
) -> None:
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=kind), dtype=np.uint8)
    moved = (landmarks + 0.5) * scale - 0.5
    assert float(embedder.embed(photo, landmarks) @ embedder.embed(resized, moved)) > 0.995


def test_no_chips_have_no_embeddings(embedder: Embedder) -> None:
    assert embedder.embed_chips([]).shape == (0, 128)


def test_landmarks_without_a_face_are_refused(embedder: Embedder, photo: np.ndarray) -> None:
    with pytest.raises(AlignmentError):
        embedder.embed(photo, np.zeros((478, 2)))


def test_it_carries_the_id_of_its_model(embedder: Embedder) -> None:
    assert embedder.model_id == MODEL.id


@pytest.mark.parametrize("change", [{"dimension": 64}, {"input": msgspec.structs.replace(MODEL.input, width=112)}])
def test_a_network_unlike_its_manifest_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ModelMismatch, match="manifest says"):
        Embedder.open(msgspec.structs.replace(MODEL, **change))


def test_normalisation_and_layout_come_from_the_manifest() -> None:
    """A network that returns the means of its input shows what reaches it; channel order and layout included."""
    spec = msgspec.structs.replace(
        MODEL.input, width=4, height=6, layout="nchw", channels="bgr", mean=(10.0, 20.0, 30.0), std=(1.0, 2.0, 4.0)
    )

    class Means:
        runtime, input_shape, output_shape = "litert", (1, 3, 6, 4), (1, 3)

        def run(self, tensor: np.ndarray) -> np.ndarray:
            return tensor.mean(axis=(2, 3))

    embedder = Embedder(msgspec.structs.replace(MODEL, input=spec, dimension=3), Means())  # type: ignore[arg-type]
    chip = np.broadcast_to(np.array([13, 28, 50], dtype=np.uint8), (6, 4, 3))
    assert np.allclose(embedder.embed_chips([chip]), unit(np.array([[3.0, 4.0, 5.0]], dtype=np.float32)))
