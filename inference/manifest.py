"""What models are: the manifest beside the model files, read and checked. Pure; no runtime is imported, so control reads it too.

A manifest has an `[embedding]`, a `[covering]` or a `[liveness]` network, or several of them. Which manifests a device has
is `inference.catalogue`'s.

ModelError
├── ManifestError        the manifest, or a file that it names, is not what it must be
├── RuntimeUnavailable   no TFLite runtime of the kind asked for (inference.runtime)
└── ModelMismatch        the network's tensors are not what its manifest says (inference.runtime)
"""

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from inference.calibration import Calibration

VERSION = 1
"""Of the manifest's form. Another version is refused."""

Positive = Annotated[int, msgspec.Meta(gt=0)]
PositiveFloat = Annotated[float, msgspec.Meta(gt=0)]
Name = Annotated[str, msgspec.Meta(min_length=1)]
FileName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""Of a model's file, in the manifest's own folder."""
Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Triple = tuple[float, float, float]
Point = tuple[float, float]
Region = Literal["eyes", "nose_mouth", "forehead"]
"""Of a face, that something can cover."""


Score = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class ModelError(Exception):
    """A model cannot be used; the message says which file and what to do."""


class ManifestError(ModelError):
    """The manifest cannot be read, has an unknown or missing key, or names a file that is absent or altered."""


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An error rate as counted: so many of so many."""

    errors: Annotated[int, msgspec.Meta(ge=0)]
    of: Positive


class Errors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """APCER and BPCER at thresholds, all of the same length, thresholds rising (ISO/IEC 30107-3)."""

    data: Name
    thresholds: Annotated[tuple[Score, ...], msgspec.Meta(min_length=2)]
    apcer: tuple[Share, ...]
    bpcer: tuple[Share, ...]

    def __post_init__(self) -> None:
        """Refuse rows that do not belong together or run the wrong way."""
        if not len(self.thresholds) == len(self.apcer) == len(self.bpcer):
            raise ValueError("calibration needs as many rates as thresholds")
        if sorted(set(self.thresholds)) != list(self.thresholds):
            raise ValueError("calibration thresholds must rise")
        if sorted(self.apcer, reverse=True) != list(self.apcer) or sorted(self.bpcer) != list(self.bpcer):
            raise ValueError("calibration must be monotone: apcer falls, bpcer rises")


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


class AlignedSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every network over an aligned face has."""

    id: Name
    licence: Name
    origin: Name
    input: InputSpec
    alignment: Alignment


class NetworkSpec(AlignedSpec, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an embedding network is, apart from its file: all that aligning and embedding need.

    Its id travels with every template; templates of different ids are never compared.
    """

    dimension: Positive


