"""The networks that the accuracy report compares, found by what they are: shipped, its float32, the first one, the teacher."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import msgspec
import numpy as np

from bench.accuracy import recipe
from inference.calibration import Calibration
from inference.embedder import Embedder
from inference.manifest import ManifestError, NetworkSpec, load_manifest
from inference.runtime import Floats, Network, open_network

FIRST = "dlib-resnet-1-int8"
"""The network that the product started with."""
TEACHER = "mobilefacenet"
"""Name of the teacher's description in the recipe."""


@dataclass(frozen=True)
class Subject:
    """A network under test. Opened anew in every process."""

    role: str
    """What it is in this report: shipped, float32 of it, first, first float32, teacher, beside."""
    spec: NetworkSpec
    file: Path
    sha256: str
    calibration: Calibration | None
    """None for the teacher, which has none."""

    @property
    def name(self) -> str:
        """The network's id."""
        return self.spec.id

    @property
    def chips(self) -> str:
        """How its chips come out of the training crops: see the recipe's `chip_of`."""
        return "dlib-window" if (self.spec.input.width, self.spec.input.height) == (150, 150) else "five-points"

    @property
    def on_device(self) -> bool:
        """Whether it runs on the device's runtime."""
        return self.file.suffix == ".tflite"

    def open(self) -> Embedder:
        """The network, on one thread. The file was checked when it was found."""
        if not self.on_device:
            return Embedder(self.spec, OnnxNetwork(self.file, self.spec))
        return Embedder(self.spec, open_network(self.file.read_bytes(), threads=1))


class OnnxNetwork(Network):
    """An ONNX network run by OpenCV, in the shape that `Embedder` expects of a network; it takes NHWC as the manifest says."""

    def __init__(self, file: Path, spec: NetworkSpec) -> None:
        self.runtime = "opencv"
        self._net = cv2.dnn.readNetFromONNX(str(file))
        self.input_shape = (1, spec.input.height, spec.input.width, 3)
        self.output_shape = (1, spec.dimension)

    def run(self, tensor: Floats) -> Floats:
        """The output (1, dimension) for an input of `input_shape`."""
        self._net.setInput(np.ascontiguousarray(tensor.transpose(0, 3, 1, 2)))
        return np.asarray(self._net.forward(), dtype=np.float32)

    def close(self) -> None:
        """Nothing to let go before the object itself goes."""


def of_manifest(path: Path, role: str) -> Subject:
    """The embedding network of a manifest.

    Raises:
        ManifestError: as `load_manifest` does.
    """
    model = load_manifest(path).embedding
    return Subject(role, model, model.path, model.sha256, model.calibration)


def teacher(path: Path) -> Subject | None:
    """The recipe's teacher; None where its file is absent.

    Raises:
        ManifestError: the file is another one.
    """
    if not path.is_file():
        return None
    spec, digest = recipe.load_spec(TEACHER), hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != spec.sha256:
        raise ManifestError(f"{path}: sha256 is {digest}, {TEACHER}.toml says {spec.sha256}")
    return Subject("teacher", msgspec.convert(spec.network, NetworkSpec), path, digest, None)


def found(shipped: Path, folders: Iterable[Path], teacher_file: Path, beside: Sequence[Path]) -> list[Subject]:
    """The networks of a report, the shipped one first; those that are not there are left out.

    Args:
        shipped: manifest of the network to report on.
        folders: where manifests of others are looked for, below by two levels.
        teacher_file: the teacher's ONNX file.
        beside: manifests of further networks.

    Raises:
        ManifestError: the manifest of `shipped` or of one `beside` cannot be used.
    """
    first = of_manifest(shipped, "shipped")
    known = _known(folders)
    wanted = {FIRST: "first", float_of(FIRST): "first, float32"} | {float_of(first.name): "its float32"}
    others = [(known[name], role) for name, role in wanted.items() if name in known and name != first.name]
    subjects = [first, *(of_manifest(path, role) for path, role in others), *(of_manifest(path, "beside") for path in beside)]
    taught = teacher(teacher_file)
    unique = {subject.name: subject for subject in reversed([*subjects, *([taught] if taught else [])])}
    return list(reversed(unique.values()))


def float_of(name: str) -> str:
    """The id of the float32 network that an int8 one was made of."""
    return name.removesuffix("-int8") + "-float32"


def _known(folders: Iterable[Path]) -> dict[str, Path]:
    """Manifests by the id of their network; the first folder's where two have the same."""
    known: dict[str, Path] = {}
    for path in (path for folder in folders for pattern in ("*.toml", "*/*.toml") for path in sorted(folder.glob(pattern))):
        try:
            known.setdefault(load_manifest(path).embedding.id, path)
        except ManifestError:
            continue
    return known
