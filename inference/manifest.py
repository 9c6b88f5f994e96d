"""What a model is: the manifest beside the model files, read and checked. Pure; no runtime is imported, so control reads it too.

ModelError
├── ManifestError        the manifest, or a file that it names, is not what it must be
├── RuntimeUnavailable   no TFLite runtime of the kind asked for (inference.runtime)
└── ModelMismatch        the network's tensors are not what its manifest says (inference.runtime)
"""

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from inference.calibration import Calibration

VERSION = 1
"""Of the manifest's form. Another version is refused."""

Positive = Annotated[int, msgspec.Meta(gt=0)]
PositiveFloat = Annotated[float, msgspec.Meta(gt=0)]
Name = Annotated[str, msgspec.Meta(min_length=1)]
Triple = tuple[float, float, float]
Point = tuple[float, float]


class ModelError(Exception):
    """A model cannot be used; the message says which file and what to do."""


class ManifestError(ModelError):
    """The manifest cannot be read, has an unknown or missing key, or names a file that is absent or altered."""


class InputSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the network takes: a chip of `width` x `height` pixels, as (pixel 0..255 - mean) / std per channel, float32."""

    width: Positive
    height: Positive
    layout: Literal["nhwc", "nchw"]
    channels: Literal["rgb", "bgr"]
    mean: Triple
    """In the order of `channels`."""
    std: tuple[PositiveFloat, PositiveFloat, PositiveFloat]


class Alignment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where landmarks belong in the chip. One target a point; a point is the mean of one or more FaceMesh landmarks."""

    landmarks: tuple[tuple[Annotated[int, msgspec.Meta(ge=0, lt=478)], ...], ...]
    targets: tuple[Point, ...]
    """(x, y) in pixels of the chip."""

    def __post_init__(self) -> None:
        """Refuse templates that determine no similarity."""
        if len(self.landmarks) != len(self.targets) or len(self.targets) < 2:
            raise ValueError("alignment needs two or more points, and as many landmarks as targets")
        if not all(self.landmarks):
            raise ValueError("alignment has a point without a landmark")
        if len(set(self.targets)) < 2:
            raise ValueError("alignment targets must be different points")


class NetworkSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an embedding network is, apart from its file: all that aligning and embedding need."""

    id: Name
    """Travels with every template; templates of different ids are never compared."""
    licence: Name
    origin: Name
    dimension: Positive
    input: InputSpec
    alignment: Alignment


class ModelEntry(NetworkSpec, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The embedding network as the manifest file has it."""

    file: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    """File name, in the manifest's own folder."""
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    size: Positive
    """Bytes."""
    calibration: Calibration


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    embedding: ModelEntry


class EmbeddingModel(ModelEntry, frozen=True, kw_only=True):
    """An embedding network that a manifest describes, with the place of its file."""

    path: Path

    def read(self) -> bytes:
        """The model's bytes, checked.

        Raises:
            ManifestError: the file is absent or is not the one that the manifest means.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise ManifestError(f"{self.path}: cannot be read ({error.strerror}); restore the model file") from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise ManifestError(f"{self.path}: sha256 is {found}, the manifest says {self.sha256}; restore the model file")
        return content


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A checked manifest: its place, and the models of the product."""

    path: Path
    embedding: EmbeddingModel


def default_manifest() -> Path:
    """Where the shipped manifest is: `models/manifest.toml` beside this package, in a checkout and when installed."""
    return Path(__file__).resolve().parent.parent / "models" / "manifest.toml"


def load_manifest(path: Path | None = None) -> Manifest:
    """Read a manifest (default: the shipped one) and check it, the hashes of its files included.

    Raises:
        ManifestError: unreadable, not TOML, unknown or missing key, value out of range, calibration absent or not
            monotone, or a model file that is absent or altered. The message names file and key.
    """
    path = default_manifest() if path is None else path
    document = _parse(path)
    if document.version != VERSION:
        raise ManifestError(f"{path}: manifest version {document.version}, this program reads version {VERSION}")
    entry = msgspec.structs.asdict(document.embedding)
    model = EmbeddingModel(**entry, path=path.parent / document.embedding.file)
    model.read()
    return Manifest(path=path, embedding=model)


def _parse(path: Path) -> _Document:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Document)
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: not a TOML file: {error}") from error
    except msgspec.ValidationError as error:
        raise ManifestError(f"{path}: {error}") from error
