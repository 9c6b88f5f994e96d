"""dlib's network, folded, as a Keras graph. Needs TensorFlow."""

from typing import Any

import numpy as np
import tensorflow as tf

from embedding.dlib_file import Conv, DlibNetwork, Floats, Layer, Linear, Plain, Pool
from embedding.folding import fold

Tensor = Any


def build(network: DlibNetwork) -> tf.keras.Model:
    """A model that takes raw RGB, (1, 150, 150, 3) float32 0..255, and returns the embedding as dlib does, not normalised."""
    image = tf.keras.Input((network.input.height, network.input.width, 3), batch_size=1, name="chip")
    folded = fold(network)
    tags: dict[str, Tensor] = {}
    x: Tensor = image
    for layer in folded:
        x = _apply(layer, x, tags)
    return tf.keras.Model(image, x, name="dlib_face_recognition")


def _apply(layer: Layer, x: Tensor, tags: dict[str, Tensor]) -> Tensor:
    if isinstance(layer, Conv):
        return _conv(layer, x)
    if isinstance(layer, Pool):
        return _pool(layer, x)
    if isinstance(layer, Linear):
        numbers = [np.array(layer.weights)] + ([] if layer.bias is None else [np.array(layer.bias)])
        return tf.keras.layers.Dense(layer.weights.shape[1], use_bias=len(numbers) == 2, weights=numbers)(x)
    assert isinstance(layer, Plain)
    return _plain(layer.kind, x, tags)


def _plain(kind: str, x: Tensor, tags: dict[str, Tensor]) -> Tensor:
    if kind == "relu":
        return tf.keras.layers.ReLU()(x)
    if kind.startswith("tag"):
        tags[kind[3:]] = x
        return x
    if kind.startswith("skip"):
        return tags[kind[4:]]
    return _add(x, tags[kind[3:]])


def _conv(layer: Conv, x: Tensor) -> Tensor:
    """Of dlib's convolutions those of stride 1 are padded by half a kernel (`same`), the others not at all (`valid`)."""
    filters, _, height, width = layer.weights.shape
    same = layer.padding == (height // 2, width // 2) and layer.stride == (1, 1)
    if not same and layer.padding != (0, 0):
        raise ValueError(f"padding {layer.padding} with stride {layer.stride} has no counterpart")
    kernel = _as_keras(layer.weights)
    padding = "same" if same else "valid"
    return tf.keras.layers.Conv2D(filters, (height, width), layer.stride, padding, weights=[kernel, layer.bias])(x)


def _as_keras(weights: Floats) -> Floats:
    return np.ascontiguousarray(weights.transpose(2, 3, 1, 0))


def _pool(layer: Pool, x: Tensor) -> Tensor:
    if layer.padding != (0, 0):
        raise ValueError("padded pooling has no counterpart")
    if layer.window == (0, 0):
        return tf.keras.layers.GlobalAveragePooling2D()(x)
    kind = tf.keras.layers.MaxPooling2D if layer.kind == "max" else tf.keras.layers.AveragePooling2D
    return kind(layer.window, layer.stride, "valid")(x)


def _add(a: Tensor, b: Tensor) -> Tensor:
    """Add as dlib does: of tensors of different sizes the smaller has zeros at its bottom, its right, and its last channels."""
    size = [max(m, n) for m, n in zip(a.shape[1:], b.shape[1:], strict=True)]
    return tf.keras.layers.Add()([_grow(a, size), _grow(b, size)])


def _grow(x: Tensor, size: list[int]) -> Tensor:
    missing = [wanted - has for wanted, has in zip(size, x.shape[1:], strict=True)]
    return tf.pad(x, [[0, 0], *[[0, n] for n in missing]]) if any(missing) else x
