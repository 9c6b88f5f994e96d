"""Checks a TFLite file against the implementation it was made from, dlib or onnxruntime, on seeded pictures. Needs TensorFlow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Reference = Callable[[Image], Floats]

FLOAT_TOLERANCE = 1e-5
"""Largest difference to the original, as a part of the vector's length."""
INT8_LOWEST_COSINE = 0.98
"""On pictures of noise, which are harder on quantised weights than faces are."""


class VerificationError(RuntimeError):
    """The converted network does not compute what the original computes."""


def recorded(chips: list[Image], answers: Floats) -> Reference:
    """A network that no other implementation runs here: the answers that its training wrote beside the weights."""
    known = {chip.tobytes(): answer for chip, answer in zip(chips, answers, strict=True)}
    return lambda chip: known[chip.tobytes()]


def dlib_reference(weights: Path) -> Reference:
    """The network of dlib itself; takes RGB chips of 150x150."""
    import dlib

    network = dlib.face_recognition_model_v1(str(weights))
    return lambda chip: np.array(network.compute_face_descriptor(chip), dtype=np.float32)


def onnx_reference(weights: Path, mean: list[float], std: list[float]) -> Reference:
    """onnxruntime; takes RGB chips, normalises them, and runs them in NCHW."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(weights))
    name = session.get_inputs()[0].name

    def run(chip: Image) -> Floats:
        tensor = ((chip - np.array(mean)) / np.array(std)).astype(np.float32).transpose(2, 0, 1)[np.newaxis]
        return np.asarray(session.run(None, {name: np.ascontiguousarray(tensor)})[0][0], dtype=np.float32)

    return run


def tflite_reference(content: bytes, network: dict[str, Any]) -> Reference:
    """The TFLite bytes under TensorFlow's interpreter, normalised as the manifest will say."""
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    mean, std = np.array(network["input"]["mean"]), np.array(network["input"]["std"])

    def run(chip: Image) -> Floats:
        interpreter.set_tensor(source, ((chip - mean) / std).astype(np.float32)[np.newaxis])
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(target)[0], dtype=np.float32)

    return run


def compare(made: Reference, original: Reference, chips: list[Image], precision: str) -> str:
    """A sentence on how close the two are.

    Raises:
        VerificationError: further apart than the precision allows.
    """
    pairs = [(made(chip), original(chip)) for chip in chips]
    if precision == "float32":
        worst = max(float(np.abs(a - b).max() / np.linalg.norm(b)) for a, b in pairs)
        sentence, good = f"largest difference {worst:.1e} of the length", worst <= FLOAT_TOLERANCE
    else:
        lowest = min(float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for a, b in pairs)
        sentence, good = f"lowest cosine {lowest:.4f}", lowest >= INT8_LOWEST_COSINE
    if not good:
        raise VerificationError(f"{precision} against the original on {len(chips)} pictures: {sentence}")
    return sentence
