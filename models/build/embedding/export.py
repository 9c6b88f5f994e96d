"""First step of the recipe: weights → Keras → TFLite, verified against the original. Runs in the recipe's own environment."""

import argparse
import hashlib
from pathlib import Path
from typing import Any

from rich.console import Console

from embedding import spec as specs
from embedding import verify
from embedding.pictures import pictures
from embedding.spec import Spec, weights_file


def build(spec: Spec, weights: Path) -> tuple[Any, verify.Reference]:
    """The Keras model, and the original to compare it with."""
    if spec.kind == "dlib":
        from embedding import dlib_file, network

        return network.build(dlib_file.read_checked(weights)), verify.dlib_reference(weights)
    if spec.kind == "distilled":
        from embedding import network
        from embedding import weights as trained

        layers, answers = trained.load(weights)
        return network.build(layers), verify.recorded(pictures(layers.input.height, layers.input.width), answers)
    from embedding import onnx_network

    source = spec.network["input"]
    return onnx_network.build(weights), verify.onnx_reference(weights, source["mean"], source["std"])


def export(spec: Spec, data: Path, out: Path, console: Console) -> None:
    """Write the TFLite file of each precision below `out`."""
    from embedding import convert

    with console.status(f"{spec.name}: reading the weights"):
        model, original = build(spec, weights_file(spec, data))
    size = spec.network["input"]
    chips = pictures(size["height"], size["width"])
    for precision in convert.PRECISIONS:
        with console.status(f"{spec.name}: converting to {precision}"):
            content = convert.to_tflite(model, precision)
        with console.status(f"{spec.name}: comparing {precision} with the original"):
            verdict = verify.compare(verify.tflite_reference(content, spec.network), original, chips, precision)
        path = spec.model_file(out, precision)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        console.print(f"{path}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()[:16]}…; {verdict}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="+", help="names of networks/NAME.toml")
    parser.add_argument("--data", type=Path, required=True, help="folder below which weights that are in no package lie")
    parser.add_argument("--out", type=Path, required=True, help="folder to build in")
    arguments = parser.parse_args()
    for name in arguments.networks:
        export(specs.load(name), arguments.data, arguments.out, Console())


if __name__ == "__main__":
    main()