class ModelEntry(NetworkSpec, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The embedding network as the manifest file has it."""

    file: FileName
    sha256: Digest
    size: Positive
    """Bytes."""
    calibration: Calibration


class CoveringSpec(AlignedSpec, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a network is, apart from its file, that says of regions of the face whether they are covered."""

    regions: tuple[Region, ...]
    """In the order of the network's outputs, each the probability that the region is covered."""
    thresholds: tuple[Annotated[float, msgspec.Meta(gt=0, lt=1)], ...]
    """Probability from which each region counts as covered."""

    def __post_init__(self) -> None:
        """Refuse regions that cannot be told apart or judged."""
        if not self.regions or len(set(self.regions)) != len(self.regions) or len(self.thresholds) != len(self.regions):
            raise ValueError("covering needs different regions, and as many thresholds as regions")


class CoveringEntry(CoveringSpec, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The covering network as the manifest file has it."""

    file: FileName
    sha256: Digest
    size: Positive
    """Bytes."""


class LivenessSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a passive liveness network is, apart from its file. Its one answer is the score, 0 (attack) to 1 (live)."""

    id: Name
    licence: Name
    origin: Name
    data: Name
    """What it learned from."""
    input: InputSpec
    """Of each crop; the network takes all of them at once, one behind the other in the channels."""
    crops: Annotated[tuple[Annotated[float, msgspec.Meta(gt=0, le=8)], ...], msgspec.Meta(min_length=1, max_length=4)]
    """How many times each crop enlarges the square around the face, in the network's order."""
    threshold: Score
    """A frame's score from which the face counts as live."""
    grey: tuple[Score, Score]
    """Between these the score alone decides nothing: below the first it is an attack's, from the second on a live face's."""
    calibration: Errors
    """Errors at several thresholds, on cameras that it was not trained on."""
    measured: dict[str, Rate]
    """Its errors at `threshold`, each with where and on what it was measured."""

    def __post_init__(self) -> None:
        """Refuse a threshold outside its own grey band, and what the code that stacks crops does not know."""
        if not self.grey[0] <= self.threshold <= self.grey[1]:
            raise ValueError("liveness needs a threshold within its grey band")
        if self.input.layout != "nhwc":
            raise ValueError("liveness takes its crops as nhwc")


class LivenessEntry(LivenessSpec, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The passive liveness network as the manifest file has it."""

    file: FileName
    sha256: Digest
    size: Positive
    """Bytes."""


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    embedding: ModelEntry | None = None
    covering: CoveringEntry | None = None
    liveness: LivenessEntry | None = None


class EmbeddingModel(ModelEntry, frozen=True, kw_only=True):
    """An embedding network that a manifest describes, with the place of its file."""

    path: Path

    def read(self) -> bytes:
        """The model's bytes, checked. `ManifestError`: the file is absent or is not the one that the manifest means."""
        return _content(self.path, self.sha256)


class CoveringModel(CoveringEntry, frozen=True, kw_only=True):
    """A covering network that a manifest describes, with the place of its file."""

    path: Path

    def read(self) -> bytes:
        """The model's bytes, checked. `ManifestError`: the file is absent or is not the one that the manifest means."""
        return _content(self.path, self.sha256)


class LivenessModel(LivenessEntry, frozen=True, kw_only=True):
    """A passive liveness network that a manifest describes, with the place of its file."""

    path: Path

    def read(self) -> bytes:
        """The model's bytes, checked. `ManifestError`: the file is absent or is not the one that the manifest means."""
        return _content(self.path, self.sha256)


def _content(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror}); restore the model file") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ManifestError(f"{path}: sha256 is {found}, the manifest says {sha256}; restore the model file")
    return content


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What a manifest says, the files that it names not yet looked at."""

    path: Path
    embedding: EmbeddingModel | None
    covering: CoveringModel | None
    liveness: LivenessModel | None = None

    @property
    def models(self) -> "tuple[EmbeddingModel | CoveringModel | LivenessModel, ...]":
        """All that are there."""
        return tuple(model for model in (self.embedding, self.covering, self.liveness) if model is not None)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A checked manifest with an embedding network: its place, and that network."""

    path: Path
    embedding: EmbeddingModel


def default_manifest() -> Path:
    """Where the shipped manifest is: `models/manifest.toml` beside this package, in a checkout and when installed."""
    return Path(__file__).resolve().parent.parent / "models" / "manifest.toml"


def load_manifest(path: Path | None = None) -> Manifest:
    """Read the manifest of an embedding network (default: the shipped one) and check it, its file's hash included.

    Raises:
        ManifestError: unreadable, not TOML, unknown or missing key, value out of range, calibration absent or not
            monotone, or a model file that is absent or altered. The message names file and key.
    """
    listing = read_listing(default_manifest() if path is None else path)
    if listing.embedding is None:
        raise ManifestError(f"{listing.path}: there is no [embedding] in it")
    listing.embedding.read()
    return Manifest(path=listing.path, embedding=listing.embedding)


def read_listing(path: Path) -> Listing:
    """Read a manifest, whatever networks it has, and check all but their files.

    Raises:
        ManifestError: as `load_manifest`.
    """
    document = _parse(path)
    if document.version != VERSION:
        raise ManifestError(f"{path}: manifest version {document.version}, this program reads version {VERSION}")
    embedding, covering, liveness = document.embedding, document.covering, document.liveness
    if embedding is None and covering is None and liveness is None:
        raise ManifestError(f"{path}: there is neither an [embedding] nor a [covering] nor a [liveness] in it")
    return Listing(
        path=path,
        embedding=None if embedding is None else EmbeddingModel(**_placed(embedding, path)),
        covering=None if covering is None else CoveringModel(**_placed(covering, path)),
        liveness=None if liveness is None else LivenessModel(**_placed(liveness, path)),
    )


def _placed(entry: ModelEntry | CoveringEntry | LivenessEntry, path: Path) -> dict[str, Any]:
    return {**msgspec.structs.asdict(entry), "path": path.parent / entry.file}


def _parse(path: Path) -> _Document:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Document)
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: not a TOML file: {error}") from error
    except msgspec.ValidationError as error:
        raise ManifestError(f"{path}: {error}") from error
