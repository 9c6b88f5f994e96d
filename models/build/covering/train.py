"""Trains the network on the drawn views, one epoch after the other; a run that is killed goes on at the last epoch's end."""

import argparse
import copy
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import checkpoint
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from covering import views
from covering.network import CoveringNet, as_input

_WARM_UP = 300
_SURE = 0.01
"""Targets are this far from 0 and 1."""

_WEIGHTS = (1.0, 1.0, 2.0)
"""Of the regions: a forehead is the hardest, as a fringe leaves it free and a cap does not."""


@dataclass(frozen=True)
class Plan:
    """What makes a run what it is."""

    views: int
    worn: int
    bare: int
    high: int
    epochs: int
    rate: float = 3e-3
    weight_decay: float = 0.02
    average: float = 0.999
    """Decay of the averaged weights (EMA), which are what is exported."""
    batch: int = 64
    seed: int = 1
    start: str = ""
    """Weights of an earlier run to go on from; empty: at random."""
    fixed: int = 0
    """The first so many layers stay as they are: what they make of each view is computed once, so an epoch is quick."""


def rate_at(step: int, steps: int, rate: float) -> float:
    """Linear warm-up, then cosine to zero."""
    if step < _WARM_UP:
        return rate * (step + 1) / _WARM_UP
    return rate * 0.5 * (1 + math.cos(math.pi * (step - _WARM_UP) / max(1, steps - _WARM_UP)))


class Run:
    """One training run and where it stands."""

    def __init__(self, plan: Plan, work: Path, out: Path) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.out = plan, out
        out.mkdir(parents=True, exist_ok=True)
        counts = {plan.seed: plan.views, views.WORN_SEED: plan.worn, views.BARE_SEED: plan.bare, views.HIGH_SEED: plan.high}
        sets = [views.load(work, seed, count) for seed, count in counts.items() if count]
        self.chips, self.labels = (np.concatenate(parts) for parts in zip(*sets, strict=True))
        self.checks = views.load(work, views.HELD_OUT_SEED, views.HELD_OUT_COUNT)
        self.model = CoveringNet()
        self.epoch, self.curve = 0, []
        if plan.start:
            self._go_on_from(Path(plan.start))
        self.model = self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = copy.deepcopy(self.model).eval()
        self.seen = self._through_fixed() if plan.fixed else None
        self.optimizer = torch.optim.AdamW(self.model.parameters(), weight_decay=plan.weight_decay)
        self._resume()

    def _go_on_from(self, weights: Path) -> None:
        with np.load(weights) as kept:
            self.model.load_state_dict({name: torch.from_numpy(kept[name]) for name in kept.files})
        self.curve = json.loads(weights.with_name("curve.json").read_text(encoding="utf-8"))["curve"]

    @torch.no_grad()
    def _through_fixed(self) -> Tensor:
        """What the fixed layers make of each view, once mirrored and lit at random."""
        lower, random = self.averaged.layers[: self.plan.fixed], np.random.default_rng(self.plan.seed)
        parts = []
        for start in range(0, len(self.chips), 256):
            chips = varied(self.chips[start : start + 256], random)
            with torch.autocast("cpu", torch.bfloat16):
                parts.append(lower(chips).bfloat16())
        return torch.cat(parts)

    @property
    def _parts(self) -> dict[str, checkpoint.Part]:
        return {"model": self.model, "averaged": self.averaged, "optimizer": self.optimizer}

    def _resume(self) -> None:
        state = checkpoint.resume(self.out / "checkpoint.pt", asdict(self.plan), self._parts)
        if state is not None:
            self.epoch, self.curve = state["epoch"], state["curve"]

    def save(self) -> None:
        """Write the checkpoint whole, or leave the one before."""
        checkpoint.save(self.out / "checkpoint.pt", asdict(self.plan), self._parts, epoch=self.epoch, curve=self.curve)

    def train(self) -> None:
        """Run to the end of the plan."""
        steps = len(self.chips) // self.plan.batch
        while self.epoch < self.plan.epochs:
            began = time.monotonic()
            losses = [self._one(self.epoch * steps + step, *batch) for step, batch in enumerate(self._batches())]
            self.epoch += 1
            self.curve.append({"epoch": len(self.curve) + 1, "loss": float(np.mean(losses)), **self.validate()})
            self.save()
            left = (time.monotonic() - began) * (self.plan.epochs - self.epoch) / 60
            print(f"epoch {self.epoch}/{self.plan.epochs}: {self.curve[-1]}, {left:.0f} min left", flush=True)

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches of an epoch: chips varied at random, or what the fixed layers make of them."""
        random = np.random.default_rng((self.plan.seed, self.epoch))
        order = random.permutation(len(self.chips))
        for start in range(0, len(order) - self.plan.batch + 1, self.plan.batch):
            at = order[start : start + self.plan.batch]
            inputs = varied(self.chips[at], random) if self.seen is None else self.seen[torch.from_numpy(at)]
            yield inputs, torch.from_numpy(self.labels[at])

    def _one(self, step: int, inputs: Tensor, labels: Tensor) -> float:
        steps = self.plan.epochs * (len(self.chips) // self.plan.batch)
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(step, steps, self.plan.rate)
        self.model.train()
        with torch.autocast("cpu", torch.bfloat16):  # on a processor that has it, twice as fast
            logits = self.model(inputs, self.plan.fixed)
        loss = loss_of(logits.float(), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self._average(step)
        return float(loss)

    @torch.no_grad()
    def _average(self, step: int) -> None:
        decay = min(self.plan.average, (1 + step) / (10 + step))
        for slow, fast in zip(self.averaged.state_dict().values(), self.model.state_dict().values(), strict=True):
            slow.lerp_(fast, 1 - decay) if slow.is_floating_point() else slow.copy_(fast)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Loss and share of right answers on views of photos that are never trained on."""
        chips, labels = self.checks
        logits = torch.cat([self.averaged(as_input(part)) for part in torch.from_numpy(chips).split(200)])
        wanted = torch.from_numpy(labels)
        right = ((logits > 0) == (wanted > 0.5))[wanted >= 0].float().mean()
        return {"held_out_loss": float(loss_of(logits, wanted)), "held_out_right": float(right)}


