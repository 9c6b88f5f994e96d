"""A trained network as one file: layers in float16, and its own answers on seeded pictures to check every conversion against."""

import json
import zipfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from embedding.dlib_file import Affine, Conv, DlibNetwork, Floats, Input, Layer, Linear, Plain, Pool

_LAYERS: dict[str, type] = {kind.__name__: kind for kind in (Conv, Affine, Pool, Linear, Plain)}


class WeightsError(ValueError):
    """The file is not one that `save` wrote."""


def rounded(network: DlibNetwork) -> DlibNetwork:
    """The network that a file gives back: every number as float16 holds it."""
    return DlibNetwork(network.input, tuple(map(_rounded, network.layers)))


def save(path: Path, network: DlibNetwork, answers: Floats) -> None:
    """Write the file whole, or leave what was there.

    Args:
        path: of the `.npz` file.
        network: whose layers are stored.
        answers: (pictures, dimension) of the rounded network on `pictures.pictures`, not normalised.
    """
    arrays: dict[str, np.ndarray] = {"answers": answers.astype(np.float32)}
    described: list[dict[str, Any]] = []
    for number, layer in enumerate(network.layers):
        plain: dict[str, Any] = {"layer": type(layer).__name__}
        for field in fields(layer):
            value = getattr(layer, field.name)
            if isinstance(value, np.ndarray):
                arrays[f"{number}.{field.name}"] = value.astype(np.float16)
            else:
                plain[field.name] = value
        described.append(plain)
    arrays["description"] = np.array(json.dumps({"input": asdict(network.input), "layers": described}))
    partial = path.with_suffix(".partial.npz")
    np.savez_compressed(partial, **arrays)
    partial.rename(path)


def load(path: Path) -> tuple[DlibNetwork, Floats]:
    """The network and its answers.

    Raises:
        WeightsError: absent, damaged, or of another form.
    """
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            described = json.loads(str(file["description"]))
            layers = [_layer(number, plain, file) for number, plain in enumerate(described["layers"])]
            source = described["input"]
            return DlibNetwork(Input(tuple(source["mean"]), source["height"], source["width"]), tuple(layers)), file["answers"]
    except (OSError, EOFError, zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path}: no trained network can be read from it ({error})") from error


def _layer(number: int, plain: dict[str, Any], file: Any) -> Layer:  # noqa: ANN401 - numpy names no type for it
    kind = _LAYERS[plain.pop("layer")]
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()}
    arrays = {f.name: file[f"{number}.{f.name}"].astype(np.float32) for f in fields(kind) if f"{number}.{f.name}" in file}
    layer: Layer = kind(**values, **arrays)
    return layer


def _rounded(layer: Layer) -> Layer:
    values = {field.name: getattr(layer, field.name) for field in fields(layer)}
    arrays = {name: v.astype(np.float16).astype(np.float32) for name, v in values.items() if isinstance(v, np.ndarray)}
    return type(layer)(**{**values, **arrays})
