"""A trained network's file, and the folding of affine layers: no PyTorch and no TensorFlow needed."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

RECIPE = Path(__file__).resolve().parents[2] / "models" / "build"


@pytest.fixture(scope="module", autouse=True)
def recipe() -> Iterator[None]:
    sys.path.insert(0, str(RECIPE))
    yield
    sys.path.remove(str(RECIPE))


def module(name: str) -> ModuleType:
    return importlib.import_module(f"embedding.{name}")


@pytest.fixture
def network() -> Any:
    """A convolution with an affine, a ReLU, the mean over the picture, and a last layer with a bias."""
    dlib_file, random = module("dlib_file"), np.random.default_rng(1)

    def numbers(*shape: int) -> np.ndarray:
        return random.normal(0, 0.1, shape).astype(np.float32)

    layers = (
        dlib_file.Conv(numbers(4, 3, 3, 3), numbers(4), (2, 2), (0, 0)),
        dlib_file.Affine(1 + numbers(4), numbers(4)),
        dlib_file.Plain("relu"),
        dlib_file.Pool("avg", (0, 0), (1, 1), (0, 0)),
        dlib_file.Linear(numbers(4, 2), numbers(2)),
    )
    return dlib_file.DlibNetwork(dlib_file.Input((120.0, 110.0, 100.0), 9, 9), layers)


def first_layers(network: Any, picture: np.ndarray) -> np.ndarray:
    """What the convolution and its affine give at the picture's first place, computed plainly."""
    x = (picture - np.array(network.input.mean)[:, None, None]) / 256
    conv, *rest = network.layers
    answer = (conv.weights * x[None, :, :3, :3]).sum(axis=(1, 2, 3)) + conv.bias
    return answer * rest[0].gamma + rest[0].beta if hasattr(rest[0], "gamma") else answer


def test_folding_changes_no_answer(network: Any) -> None:
    folding, picture = module("folding"), np.random.default_rng(2).uniform(0, 255, (3, 9, 9))
    plain = folding.without_affines(network)
    assert len(plain.layers) == len(network.layers) - 1
    assert first_layers(plain, picture) == pytest.approx(first_layers(network, picture), abs=1e-5)
    folded = folding.fold(network)[0]
    raw = (folded.weights * picture[None, :, :3, :3]).sum(axis=(1, 2, 3)) + folded.bias
    assert raw == pytest.approx(first_layers(network, picture), abs=1e-4)


def test_unfolding_changes_no_answer_and_gives_every_filter_a_fresh_ones_length(network: Any) -> None:
    folding, picture = module("folding"), np.random.default_rng(3).uniform(0, 255, (3, 9, 9))
    unfolded = folding.with_affines(folding.without_affines(network))
    assert [type(layer) for layer in unfolded.layers] == [type(layer) for layer in network.layers]
    assert first_layers(unfolded, picture) == pytest.approx(first_layers(network, picture), abs=1e-5)
    assert (unfolded.layers[0].weights ** 2).sum(axis=(1, 2, 3)) == pytest.approx(2, rel=1e-5)


def test_a_saved_network_comes_back_as_float16_holds_it(network: Any, tmp_path: Path) -> None:
    weights, answers = module("weights"), np.ones((20, 2), dtype=np.float32)
    weights.save(tmp_path / "w.npz", network, answers)
    loaded, again = weights.load(tmp_path / "w.npz")
    rounded = weights.rounded(network)
    assert loaded.input == network.input
    assert np.array_equal(again, answers)
    for one, other, original in zip(loaded.layers, rounded.layers, network.layers, strict=True):
        assert type(one) is type(other)
        for name in vars(other):
            assert np.array_equal(getattr(one, name), getattr(other, name))
            if isinstance(getattr(original, name), np.ndarray):
                assert getattr(one, name) == pytest.approx(getattr(original, name), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut off", b"not a zip at all"])
def test_a_file_that_holds_no_network_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(module("weights").WeightsError, match=r"w\.npz"):
        module("weights").load(path)


def test_pictures_are_the_same_every_time() -> None:
    first, second = (module("pictures").pictures(30, 20) for _ in range(2))
    assert len(first) == module("pictures").COUNT
    assert all(np.array_equal(a, b) and a.shape == (30, 20, 3) for a, b in zip(first, second, strict=True))