def varied(chips: np.ndarray, random: np.random.Generator) -> Tensor:
    """What the network gets for chips, mirrored and brighter or darker at random."""
    inputs = as_input(torch.from_numpy(chips))
    mirrored = torch.from_numpy(random.random(len(inputs)) < 0.5)
    inputs[mirrored] = inputs[mirrored].flip(3)
    gain, lift = torch.from_numpy(random.uniform(0.8, 1.2, (2, len(inputs), 1, 1, 1)).astype(np.float32))
    return inputs * gain + (lift - 1)


def loss_of(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy over the labels that are known."""
    weights = (labels >= 0).float() * torch.tensor(_WEIGHTS)
    wanted = labels.clamp(_SURE, 1 - _SURE)
    return functional.binary_cross_entropy_with_logits(logits, wanted, weights, reduction="sum") / weights.sum()


def main() -> None:
    """Command line; leaves `weights.npz` and `curve.json` in the run's folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="work folder with drawn views")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--views", type=int, required=True, help="views to learn from, the first so many")
    parser.add_argument("--worn", type=int, default=4000, help="views besides on which something is really worn")
    parser.add_argument("--bare", type=int, default=11000, help="views besides on which nothing is drawn")
    parser.add_argument("--high", type=int, default=6000, help="views besides with headwear that leaves the forehead free")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--rate", type=float, default=Plan.rate, help="highest rate of learning")
    parser.add_argument("--start", default="", help="weights.npz of an earlier run to go on from, its curve beside it")
    parser.add_argument("--fixed", type=int, default=0, help="layers that stay as they are")
    parser.add_argument("--seed", type=int, default=Plan.seed, help="of the run and of its views")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    given_plan = {name: getattr(given, name) for name in Plan.__dataclass_fields__ if hasattr(given, name)}
    plan = Plan(**given_plan)
    run = Run(plan, given.work, given.out)
    run.train()
    (given.out / "curve.json").write_text(json.dumps({"plan": asdict(plan), "curve": run.curve}, indent=1), encoding="utf-8")
    np.savez(given.out / "weights.npz", **{name: value.numpy() for name, value in run.averaged.state_dict().items()})


if __name__ == "__main__":
    main()
