"""Writes a manifest beside a built model, and reads it back with the product's loader. Installing it is build.sh's."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from inference.calibration import Calibration
from inference.manifest import VERSION, Manifest, load_manifest

_HEAD = "# Written by models/build/{} (make models). A change here without the model file it belongs to is refused at start."


def write(network: Mapping[str, Any], model_id: str, model: Path, calibration: Calibration) -> Manifest:
    """Write `manifest.toml` into the model's folder, and load it.

    Args:
        network: `[network]` of the network's description.
        model_id: id of this model, its precision included.
        model: the TFLite file.
        calibration: of this file's own scores.
    """
    measured = msgspec.to_builtins(calibration)
    return load_manifest(write_network("embedding", {**network, "id": model_id}, model, {"calibration": measured}))


def write_network(kind: str, network: Mapping[str, Any], model: Path, measured: Mapping[str, Any], recipe: str = "") -> Path:
    """Write `manifest.toml` into the model's folder, unchecked: a table `kind` of the network, its file and what was measured.

    `recipe` is the folder of models/build that made it, where that is not called `kind`.
    """
    content = model.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    entry = {**network, "file": model.name, "sha256": digest, "size": len(content), **measured}
    path = model.parent / "manifest.toml"
    text = "\n".join([_HEAD.format(recipe or kind), f"version = {VERSION}", *_table(kind, entry)])
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    """A table and its sub-tables. TOML's strings, numbers and arrays are written as JSON writes them."""
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    lines = ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in plain.items())]
    for key, value in values.items():
        if isinstance(value, Mapping):
            lines += _table(f"{name}.{key}", value)
    return lines


def _value(value: Any) -> str:  # noqa: ANN401 - whatever TOML can hold
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 110 or not isinstance(value, list | tuple) else _long(value)


def _long(values: list[Any] | tuple[Any, ...]) -> str:
    rows = [values[start : start + 8] for start in range(0, len(values), 8)]
    return "[\n" + "".join(f"    {json.dumps(row)[1:-1]},\n" for row in rows) + "]"
