"""Which models a device has: the manifests that lie in its folders of models. Which of them is in use is control's choice.

A folder of models has a `manifest.toml` of its own, or folders with one each, or both. Looked at are the shipped folder, the
configured one, and the manifest that is configured as the default.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from inference.manifest import (
    CoveringModel,
    EmbeddingModel,
    Listing,
    LivenessModel,
    ManifestError,
    default_manifest,
    read_listing,
)
from inference.settings import VisionSettings

M = TypeVar("M", CoveringModel, LivenessModel)


@dataclass(frozen=True, slots=True)
class Found:
    """One manifest that lies there: what it says, or why it cannot be used."""

    path: Path
    listing: Listing | None
    problem: str = ""


def default_of(settings: VisionSettings) -> Path:
    """The manifest of the embedding network that is used unless another was chosen."""
    return settings.manifest or default_manifest()


def found(settings: VisionSettings) -> tuple[Found, ...]:
    """All manifests, the default first; those that cannot be read are among them."""
    return tuple(_look(path) for path in dict.fromkeys(_paths(settings)))


def _paths(settings: VisionSettings) -> Iterator[Path]:
    yield default_of(settings)
    for folder in (default_manifest().parent, settings.models):
        if folder is not None:
            yield from (path for path in (folder / "manifest.toml", *sorted(folder.glob("*/manifest.toml"))) if path.is_file())


def _look(path: Path) -> Found:
    try:
        return Found(path, read_listing(path))
    except ManifestError as error:
        return Found(path, None, str(error))


def embeddings(settings: VisionSettings) -> dict[str, tuple[Path, EmbeddingModel]]:
    """The embedding networks by id, each with its manifest, their files not yet looked at; the default's first.

    Manifests that cannot be read are left out: one of a model that is not in use must not keep a door shut.

    Raises:
        ManifestError: two manifests mean different networks by one id.
    """
    known: dict[str, tuple[Path, EmbeddingModel]] = {}
    for each in found(settings):
        model = None if each.listing is None else each.listing.embedding
        if model is None:
            continue
        other = known.setdefault(model.id, (each.path, model))[1]
        if _meaning(model) != _meaning(other):
            raise ManifestError(f"{each.path} and {other.path.parent} mean different networks by {model.id}; remove one of them")
    return known


def _meaning(model: EmbeddingModel) -> tuple[object, ...]:
    """What makes templates of one id comparable."""
    return model.sha256, model.input, model.alignment


def covering(settings: VisionSettings) -> CoveringModel | None:
    """The covering network, its file checked: one in the configured folder goes before the shipped one.

    None where no manifest has one, or it is switched off.

    Raises:
        ManifestError: it is damaged, there are two, or a manifest cannot be read and may be meant to have one.
    """
    return _only(settings, "covering", lambda listing: listing.covering) if settings.covering else None


def liveness(settings: VisionSettings) -> LivenessModel | None:
    """The passive liveness network, as `covering`."""
    return _only(settings, "liveness", lambda listing: listing.liveness) if settings.passive else None


def _only(settings: VisionSettings, kind: str, of: Callable[[Listing], M | None]) -> M | None:
    found_in: dict[bool, list[M]] = {True: [], False: []}
    for each in _readable(settings, kind):
        model = None if each.listing is None else of(each.listing)
        if model is not None:
            found_in[settings.models is not None and each.path.is_relative_to(settings.models)].append(model)
    models = found_in[True] or found_in[False]
    if len({model.sha256 for model in models}) > 1:
        raise ManifestError(f"{' and '.join(str(model.path) for model in models)}: only one {kind} network can be used")
    for model in models:
        model.read()
    return models[0] if models else None


def _readable(settings: VisionSettings, kind: str) -> Iterator[Found]:
    for each in found(settings):
        if each.problem and f"[{kind}" in _text(each.path):
            raise ManifestError(each.problem)
        yield each


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
