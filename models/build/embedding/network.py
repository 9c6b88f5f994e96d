"""dlib's network as a Keras graph: affine layers folded into the convolutions, input scaling into the first. Needs TensorFlow."""

from typing import Any

import numpy as np
import tensorflow as tf

from embedding.dlib_file import Affine, Conv, DlibNetwork, Floats, Input, Layer, Linear, Plain, Pool

Tensor = Any
_DIVISOR = 256.0
"""dlib's input layer divides by 256, not 255."""


def build(network: DlibNetwork) -> tf.keras.Model:
    """A model that takes raw RGB, (1, 150, 150, 3) float32 0..255, and returns the embedding as dlib does, not normalised."""
    image = tf.keras.Input((network.input.height, network.input.width, 3), batch_size=1, name="chip")
    folded = fold(network)
    tags: dict[str, Tensor] = {}
    x: Tensor = image
    for layer in folded:
        x = _apply(layer, x, tags)
    return tf.keras.Model(image, x, name="dlib_face_recognition")


def fold(network: DlibNetwork) -> list[Layer]:
    """The layers with every affine folded into the convolution before it, and the input scaling into the first one."""
    folded: list[Layer] = []
    for layer in network.layers:
        if isinstance(layer, Affine):
            before = folded.pop()
            if not isinstance(before, Conv):
                raise TypeError("an affine layer follows a convolution")
            layer = _fold_affine(before, layer)  # noqa: PLW2901 - the folded layer takes its place
        folded.append(layer)
    first = folded[0]
    if not isinstance(first, Conv) or first.padding != (0, 0):
        raise TypeError("input scaling folds exactly only into a first convolution without padding")
    return [_fold_input(first, network.input), *folded[1:]]


def _fold_affine(conv: Conv, affine: Affine) -> Conv:
    weights = conv.weights * affine.gamma[:, np.newaxis, np.newaxis, np.newaxis]
    return Conv(weights, conv.bias * affine.gamma + affine.beta, conv.stride, conv.padding)


def _fold_input(conv: Conv, source: Input) -> Conv:
    mean = np.array(source.mean, dtype=np.float64)
    shift = np.einsum("nchw,c->n", conv.weights.astype(np.float64), mean) / _DIVISOR
    weights = (conv.weights.astype(np.float64) / _DIVISOR).astype(np.float32)
    return Conv(weights, (conv.bias - shift).astype(np.float32), conv.stride, conv.padding)


def _apply(layer: Layer, x: Tensor, tags: dict[str, Tensor]) -> Tensor:
    if isinstance(layer, Conv):
        return _conv(layer, x)
    if isinstance(layer, Pool):
        return _pool(layer, x)
    if isinstance(layer, Linear):
        return tf.keras.layers.Dense(layer.weights.shape[1], use_bias=False, weights=[np.array(layer.weights)])(x)
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
