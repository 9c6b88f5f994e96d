"""The few samples of one person that are worth averaging: good ones, and different from each other. Pure; no matching here."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from inference.observation import Embedding, Pose

_POSE_SPREAD_DEG = 25.0
"""A head turn that counts as a wholly different sample."""
_EMBEDDING_SPREAD = 0.15
"""Cosine distance between two samples that counts as wholly different."""
_TIME_SPREAD_S = 0.5
"""Frames this far apart have noise, exposure and expression of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One usable frame's embedding, and what says how much it adds to others."""

    embedding: Embedding
    """(dimension,) float32, unit length."""
    quality: float
    """0..1, where .6 is usable."""
    pose: Pose | None
    time: float
    """Boot-time seconds."""
    track: int
    beside: Embedding | None = None
    """The same frame's embedding by the model before the one in use, in a transition."""

    def difference(self, other: Sample) -> float:
        """How much two samples of a person add to each other, 0 (the same again) to 1: by pose, embedding, or time apart."""
        embedding = (1.0 - float(self.embedding @ other.embedding)) / _EMBEDDING_SPREAD
        time = abs(self.time - other.time) / _TIME_SPREAD_S
        # Time alone must not pass a still picture off as variety, so it weighs half.
        return min(1.0, max(_pose_difference(self.pose, other.pose), embedding, 0.5 * min(1.0, time)))


@dataclass(frozen=True, slots=True)
class SamplePool:
    """The best, most different few of the samples offered. Immutable: `offer` returns another pool.

    Averaging several *different* samples is what makes the shipped network usable; the same frame ten times adds nothing. A
    pool is worth the mean quality of its samples times their mean difference; a new sample comes in when it raises that.
    """

    capacity: int = 5
    min_difference: float = 0.05
    """Samples nearer to each other than this are the same sample again; only the better one stays."""
    samples: tuple[Sample, ...] = ()
    """The best first."""

    def __post_init__(self) -> None:
        if self.capacity < 1:
            raise ValueError("a pool needs room for one sample")

    def __len__(self) -> int:
        return len(self.samples)

    def offer(self, sample: Sample) -> SamplePool:
        """The pool with the sample, where it is worth its place; else this pool itself.

        Raises:
            ValueError: the embedding is no unit vector, or of another dimension than those in the pool.
        """
        self._check(sample)
        near = tuple(other for other in self.samples if other.difference(sample) < self.min_difference)
        if any(_rank(other) <= _rank(sample) for other in near):
            return self
        kept = (*(other for other in self.samples if other not in near), sample)
        chosen = kept if len(kept) <= self.capacity else self._without_the_least(kept)
        return replace(self, samples=tuple(sorted(chosen, key=_rank)))

    def would_take(self, sample: Sample) -> bool:
        """Whether `offer` would change the pool."""
        return self.offer(sample) is not self

    def mean(self) -> Embedding:
        """The normalised mean of the samples, (dimension,) float32, unit length.

        Raises:
            ValueError: the pool is empty.
        """
        if not self.samples:
            raise ValueError("an empty pool has no mean")
        total = np.sum([sample.embedding for sample in self.samples], axis=0, dtype=np.float64)
        length = float(np.linalg.norm(total))
        # Opposite vectors cancel; no face does that, but a division by zero must not decide anything.
        mean = total / length if length > 1e-6 else np.asarray(self.samples[0].embedding, dtype=np.float64)
        return (mean / np.linalg.norm(mean)).astype(np.float32)

    def of_beside(self) -> SamplePool:
        """The same samples as the model before the one in use sees them; those that it has not seen are left out."""
        seen = ((sample, sample.beside) for sample in self.samples)
        samples = tuple(replace(sample, embedding=beside, beside=None) for sample, beside in seen if beside is not None)
        return replace(self, samples=samples)

    def quality(self) -> float:
        """Mean quality of the samples, 0..1; 0 of an empty pool."""
        return sum(sample.quality for sample in self.samples) / len(self.samples) if self.samples else 0.0

    def _check(self, sample: Sample) -> None:
        shape = sample.embedding.shape
        if len(shape) != 1 or (self.samples and shape != self.samples[0].embedding.shape):
            raise ValueError(f"a sample of shape {shape} does not belong in this pool")
        if not abs(float(np.linalg.norm(sample.embedding)) - 1.0) < 1e-3:  # also refuses what is not a number
            raise ValueError("a sample must be a unit vector")

    def _without_the_least(self, samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
        groups = itertools.combinations(sorted(samples, key=_rank), len(samples) - 1)
        return max(groups, key=_worth)


def _rank(sample: Sample) -> tuple[float, float]:
    return -sample.quality, sample.time


def _worth(samples: tuple[Sample, ...]) -> float:
    quality = sum(sample.quality for sample in samples) / len(samples)
    pairs = [one.difference(other) for one, other in itertools.combinations(samples, 2)]
    return quality * (1.0 + (sum(pairs) / len(pairs) if pairs else 0.0))


def _pose_difference(one: Pose | None, other: Pose | None) -> float:
    if one is None or other is None:
        return 0.0
    return max(abs(one.yaw - other.yaw), abs(one.pitch - other.pitch)) / _POSE_SPREAD_DEG
