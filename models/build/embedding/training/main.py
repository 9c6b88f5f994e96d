"""Teach dlib's network another network's answers. Killed at any point, the same command goes on where it was."""

import argparse
import json
import sys
from pathlib import Path

import msgspec
import numpy as np
import torch

from embedding import spec as specs
from embedding.folding import without_affines
from embedding.pictures import pictures
from embedding.training.photos import PhotosError, prepare
from embedding.training.student import Student
from embedding.training.teacher import Teacher, TeacherError, as_tensor
from embedding.training.train import Plan, PlanChanged, Run
from embedding.weights import WeightsError, rounded, save
from inference.manifest import NetworkSpec


@torch.no_grad()
def write_weights(model: Student, path: Path) -> None:
    """The trained network, folded and rounded, with the answers that the rounded one gives."""
    network = rounded(without_affines(model.to_network()))
    chips = as_tensor(np.stack(pictures(network.input.height, network.input.width)))
    save(path, network, Student(network).eval()(chips).numpy())


def train(data: Path, teacher: Path, work: Path, plan: Plan, morphs: int) -> None:
    """From photos to `distilled.npz` and `curve.json` in the work folder."""
    spec = msgspec.convert(specs.load("mobilefacenet").network, NetworkSpec)
    cache = prepare(data, work, Teacher(teacher), spec, morphs, plan.seed)
    run = Run(cache, plan, work)
    run.train()
    curve = work / "curve.partial.json"
    curve.write_text(json.dumps({"plan": vars(plan), "curve": run.curve}, indent=1), encoding="utf-8")
    curve.rename(work / "curve.json")
    write_weights(run.averaged.cpu(), work / "distilled.npz")
    print(f"done: {work / 'distilled.npz'}", file=sys.stderr)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of tars with index.csv")
    parser.add_argument("--teacher", type=Path, required=True, help="the teacher's ONNX file")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="where crops, answers and checkpoints are kept")
    parser.add_argument("--steps", type=int, default=Plan.steps, help="of 64 views each (default: %(default)s)")
    parser.add_argument(
        "--morphs", type=int, default=40_000, help="faces blended of two, for the teacher to name (default: %(default)s)"
    )
    parser.add_argument("--rate", type=float, default=Plan.peak_rate, help="highest rate of learning (default: %(default)s)")
    parser.add_argument("--start", default="", help="weights of an earlier run to go on from (default: dlib's network)")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="cores to use (default: all)")
    given = parser.parse_args()
    if given.steps < 1 or given.morphs < 1 or given.threads < 1:
        parser.error("steps, morphs and threads are 1 or more")
    plan = Plan(steps=given.steps, peak_rate=given.rate, seed=given.seed, start=given.start)
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    try:
        train(given.data, given.teacher, given.work, plan, given.morphs)
    except (PhotosError, TeacherError, PlanChanged, WeightsError) as error:
        raise SystemExit(f"error: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit("\nstopped; the same command goes on from the last checkpoint") from None


if __name__ == "__main__":
    main()
