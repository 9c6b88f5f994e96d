"""The teacher, an ONNX network of the MobileFaceNet kind, as a PyTorch function of batches. Never trained, never shipped."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor
from torch.nn import functional

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1) * 255
SCALE = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1) * 255


SIDE = 112


class TeacherError(Exception):
    """The teacher's file is absent, or of another shape than this recipe knows."""


class Teacher:
    """Gives unit (n, 128) targets for (n, 3, 112, 112) RGB 0..255: the mean over each face and its mirror image.

    Its layers compute in bfloat16: four times as fast on a processor that has it, mean cosine to float32's answers .9995.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise TeacherError(f"no teacher at {path}; give its place with --teacher")
        content = path.read_bytes()
        self.digest = hashlib.sha256(content).digest()
        try:
            graph = onnx.load_from_string(content).graph
        except Exception as error:  # protobuf's own decode errors have no common base that is public
            raise TeacherError(f"{path}: not an ONNX file ({error})") from error
        shape = [axis.dim_value for axis in graph.input[0].type.tensor_type.shape.dim] if graph.input else []
        if shape[1:] != [3, SIDE, SIDE]:
            raise TeacherError(f"{path}: takes {shape}, and a teacher takes (1, 3, {SIDE}, {SIDE})")
        self._nodes = list(graph.node)
        self._weights = {item.name: torch.tensor(numpy_helper.to_array(item).copy()) for item in graph.initializer}
        for node in self._nodes:
            if node.op_type == "Constant":
                self._weights[node.output[0]] = torch.tensor(numpy_helper.to_array(node.attribute[0].t).copy())
        self._input, self._output = graph.input[0].name, graph.output[0].name

    @torch.no_grad()
    def targets(self, chips: Tensor) -> Tensor:
        """Unit targets, face and mirror image averaged."""
        x = (chips - MEAN) / SCALE
        with torch.autocast(x.device.type, torch.bfloat16):
            answers = self._run(torch.cat([x, x.flip(3)]))
        both = functional.normalize(answers.float())
        return functional.normalize(both[: len(x)] + both[len(x) :])

    def _run(self, x: Tensor) -> Tensor:
        values: dict[str, Tensor] = {self._input: x.contiguous(memory_format=torch.channels_last)}
        for node in self._nodes:
            if node.op_type != "Constant":
                values[node.output[0]] = self._apply(node, values)
        return values[self._output]

    def _apply(self, node: onnx.NodeProto, values: dict[str, Tensor]) -> Tensor:
        x = values[node.input[0]]
        if node.op_type == "Conv":
            return self._conv(node, x)
        if node.op_type == "Clip":
            return functional.relu6(x)
        if node.op_type == "Relu":
            return functional.relu(x)
        if node.op_type == "PRelu":
            return functional.prelu(x, self._weights[node.input[1]].flatten())
        if node.op_type == "Add":
            return x + values[node.input[1]]
        if node.op_type in ("Reshape", "Flatten"):
            return x.flatten(1)
        raise TeacherError(f"operation {node.op_type} of the teacher is not known here")

    def _conv(self, node: onnx.NodeProto, x: Tensor) -> Tensor:
        given: dict[str, Any] = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
        weight, bias = self._weights[node.input[1]], self._weights[node.input[2]]
        top, left, bottom, right = given.get("pads", [0, 0, 0, 0])
        if (top, left) != (bottom, right):
            x, top, left = functional.pad(x, (left, right, top, bottom)), 0, 0
        return functional.conv2d(x, weight, bias, tuple(given["strides"]), (top, left), groups=given.get("group", 1))


def as_tensor(chips: np.ndarray) -> Tensor:
    """(n, height, width, 3) uint8 RGB as (n, 3, height, width) float32 0..255."""
    return torch.from_numpy(chips).permute(0, 3, 1, 2).float()
