"""Teaches the network what its teachers say and what is true. Killed at any point, the same command goes on where it was."""

import argparse
import copy
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import checkpoint
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from passive.data import Data, load
from passive.network import FEATURES, Student, as_input

_WARM_UP, _REPORT_EVERY, _SAVE_EVERY = 300, 250, 500


@dataclass(frozen=True)
class Plan:
    """What is fixed before a run starts; a checkpoint of another plan is refused."""

    steps: int = 24_000
    batch: int = 64
    rate: float = 2e-3
    weight_decay: float = 5e-3
    average: float = 0.999
    """Decay of the averaged weights (EMA), which are what is exported."""
    truth: float = 0.5
    """Share of what is true in the target, the rest is the teachers' word; where only they are to be believed it is 0."""
    simulated: float = 0.0
    """The same for simulated attacks: they look more like real faces than real attacks do, and not all that is pale is one."""
    features: float = 0.5
    logits: float = 0.5
    """Weights of what the teachers see and say beside the verdict."""
    seed: int = 1
    without: str = ""
    """Origin of views left out: a camera to be measured on. Empty: none."""
    sets: tuple[int, ...] = (1,)
    """Seeds of the views."""
    start: str = ""
    """Weights of an earlier run to go on from; empty: at random."""
    views: int = 0
    """Views there were to learn from; 0 in a plan that is not yet begun."""


def rate_at(step: int, plan: Plan) -> float:
    """Linear warm-up, then cosine to zero."""
    if step < _WARM_UP:
        return plan.rate * (step + 1) / _WARM_UP
    return plan.rate * 0.5 * (1 + math.cos(math.pi * (step - _WARM_UP) / max(1, plan.steps - _WARM_UP)))


def augmented(crops: Tensor, random: np.random.Generator) -> Tensor:
    """Both crops of a view mirrored, or not, and a little brighter, darker or coloured; (n, 6, 80, 80)."""
    x = as_input(crops)
    mirrored = torch.from_numpy(random.random(len(x)) < 0.5)
    x[mirrored] = x[mirrored].flip(3)
    gain = np.exp(random.normal(0, 0.05, (len(x), 1, 1, 1)) + random.normal(0, 0.02, (len(x), 3, 1, 1)))
    lift = random.normal(0, 0.03, (len(x), 1, 1, 1))
    scale, shift = torch.from_numpy(np.tile(gain, (1, 2, 1, 1))).float(), torch.from_numpy(lift).float()
    return ((x + 1) * scale - 1 + shift).clamp(-1, 1).contiguous(memory_format=torch.channels_last)


