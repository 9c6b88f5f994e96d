"""The description of a network to build: `networks/NAME.toml`. Read in both environments of the recipe, so plain values only."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NETWORKS = Path(__file__).parent / "networks"


@dataclass(frozen=True)
class Spec:
    """A network to build, and what its manifest will say of it."""

    name: str
    kind: str
    """`dlib` or `onnx`: which reader."""
    file: str
    """Stem of the TFLite file; the precision is appended."""
    crops: str
    """How its chips come out of the crops of the training photos: see crops.py."""
    source: str
    """Path of the weights below the data folder; empty where a package has them."""
    sha256: str
    network: dict[str, Any]
    """The manifest's `[embedding]` as far as it is known before building."""

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
        document["network"],
    )
