"""The trained network as TFLite: int8 inside, float32 at its ends. Needs TensorFlow."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from embedding.convert import to_tflite

from covering import views
from covering.draw import CHIP
from covering.structure import EPSILON, GRID, MEAN, PLAN, STD, TOP

FILE = "face_covering_int8.tflite"
_SHOWN = 400

Weights = Mapping[str, npt.NDArray[np.float32]]


def folded(weights: Weights, number: int) -> list[npt.NDArray[np.float32]]:
    """Kernel and bias of a convolution with its batch norm in them."""
    of = {part: weights[f"layers.{number}.norm.{part}"] for part in ("weight", "bias", "running_mean", "running_var")}
    gain = of["weight"] / np.sqrt(of["running_var"] + EPSILON)
    kernel = weights[f"layers.{number}.convolution.weight"] * gain[:, None, None, None]
    return [kernel.transpose(2, 3, 1, 0), of["bias"] - of["running_mean"] * gain]


def build(weights: Weights) -> tf.keras.Model:
    """(1, 80, 80, 3) normalised chip to probabilities (1, 3)."""
    layers = tf.keras.layers
    chip = x = layers.Input((CHIP, CHIP, 3), batch_size=1, name="chip")
    for number, (width, stride) in enumerate(PLAN):
        y = layers.Conv2D(width, 3, stride, weights=folded(weights, number))(layers.ZeroPadding2D(1)(x))
        x = layers.ReLU()(layers.Add()([x, y]) if stride == 1 and x.shape[-1] == width else y)
    top = [weights["top.weight"].transpose(2, 3, 1, 0), weights["top.bias"]]
    x = layers.Flatten()(layers.ReLU()(layers.Conv2D(TOP, 1, weights=top)(x)))
    # PyTorch flattens channels first, TensorFlow last.
    head = weights["head.weight"].reshape(-1, TOP, GRID, GRID).transpose(2, 3, 1, 0).reshape(GRID * GRID * TOP, -1)
    return tf.keras.Model(chip, layers.Dense(head.shape[1], "sigmoid", weights=[head, weights["head.bias"]])(x))


def quantised(model: tf.keras.Model, chips: npt.NDArray[np.uint8]) -> bytes:
    """Weights and activations int8, their ranges seen on these chips."""

    def shown() -> Iterator[list[npt.NDArray[np.float32]]]:
        for chip in chips:
            yield [((chip[None].astype(np.float32) - MEAN) / STD).astype(np.float32)]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = shown
    content: bytes = converter.convert()
    return content


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="work folder with drawn views")
    parser.add_argument("--run", type=Path, required=True, help="folder of the training run")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the networks to")
    given = parser.parse_args()
    with np.load(given.run / "weights.npz") as kept:
        model = build({name: kept[name].astype(np.float32) for name in kept.files})
    chips = views.load(given.work, 1, views.SHARD)[0]
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / FILE).write_bytes(quantised(model, chips[:_SHOWN]))
    (given.out / FILE.replace("int8", "float32")).write_bytes(to_tflite(model, "float32"))
    print(f"{given.out / FILE}: {(given.out / FILE).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
