"""A convolutional ONNX network (NCHW) as a Keras graph (NHWC), for the few operations that face networks use."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import tensorflow as tf
from onnx import numpy_helper

Tensor = Any
Array = npt.NDArray[np.float32]
Arrays = dict[str, Array]


class OnnxUnsupported(ValueError):
    """The network uses an operation, or a form of one, that has no counterpart here."""


def build(path: Path) -> tf.keras.Model:
    """A Keras model of an ONNX file with one image input and one output; the input becomes (1, height, width, channels)."""
    graph = onnx.load(str(path)).graph
    constants: Arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    source = graph.input[0]
    _, channels, height, width = (dim.dim_value for dim in source.type.tensor_type.shape.dim)
    image = tf.keras.Input((height, width, channels), batch_size=1, name="chip")
    values: dict[str, Tensor] = {source.name: image}
    for node in graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        else:
            values[node.output[0]] = _apply(node, values, constants)
    return tf.keras.Model(image, values[graph.output[0].name], name=path.stem)


def _apply(node: onnx.NodeProto, values: dict[str, Tensor], constants: Arrays) -> Tensor:
    tensors = [values[name] for name in node.input if name in values]
    numbers = [constants[name] for name in node.input if name in constants]
    if node.op_type == "Conv":
        return _conv(tensors[0], numbers, _attributes(node))
    if node.op_type == "Clip" and [float(n) for n in numbers] == [0.0, 6.0]:
        return tf.keras.layers.ReLU(6.0)(tensors[0])
    if node.op_type == "Relu":
        return tf.keras.layers.ReLU()(tensors[0])
    if node.op_type == "PRelu":
        slope = numbers[0].reshape(1, 1, -1)
        return tf.keras.layers.PReLU(shared_axes=[1, 2], weights=[slope])(tensors[0])
    if node.op_type == "Add" and len(tensors) == 2:
        return tf.keras.layers.Add()(tensors)
    if node.op_type in ("Reshape", "Flatten"):
        return _flatten(tensors[0])
    raise OnnxUnsupported(f"{node.name}: operation {node.op_type} is not known in this form")


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}


def _flatten(x: Tensor) -> Tensor:
    if x.shape[1:3] != (1, 1):
        raise OnnxUnsupported("flattening a picture would need its axes back in ONNX's order")
    return tf.keras.layers.Flatten()(x)


def _conv(x: Tensor, numbers: list[Array], attributes: dict[str, Any]) -> Tensor:
    weights, bias = numbers
    if list(attributes.get("dilations", [1, 1])) != [1, 1]:
        raise OnnxUnsupported("dilated convolution")
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    x = tf.keras.layers.ZeroPadding2D(((top, bottom), (left, right)))(x) if top + left + bottom + right else x
    size, strides = weights.shape[2:], tuple(attributes["strides"])
    group = attributes.get("group", 1)
    if group == 1:
        kernel = weights.transpose(2, 3, 1, 0)
        return tf.keras.layers.Conv2D(weights.shape[0], size, strides, "valid", weights=[kernel, bias])(x)
    if group != x.shape[-1] or weights.shape[:2] != (group, 1):
        raise OnnxUnsupported(f"convolution in {group} groups of {x.shape[-1]} channels")
    return tf.keras.layers.DepthwiseConv2D(size, strides, "valid", weights=[weights.transpose(2, 3, 0, 1), bias])(x)