class Run:
    """One training run: network, averaged copy, optimiser, and where it stands."""

    def __init__(self, data: Data, plan: Plan, out: Path) -> None:
        self.data, self.plan, self.out = data, plan, out
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(plan.seed)
        self.model = Student()
        if plan.start:
            with np.load(plan.start) as kept:
                self.model.load_state_dict({name: torch.from_numpy(kept[name]) for name in kept.files})
        self.model = self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = copy.deepcopy(self.model).eval()
        decayed = [p for p in self.model.parameters() if p.ndim > 1]
        plain = [p for p in self.model.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": plan.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=plan.rate)
        self.step, self.curve = 0, []
        self._resume()
        self.mean, self.spread = data.feature_scale()

    @property
    def _parts(self) -> dict[str, checkpoint.Part]:
        return {"model": self.model, "averaged": self.averaged, "optimizer": self.optimizer}

    def _resume(self) -> None:
        state = checkpoint.resume(self.out / "checkpoint.pt", asdict(self.plan), self._parts)
        if state is not None:
            self.step, self.curve = state["step"], state["curve"]

    def save(self) -> None:
        """Write the checkpoint whole, or leave the one before."""
        checkpoint.save(self.out / "checkpoint.pt", asdict(self.plan), self._parts, step=self.step, curve=self.curve)

    def train(self, until: int) -> None:
        """Run to the end of the plan, or to an earlier step."""
        last = min(until, self.plan.steps)
        began, first, losses = time.monotonic(), self.step, []
        while self.step < last:
            losses.append(self._one())
            at_end = self.step == last
            if self.step % _REPORT_EVERY == 0 or at_end:
                left = (time.monotonic() - began) / (self.step - first) * (self.plan.steps - self.step) / 60
                means = dict(zip(("verdict", "features", "logits"), np.mean(losses, axis=0).round(4).tolist(), strict=True))
                losses.clear()
                self.curve.append({"step": self.step, **means})
                print(f"step {self.step}/{self.plan.steps}: {means}, {left:.0f} min left", flush=True)
            if self.step % _SAVE_EVERY == 0 or at_end:
                self.curve[-1].update(self.data.measure(self.averaged))
                print(self.curve[-1], flush=True)
                self.save()

    def _one(self) -> tuple[float, float, float]:
        random = np.random.default_rng((self.plan.seed, self.step))
        at = self.data.draw(self.plan.batch, random)
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(self.step, self.plan)
        self.model.train()
        verdict, features, logits = self.model(augmented(torch.from_numpy(self.data.crops[at]), random))
        wanted = torch.from_numpy(self.data.targets(at, self.plan.truth, self.plan.simulated))
        seen = (torch.from_numpy(self.data.features[at].astype(np.float32)).flatten(1) - self.mean) / self.spread
        said = torch.from_numpy(self.data.logits[at]).softmax(-1)
        own = logits.view(-1, 2, 3).log_softmax(-1)
        losses = (
            functional.binary_cross_entropy_with_logits(verdict, wanted),
            functional.mse_loss(features, seen.view(-1, FEATURES)),
            -(said * own).sum(-1).mean(),
        )
        self.optimizer.zero_grad(set_to_none=True)
        (losses[0] + self.plan.features * losses[1] + self.plan.logits * losses[2]).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.step += 1
        self._average()
        return tuple(float(loss) for loss in losses)  # type: ignore[return-value]

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.plan.average, (1 + self.step) / (10 + self.step))
        for slow, fast in zip(self.averaged.state_dict().values(), self.model.state_dict().values(), strict=True):
            slow.lerp_(fast, 1 - decay) if slow.is_floating_point() else slow.copy_(fast)


def main() -> None:
    """Command line; leaves `weights.npz` and `curve.json` in the run's folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="work folder with views")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--steps", type=int, default=Plan.steps, help="of 64 views each (default: %(default)s)")
    parser.add_argument("--until", type=int, default=10**9, help="step to stop at, the rate of learning not yet at its end")
    parser.add_argument("--without", default="", help="leave a camera out: webcam or clip")
    parser.add_argument("--truth", type=float, default=Plan.truth)
    parser.add_argument("--simulated", type=float, default=Plan.simulated)
    parser.add_argument("--features", type=float, default=Plan.features)
    parser.add_argument("--views", type=int, default=0, help="views to learn from at most (default: all)")
    parser.add_argument("--sets", type=int, nargs="+", default=[1], help="seeds of the views to learn from, each equally often")
    parser.add_argument("--start", default="", help="weights.npz of an earlier run to go on from")
    parser.add_argument("--rate", type=float, default=Plan.rate, help="highest rate of learning")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--threads", type=int, default=1, help="cores to use")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    data = load(given.work, given.without, given.views, tuple(given.sets))
    plan = Plan(
        steps=given.steps,
        rate=given.rate,
        truth=given.truth,
        simulated=given.simulated,
        features=given.features,
        seed=given.seed,
        without=given.without,
        sets=tuple(given.sets),
        start=given.start,
        views=len(data.crops),
    )
    run = Run(data, plan, given.out)
    try:
        run.train(given.until)
    except KeyboardInterrupt:
        raise SystemExit("\nstopped; the same command goes on from the last checkpoint") from None
    (given.out / "curve.json").write_text(json.dumps({"plan": asdict(plan), "curve": run.curve}, indent=1), encoding="utf-8")
    np.savez(given.out / "weights.npz", **{name: value.numpy() for name, value in run.averaged.state_dict().items()})
    if given.without:
        np.savez(given.out / "left_out.npz", **data.left_out(run.averaged, given.without))  # type: ignore[arg-type]
    print(f"done: {given.out / 'weights.npz'}")


if __name__ == "__main__":
    main()
