"""The description of a network to build: `networks/NAME.toml`. Read in both environments of the recipe, so plain values only."""

import hashlib
import importlib.util
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NETWORKS = Path(__file__).parent / "networks"
OWN_WEIGHTS = "FACEKIOSK_WEIGHTS"
"""Environment variable: a trained network to build instead of the one in the recipe."""
_PACKAGED = ("face_recognition_models", "models/dlib_face_recognition_resnet_model_v1.dat")


class SourceMissing(RuntimeError):
    """The weights to convert are not there, or are others."""


@dataclass(frozen=True)
class Spec:
    """A network to build, and what its manifest will say of it."""

    name: str
    kind: str
    """`dlib`, `distilled` or `onnx`: which reader."""
    file: str
    """Stem of the TFLite file; the precision is appended."""
    crops: str
    """How its chips come out of the crops of the training photos: see crops.py."""
    source: str
    """Path of the weights below the data folder (of a distilled network: below the recipe); empty where a package has them."""
    sha256: str
    averaging: float
    """Of the calibration: measured on photos of one person in the training set, the widest of its groups."""
    network: dict[str, Any]
    """The manifest's `[embedding]` as far as it is known before building."""

    @property
    def trained(self) -> bool:
        """Whether it was trained on the training photos here: then only those kept out may calibrate it."""
        return self.kind == "distilled"

    def folder(self, out: Path, precision: str) -> Path:
        """Where the model of this precision and its manifest are built."""
        return out / f"{self.name}_{precision}"

    def model_file(self, out: Path, precision: str) -> Path:
        """The TFLite file of this precision."""
        return self.folder(out, precision) / f"{self.file}_{precision}.tflite"


def load(name: str) -> Spec:
    """The description of a network by its name."""
    document = tomllib.loads((NETWORKS / f"{name}.toml").read_text(encoding="utf-8"))
    export = document["export"]
    return Spec(
        name,
        export["kind"],
        export["file"],
        export["crops"],
        export.get("source", ""),
        export.get("sha256", ""),
        export.get("averaging", 0.0),
        document["network"],
    )


def weights_file(spec: Spec, data: Path) -> Path:
    """The original weights: inside the pinned package (not imported: its import needs old setuptools), or below `data`."""
    if spec.kind == "dlib":
        package = importlib.util.find_spec(_PACKAGED[0])
        if package is None or package.origin is None:
            raise SourceMissing("face-recognition-models is not installed in this environment")
        return Path(package.origin).parent / _PACKAGED[1]
    if spec.kind == "distilled":
        return Path(os.environ.get(OWN_WEIGHTS) or Path(__file__).parent / spec.source)
    path = data / spec.source
    if not path.is_file():
        raise SourceMissing(f"{path} is absent; give the folder that holds {spec.source} by --data")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != spec.sha256:
        raise SourceMissing(f"{path}: sha256 is {found}, {spec.name}.toml says {spec.sha256}")
    return path
