"""The training loop: batches, losses, averaged weights, checkpoints. What is fixed before a run is its plan."""

import copy
import importlib.util
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from embedding.dlib_file import DlibNetwork, read_checked
from embedding.folding import with_affines
from embedding.training.augment import Augmenter
from embedding.training.photos import Cache, chips_for_student
from embedding.training.student import Student
from embedding.training.teacher import as_tensor
from embedding.weights import load

_WARM_UP = 150
_REPORT_EVERY = 50
_SAVE_EVERY = 250
_RIDGE = 1.0
_VIEWED = 48
"""Batches whose statistics the batch norms start with."""
_AT_ONCE = 16
"""Photos a pass: what fits a processor's cache runs in two thirds of the time."""


@dataclass(frozen=True)
class Plan:
    """What is fixed before a run starts; a checkpoint of another plan is refused."""

    steps: int = 8000
    batch: int = 64
    """Views a step. The batch norms go by these: by 16 they are so noisy that 100 steps lose what dlib knew."""
    bfloat16: bool = True
    """Whether layers compute in bfloat16, weights and losses staying float32; for processors and GPUs that have it."""
    peak_rate: float = 2.5e-4
    weight_decay: float = 5e-4
    average: float = 0.997
    """Decay of the averaged weights (EMA), which are what is exported."""
    pair_weight: float = 6.0
    """Of the squared error of the similarities within a batch, beside 1 - cosine."""
    seed: int = 1
    start: str = ""
    """File of trained weights to go on from; empty for dlib's network."""


def first_network() -> DlibNetwork:
    """The network of dlib, from the pinned package (found, not imported: its import needs old setuptools)."""
    package = importlib.util.find_spec("face_recognition_models")
    if package is None or package.origin is None:
        raise SystemExit("face-recognition-models is not installed in this environment")
    return read_checked(Path(package.origin).parent / "models" / "dlib_face_recognition_resnet_model_v1.dat")


def network_to_start_from(start: str) -> DlibNetwork:
    """The network of dlib, or that of an earlier run, its affines unfolded."""
    return with_affines(load(Path(start))[0]) if start else first_network()


def rate_at(step: int, plan: Plan) -> float:
    """Linear warm-up, then cosine to zero."""
    if step < _WARM_UP:
        return plan.peak_rate * (step + 1) / _WARM_UP
    return plan.peak_rate * 0.5 * (1 + math.cos(math.pi * (step - _WARM_UP) / max(1, plan.steps - _WARM_UP)))


def loss_of(answers: Tensor, targets: Tensor, plan: Plan) -> tuple[Tensor, Tensor]:
    """1 - cosine to the target, and the squared error of all similarities in the batch, weighted to look-alikes."""
    cosine_loss = 1 - (answers * targets).sum(dim=1).mean()
    own, wanted = answers @ answers.T, targets @ targets.T
    off = ~torch.eye(len(own), dtype=torch.bool, device=own.device)
    hardness = 1 + 4 * torch.maximum(own.detach(), wanted).clamp(min=0)
    pair_loss = (hardness * (own - wanted) ** 2)[off].mean()
    return cosine_loss, plan.pair_weight * pair_loss


class PlanChanged(RuntimeError):
    """The work folder holds a run of another plan."""


class Batches:
    """Draws batches: a quarter each within two cells of sex and group (look-alikes), a quarter morphs, the rest anywhere."""

    def __init__(self, cache: Cache, plan: Plan) -> None:
        self.cache, self.plan = cache, plan

    def draw(self, step: int) -> tuple[Tensor, Tensor]:
        """Crops (n, 3, 192, 192) and targets (n, 128) of a step; the same for the same step and seed."""
        rng = np.random.default_rng([self.plan.seed, step % 2**32])
        cache, quarter = self.cache, self.plan.batch // 4
        morphs = rng.integers(0, len(cache.morph_pairs), quarter)
        cells = rng.integers(0, len(cache.cells), 2)
        within = [rng.choice(cache.cells[cell], quarter, replace=False) for cell in cells]
        anywhere = rng.choice(cache.training, self.plan.batch - 3 * quarter, replace=False)
        single = np.concatenate([*within, anywhere])
        first, second = cache.morph_pairs[morphs].T
        share = torch.from_numpy(cache.morph_weights[morphs]).view(-1, 1, 1, 1)
        blended = as_tensor(cache.crops[first]) * share + as_tensor(cache.crops[second]) * (1 - share)
        crops = torch.cat([as_tensor(cache.crops[single]), blended])
        return crops, torch.from_numpy(np.concatenate([cache.targets[single], cache.morph_targets[morphs]]))


