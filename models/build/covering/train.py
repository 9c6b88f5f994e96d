"""Trains the network on the drawn views, one epoch after the other; a run that is killed goes on at the last epoch's end."""

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from covering import network, views


@dataclass(frozen=True)
class Plan:
    """What makes a run what it is."""

    views: int
    epochs: int
    rate: float
    start: str
    """Weights to start from; none: at random."""
    batch: int = 64
    seed: int = 1
    trusted: int = 2
    """Epochs after which a photo that looks covered though nothing was drawn on it is no longer learnt from: people in
    the photos wear hats and sunglasses, and the tables do not say so."""


class Run:
    """One training run and where it stands."""

    def __init__(self, plan: Plan, work: Path, out: Path, threads: int) -> None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.keras.utils.set_random_seed(plan.seed)
        self.plan, self.out = plan, out
        out.mkdir(parents=True, exist_ok=True)
        self.chips, self.labels, self.bare = views.load(work, plan.seed, plan.views)
        self.checks = views.load(work, views.HELD_OUT_SEED, views.HELD_OUT_COUNT)
        self.model = network.build()
        steps = plan.epochs * (len(self.chips) // plan.batch)
        self.optimizer = tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(plan.rate, steps, 0.01))
        self.optimizer.build(self.model.trainable_variables)
        self.epoch, self.curve = 0, []
        if plan.start:
            self.model.load_weights(plan.start)
            self.curve = json.loads(Path(plan.start).with_name("curve.json").read_text())["curve"]
        self.state = tf.train.Checkpoint(model=self.model, optimizer=self.optimizer)
        self._resume()

    def _resume(self) -> None:
        at = self.out / "run.json"
        if not at.exists():
            return
        kept = json.loads(at.read_text())
        if kept["plan"] != asdict(self.plan):
            raise SystemExit(f"{at} is of another plan ({kept['plan']}); remove it to start afresh")
        self.epoch, self.curve = kept["epoch"], kept["curve"]
        self.state.read(str(self.out / f"epoch-{self.epoch}")).assert_existing_objects_matched()

    def _save(self) -> None:
        self.state.write(str(self.out / f"epoch-{self.epoch}"))
        partial = self.out / "run.partial"
        partial.write_text(json.dumps({"plan": asdict(self.plan), "epoch": self.epoch, "curve": self.curve}))
        partial.rename(self.out / "run.json")

    def train(self) -> None:
        """Run to the end of the plan."""
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns) as progress:
            batches = len(self.chips) // self.plan.batch
            task = progress.add_task("training", total=batches * self.plan.epochs, completed=batches * self.epoch)
            while self.epoch < self.plan.epochs:
                began, losses = time.monotonic(), []
                for chips, labels, bare in self._batches():
                    losses.append(float(self._step(chips, labels, bare, tf.constant(self._doubting()))))
                    progress.advance(task)
                self.epoch += 1
                self.curve.append({"epoch": len(self.curve) + 1, "loss": float(np.mean(losses)), **self.validate()})
                self._save()
                progress.console.print(f"{self.curve[-1]} {time.monotonic() - began:.0f} s")

    def _doubting(self) -> bool:
        return bool(self.plan.start) or self.epoch >= self.plan.trusted

    def _batches(self):  # noqa: ANN202
        """Batches of an epoch: mirrored, brighter or darker at random."""
        random = np.random.default_rng((self.plan.seed, self.epoch))
        order = random.permutation(len(self.chips))
        for start in range(0, len(order) - self.plan.batch + 1, self.plan.batch):
            at = order[start : start + self.plan.batch]
            chips = as_input(self.chips[at])
            mirrored = random.random(len(at)) < 0.5
            chips[mirrored] = chips[mirrored, :, ::-1]
            gain, lift = random.uniform(0.8, 1.2, (2, len(at), 1, 1, 1)).astype(np.float32)
            yield chips * gain + (lift - 1), self.labels[at], self.bare[at]

    @tf.function(reduce_retracing=True)
    def _step(self, chips: tf.Tensor, labels: tf.Tensor, bare: tf.Tensor, doubting: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            answers = self.model(chips, training=True)
            doubtful = doubting & bare[:, None] & (answers > 0.9)
            loss = loss_of(answers, tf.where(doubtful, -1.0, labels))
        gradients = tape.gradient(loss, self.model.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.model.trainable_variables, strict=True))
        return loss

    def validate(self) -> dict[str, float]:
        """Loss and share of right answers on views of photos that are never trained on."""
        chips, labels, _ = self.checks
        answers = np.concatenate(
            [self.model(as_input(part), training=False) for part in np.array_split(chips, len(chips) // 200)]
        )
        known = labels >= 0
        right = ((answers > 0.5) == (labels > 0.5))[known].mean()
        return {"held_out_loss": float(loss_of(tf.constant(answers), tf.constant(labels))), "held_out_right": float(right)}


def as_input(chips: np.ndarray) -> np.ndarray:
    """What the network gets for chips of 0..255."""
    return (chips.astype(np.float32) - network.MEAN) / network.STD


def loss_of(answers: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Cross-entropy over the labels that are known."""
    known = tf.cast(labels >= 0, tf.float32)
    answers = tf.clip_by_value(answers, 1e-6, 1 - 1e-6)
    wanted = tf.clip_by_value(labels, 0.01, 0.99)
    entropy = -(wanted * tf.math.log(answers) + (1 - wanted) * tf.math.log(1 - answers))
    return tf.reduce_sum(entropy * known) / tf.reduce_sum(known)


def main() -> None:
    """Command line; leaves `weights.h5` and `curve.json` in the run's folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="work folder with drawn views")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--views", type=int, required=True, help="views to learn from, the first so many")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--rate", type=float, default=3e-3, help="learning rate at the start; it falls to a hundredth")
    parser.add_argument("--start", type=Path, help="weights of another run to go on from, its curve beside them")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    plan = Plan(given.views, given.epochs, given.rate, str(given.start or ""))
    run = Run(plan, given.work, given.out, given.threads)
    run.train()
    run.model.save_weights(given.out / "weights.h5")
    (given.out / "curve.json").write_text(json.dumps({"plan": asdict(plan), "curve": run.curve}, indent=1))


if __name__ == "__main__":
    main()
