"""Both TFLite runtimes behind one interface, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest

from inference.manifest import default_manifest, load_manifest
from inference.runtime import ModelMismatch, Network, Runtime, RuntimeUnavailable, available, open_network

MODEL = load_manifest().embedding


@pytest.fixture(scope="module")
def content() -> bytes:
    return MODEL.read()


@pytest.fixture(scope="module")
def chips() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (3, 1, 150, 150, 3)).astype(np.float32)


@pytest.fixture(scope="module", params=["litert", "tflite-runtime"])
def network(request: pytest.FixtureRequest, content: bytes) -> Network:
    runtime: Runtime = request.param
    if runtime not in available():
        pytest.skip(f"{runtime} is not installed here")
    return open_network(content, 1, runtime)


def test_it_is_the_runtime_that_was_asked_for(network: Network, request: pytest.FixtureRequest) -> None:
    assert network.runtime == request.node.callspec.params["network"]
    assert network.input_shape == (1, 150, 150, 3)
    assert network.output_shape == (1, 128)


def test_the_same_input_gives_the_same_output(network: Network, chips: np.ndarray) -> None:
    first = network.run(chips[0]).copy()
    network.run(chips[1])
    assert np.array_equal(first, network.run(chips[0]))


def test_an_output_stays_what_it_was_when_the_network_runs_again(network: Network, chips: np.ndarray) -> None:
    first = network.run(chips[0])
    kept = first.copy()
    network.run(chips[1])
    assert np.array_equal(first, kept)


def test_threads_do_not_change_the_answer(network: Network, content: bytes, chips: np.ndarray) -> None:
    two = open_network(content, 2, network.runtime)  # type: ignore[arg-type]
    assert np.allclose(two.run(chips[0]), network.run(chips[0]), atol=1e-3)


def test_runtimes_agree(content: bytes, chips: np.ndarray) -> None:
    if len(available()) < 2:
        pytest.skip("only one runtime is installed here")
    one, other = (open_network(content, 1, name) for name in ("litert", "tflite-runtime"))
    for chip in chips:
        a, b = one.run(chip)[0], other.run(chip)[0]
        assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) > 0.999


def test_litert_is_preferred(content: bytes) -> None:
    assert open_network(content).runtime == available()[0]
    if "litert" in available():
        assert available()[0] == "litert"


def test_without_litert_the_other_serves(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    if "tflite-runtime" not in available():
        pytest.skip("tflite-runtime is not installed here")
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    assert open_network(content).runtime == "tflite-runtime"
    with pytest.raises(RuntimeUnavailable, match="litert"):
        open_network(content, runtime="litert")


def test_without_any_it_says_what_to_install(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("ai_edge_litert.interpreter", "tflite_runtime.interpreter"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RuntimeUnavailable, match="ai-edge-litert"):
        open_network(content)


@pytest.mark.parametrize("broken", [b"", b"no model", b"\x00" * 4096])
def test_bytes_that_are_no_network_are_refused(broken: bytes) -> None:
    with pytest.raises(ModelMismatch):
        open_network(broken)


def test_importing_the_embedder_imports_no_runtime() -> None:
    code = "import sys, inference.embedder; print([m for m in ('ai_edge_litert', 'tflite_runtime') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=default_manifest().parent.parent
    )
    assert done.stdout.strip() == "[]"