def ridge_start(student: Student, cache: Cache, positions: np.ndarray) -> None:
    """Start the last layer at the ridge solution from the network's features to the teacher's answers."""
    student.eval()
    with torch.no_grad():
        parts = np.array_split(positions, max(1, len(positions) // _AT_ONCE))
        features = torch.cat([student.features(chips_for_student(cache.crops[part]).to(student.device)) for part in parts])
    features = features.double().cpu()
    features = torch.cat([features, torch.ones(len(features), 1, dtype=torch.float64)], dim=1)
    wanted = torch.from_numpy(cache.targets[positions]).double()
    gram = features.T @ features + _RIDGE * torch.eye(features.shape[1], dtype=torch.float64)
    solution = torch.linalg.solve(gram, features.T @ wanted).float()
    last = student.steps[str(len(student.plan) - 1)]
    assert isinstance(last, torch.nn.Linear)
    last.weight.data.copy_(solution[:-1].T)
    last.bias.data.copy_(solution[-1])


@torch.no_grad()
def validate(model: Student, cache: Cache, limit: int = 640) -> float:
    """Mean cosine to the teacher on photos set aside, clean views."""
    model.eval()
    held = np.setdiff1d(np.arange(len(cache.photos)), cache.training)
    held = held[:: max(1, len(held) // limit)]
    parts = np.array_split(held, max(1, len(held) // _AT_ONCE))
    answers = torch.cat([functional.normalize(model(chips_for_student(cache.crops[part]).to(model.device))) for part in parts])
    return float((answers.cpu() * torch.from_numpy(cache.targets[held])).sum(dim=1).mean())


class Run:
    """One training run: the student, its averaged copy, the optimiser, and where it stands."""

    def __init__(self, cache: Cache, plan: Plan, work: Path) -> None:
        self.cache, self.plan, self.work = cache, plan, work
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.student = Student(network_to_start_from(plan.start)).to(self.device)
        self.batches = Batches(cache, plan)
        self.step = 0
        self.curve: list[dict[str, float]] = []
        if not (work / "checkpoint.pt").exists():
            self._prepare()
        self.student.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = copy.deepcopy(self.student)
        self.optimizer = torch.optim.AdamW(self.student.parameters(), lr=plan.peak_rate, weight_decay=plan.weight_decay)
        self._resume()

    def _prepare(self) -> None:
        """Give the batch norms the statistics of views, not of photos: by those of photos a trained network starts badly."""
        parts = (part for number in range(_VIEWED) for part in self._views(-1 - number)[0].split(_AT_ONCE))
        self.student.adopt_statistics(parts)
        if not self.plan.start:
            training = self.cache.training
            rng = np.random.default_rng(self.plan.seed)
            ridge_start(self.student, self.cache, np.sort(rng.choice(training, min(4096, len(training)), replace=False)))

    def _resume(self) -> None:
        path = self.work / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=False)
        if state["plan"] != vars(self.plan):
            raise PlanChanged(f"{path} is of another plan ({state['plan']}); remove it to start afresh")
        self.student.load_state_dict(state["student"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.curve = state["step"], state["curve"]

    def save(self) -> None:
        """Write the checkpoint whole, or leave the one before."""
        partial = self.work / "checkpoint.partial"
        torch.save(
            {
                "plan": vars(self.plan),
                "student": self.student.state_dict(),
                "averaged": self.averaged.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "curve": self.curve,
            },
            partial,
        )
        partial.rename(self.work / "checkpoint.pt")

    def train(self) -> None:
        """Run to the end of the plan."""
        began, first = time.monotonic(), self.step
        losses: list[tuple[float, float]] = []
        while self.step < self.plan.steps:
            losses.append(self._one())
            at_end = self.step == self.plan.steps
            if self.step % _REPORT_EVERY == 0 or at_end:
                left = (time.monotonic() - began) / (self.step - first) * (self.plan.steps - self.step) / 60
                cosine_loss, pair_loss = (float(value) for value in np.mean(losses, axis=0))
                losses.clear()
                print(
                    f"step {self.step}/{self.plan.steps}: losses {cosine_loss:.4f} {pair_loss:.4f}, {left:.0f} min left",
                    flush=True,
                )
                self.curve.append({"step": self.step, "cosine_loss": cosine_loss, "pair_loss": pair_loss})
            if self.step % _SAVE_EVERY == 0 or at_end:
                cosine = validate(self.averaged, self.cache)
                self.curve[-1]["validation_cosine"] = cosine
                print(f"step {self.step}: cosine to the teacher on photos kept out {cosine:.4f} (averaged weights)", flush=True)
                self.save()

    def _views(self, step: int) -> tuple[Tensor, Tensor]:
        """Views and targets of a step, where the student computes; steps below 0 are others than any trained on."""
        crops, targets = (tensor.to(self.device) for tensor in self.batches.draw(step))
        return Augmenter(self.plan.seed * 1_000_003 + step, self.device).views(crops), targets

    def _one(self) -> tuple[float, float]:
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(self.step, self.plan)
        views, targets = self._views(self.step)
        self.student.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.plan.bfloat16):
            answers = self.student(views.contiguous(memory_format=torch.channels_last))
        cosine_loss, pair_loss = loss_of(functional.normalize(answers.float()), targets, self.plan)
        self.optimizer.zero_grad()
        (cosine_loss + pair_loss).backward()
        self.optimizer.step()
        self.step += 1
        self._average()
        return cosine_loss.item(), pair_loss.item()

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.plan.average, (1 + self.step) / (10 + self.step))
        for slow, fast in zip(self.averaged.state_dict().values(), self.student.state_dict().values(), strict=True):
            slow.lerp_(fast, 1 - decay) if slow.is_floating_point() else slow.copy_(fast)
