"""Runs a TFLite network on LiteRT or on tflite-runtime, whichever is there. What the network is for is not known here.

Neither runtime is imported before a model is opened. An interpreter is not safe to share: the thread that runs it owns
it, and several multi-threaded interpreters at work in one process slow each other down badly.
"""

import importlib
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from inference.manifest import ModelError

Floats = npt.NDArray[np.float32]
Runtime = Literal["auto", "litert", "tflite-runtime"]

_MODULES: dict[str, str] = {
    "litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
}


class RuntimeUnavailable(ModelError):
    """The TFLite runtime that was asked for, or every one, is not installed."""


class ModelMismatch(ModelError):
    """The network is not a TFLite file, or its tensors are not those that its manifest declares."""


class Network:
    """One network ready to run: one float32 input, one float32 output. Owned by the thread that runs it."""

    def __init__(self, runtime: str, interpreter: Any) -> None:  # noqa: ANN401 - two untyped packages share this interface
        self.runtime = runtime
        """The runtime in use: `litert` or `tflite-runtime`."""
        self._interpreter = interpreter
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1 or inputs[0]["dtype"] is not np.float32:
            raise ModelMismatch("the network must have one float32 input and one output")
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self.input_shape = tuple(int(n) for n in inputs[0]["shape"])
        self.output_shape = tuple(int(n) for n in outputs[0]["shape"])

    def run(self, tensor: Floats) -> Floats:
        """The network's output, shape `output_shape`, for an input of exactly `input_shape`."""
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        output: Floats = self._interpreter.get_tensor(self._output)
        return output

    def close(self) -> None:
        """Let the interpreter's memory go; `run` must not be called after it."""
        self._interpreter = None


def available() -> tuple[str, ...]:
    """The runtimes that are installed, the preferred one first."""
    return tuple(name for name in _MODULES if _interpreter_class(name) is not None)


def open_network(content: bytes, threads: int = 1, runtime: Runtime = "auto") -> Network:
    """Make a network of a TFLite file's bytes. `auto` takes LiteRT where it is installed, else tflite-runtime.

    Raises:
        RuntimeUnavailable: no such runtime.
        ModelMismatch: the bytes are not a network that this runtime can run.
    """
    for name in _MODULES if runtime == "auto" else (runtime,):
        interpreter_class = _interpreter_class(name)
        if interpreter_class is not None:
            return Network(name, _allocated(interpreter_class, content, threads))
    wanted = "ai-edge-litert or tflite-runtime" if runtime == "auto" else runtime
    raise RuntimeUnavailable(f"no TFLite runtime: install {wanted} (`make setup` does)")


def _interpreter_class(name: str) -> Any | None:  # noqa: ANN401
    try:
        return importlib.import_module(_MODULES[name]).Interpreter
    except ModuleNotFoundError:
        return None


def _allocated(interpreter_class: Any, content: bytes, threads: int) -> Any:  # noqa: ANN401
    try:
        interpreter = interpreter_class(model_content=content, num_threads=threads)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelMismatch(f"the TFLite runtime cannot load this network: {error}") from error
    return interpreter
