"""The trained network as TFLite: int8 inside, float32 at its ends; and float32 throughout, to compare. Needs TensorFlow."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from embedding.convert import to_tflite

from passive.structure import BLOCKS, CLEAN_SEED, CONTEXT, FACE, KINDS, MEAN, SIDE, STD

FILE = "face_passive_int8.tflite"
_SHOWN = 60
"""Views of each kind that the ranges of activations are seen on."""
_EPSILON = 1e-5

Weights = Mapping[str, npt.NDArray[np.float32]]


class Folded:
    """Layers whose batch norms are folded into them, by the names that PyTorch gave them."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def convolution(self, name: str, x: tf.Tensor, stride: int, padding: int) -> tf.Tensor:
        """A convolution, its norm and ReLU6."""
        weight, bias = self._folded(name)
        x = tf.keras.layers.ZeroPadding2D(padding)(x) if padding else x
        size = weight.shape[2:]
        layer = tf.keras.layers.Conv2D(len(weight), size, stride, weights=[weight.transpose(2, 3, 1, 0), bias])
        return tf.keras.layers.ReLU(6.0)(layer(x))

    def depthwise(self, name: str, x: tf.Tensor, stride: int, padding: int) -> tf.Tensor:
        """A depthwise convolution, its norm and ReLU6."""
        weight, bias = self._folded(name)
        x = tf.keras.layers.ZeroPadding2D(padding)(x) if padding else x
        layer = tf.keras.layers.DepthwiseConv2D(weight.shape[2:], stride, weights=[weight.transpose(2, 3, 0, 1), bias])
        return tf.keras.layers.ReLU(6.0)(layer(x))

    def branch(self, name: str, x: tf.Tensor) -> tf.Tensor:
        """A crop to its map."""
        x = self.convolution(f"{name}.stem", x, 2, 1)
        for number, (width, stride) in enumerate(BLOCKS):
            y = self.depthwise(f"{name}.blocks.{number}.depthwise", x, stride, 1)
            y = self.convolution(f"{name}.blocks.{number}.pointwise", y, 1, 0)
            x = tf.keras.layers.Add()([x, y]) if stride == 1 and x.shape[-1] == width else y
        return x

    def _folded(self, name: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        of = {part: self.weights[f"{name}_norm.{part}"] for part in ("weight", "bias", "running_mean", "running_var")}
        gain = of["weight"] / np.sqrt(of["running_var"] + _EPSILON)
        return self.weights[f"{name}.weight"] * gain[:, None, None, None], of["bias"] - of["running_mean"] * gain


def build(weights: Weights) -> tf.keras.Model:
    """(1, 80, 80, 6) normalised crops to the score (1, 1); what the teachers would say is left out."""
    layers, folded = tf.keras.layers, Folded(weights)
    crops = layers.Input((SIDE, SIDE, 6), batch_size=1, name="crops")
    maps = [folded.branch("face", crops[..., :3]), folded.branch("context", crops[..., 3:])]
    mixed = folded.convolution("mix", layers.Concatenate()(maps), 1, 0)
    top = layers.Flatten()(folded.depthwise("gather", mixed, 1, 0))
    head = [weights["head.weight"].T, weights["head.bias"]]
    return tf.keras.Model(crops, layers.Activation("sigmoid")(layers.Dense(1, weights=head)(top)))


def shown(work: Path) -> npt.NDArray[np.float32]:
    """Inputs to see the ranges of activations on: sources as they are and filmed anew, as many of each kind."""
    rows = []
    for path in (work / f"views-{CLEAN_SEED}" / "clean.npz", *sorted((work / "views-1").glob("*.npz"))[:4]):
        with np.load(path) as kept:
            crops, kinds = kept["crops"][:, [FACE, CONTEXT]], kept["kind"]
        for kind in range(len(KINDS)):
            of = crops[kinds == kind]
            rows.append(of[:: max(1, len(of) // _SHOWN)][:_SHOWN])
    return np.concatenate([as_input(row) for row in rows])


def as_input(crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(n, 2, 80, 80, 3) uint8 to (n, 80, 80, 6) float32, as the device stacks and normalises them."""
    stacked = crops.transpose(0, 2, 3, 1, 4).reshape(len(crops), SIDE, SIDE, 6)
    return ((stacked.astype(np.float32) - MEAN) / STD).astype(np.float32)


def quantised(model: tf.keras.Model, inputs: npt.NDArray[np.float32]) -> bytes:
    """Weights and activations int8, their ranges seen on these inputs."""

    def representative() -> Iterator[list[npt.NDArray[np.float32]]]:
        for row in inputs:
            yield [row[None]]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    content: bytes = converter.convert()
    return content


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="work folder with views; without it only the float32 file is written")
    parser.add_argument("--weights", type=Path, required=True, help="weights.npz of a run")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the networks to")
    given = parser.parse_args()
    with np.load(given.weights) as kept:
        model = build({name: kept[name].astype(np.float32) for name in kept.files})
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / FILE.replace("int8", "float32")).write_bytes(to_tflite(model, "float32"))
    if given.work:
        (given.out / FILE).write_bytes(quantised(model, shown(given.work)))
        print(f"{given.out / FILE}: {(given.out / FILE).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
