"""The trained network as TFLite: int8 inside, float32 at its ends. Runs in the recipe's own environment."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from embedding.convert import to_tflite

from covering import network, train, views

FILE = "face_covering_int8.tflite"
_SHOWN = 400


def quantised(model: tf.keras.Model, chips: np.ndarray) -> bytes:
    """Weights and activations int8, their ranges seen on these chips."""

    def shown() -> Iterator[list[np.ndarray]]:
        for chip in chips:
            yield [train.as_input(chip[None])]

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
    model = network.build()
    model.load_weights(given.run / "weights.h5")
    fixed = tf.keras.Model(model.input, model.output)
    fixed.inputs[0].set_shape((1, *fixed.inputs[0].shape[1:]))
    chips, _, _ = views.load(given.work, 1, views.SHARD)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / FILE).write_bytes(quantised(fixed, chips[:_SHOWN]))
    (given.out / FILE.replace("int8", "float32")).write_bytes(to_tflite(fixed, "float32"))
    print(f"{given.out / FILE}: {(given.out / FILE).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
