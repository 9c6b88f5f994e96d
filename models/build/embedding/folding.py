"""Folds dlib's affines into the convolutions before them, its input scaling into the first, and unfolds. Numpy alone."""

import numpy as np

from embedding.dlib_file import Affine, Conv, DlibNetwork, Input, Layer

_DIVISOR = 256.0
"""dlib's input layer divides by 256, not 255."""
_FRESH_LENGTH = np.float32(np.sqrt(2))
"""Of a filter drawn as He et al. (2015) do."""


def fold(network: DlibNetwork) -> list[Layer]:
    """The layers with every affine folded into the convolution before it, and the input scaling into the first one."""
    folded = without_affines(network).layers
    first = folded[0]
    if not isinstance(first, Conv) or first.padding != (0, 0):
        raise TypeError("input scaling folds exactly only into a first convolution without padding")
    return [_fold_input(first, network.input), *folded[1:]]


def without_affines(network: DlibNetwork) -> DlibNetwork:
    """The same function with every affine folded into the convolution before it."""
    folded: list[Layer] = []
    for layer in network.layers:
        if isinstance(layer, Affine):
            before = folded.pop()
            if not isinstance(before, Conv):
                raise TypeError("an affine layer follows a convolution")
            layer = _fold_affine(before, layer)  # noqa: PLW2901 - the folded layer takes its place
        folded.append(layer)
    return DlibNetwork(network.input, tuple(folded))


def with_affines(network: DlibNetwork) -> DlibNetwork:
    """The same function with an affine behind every convolution, and every filter as long as a fresh network's.

    A rate of learning turns a filter by its share of the filter's length (Hoffer et al., 2018): short ones forget at once.
    """
    layers: list[Layer] = []
    for layer in network.layers:
        layers += _unfold_affine(layer) if isinstance(layer, Conv) else [layer]
    return DlibNetwork(network.input, tuple(layers))


def _unfold_affine(conv: Conv) -> list[Layer]:
    length = np.maximum(np.sqrt((conv.weights**2).sum(axis=(1, 2, 3))) / _FRESH_LENGTH, 1e-6)
    weights = conv.weights / length[:, np.newaxis, np.newaxis, np.newaxis]
    return [Conv(weights, np.zeros_like(conv.bias), conv.stride, conv.padding), Affine(length, conv.bias)]


def _fold_affine(conv: Conv, affine: Affine) -> Conv:
    weights = conv.weights * affine.gamma[:, np.newaxis, np.newaxis, np.newaxis]
    return Conv(weights, conv.bias * affine.gamma + affine.beta, conv.stride, conv.padding)


def _fold_input(conv: Conv, source: Input) -> Conv:
    mean = np.array(source.mean, dtype=np.float64)
    shift = np.einsum("nchw,c->n", conv.weights.astype(np.float64), mean) / _DIVISOR
    weights = (conv.weights.astype(np.float64) / _DIVISOR).astype(np.float32)
    return Conv(weights, (conv.bias - shift).astype(np.float32), conv.stride, conv.padding)
