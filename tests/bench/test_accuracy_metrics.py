"""Error rates against brute force and against published values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.accuracy.metrics import Distribution, OpenSet, Rate, clopper_pearson
from bench.accuracy.protocols import averaged_open_set, one_photo_open_set


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def sample(people: int, photos: int, seed: int, noise: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    names = np.repeat(np.arange(people), photos)
    return unit(rng.normal(size=(people, 16))[names] + noise * rng.normal(size=(len(names), 16))), names


@pytest.mark.parametrize(
    ("events", "trials", "expected"),
    [(0, 10, (0.0, 0.3085)), (10, 10, (0.6915, 1.0)), (5, 10, (0.1871, 0.8129)), (1, 100, (0.00025, 0.0545))],
)
def test_clopper_pearson_gives_the_tabulated_limits(events: int, trials: int, expected: tuple[float, float]) -> None:
    assert clopper_pearson(events, trials) == pytest.approx(expected, abs=1e-4)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share(counts: tuple[int, int]) -> None:
    low, high = clopper_pearson(*counts)
    assert low <= Rate(*counts).value <= high


def test_no_trials_say_nothing() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert np.isnan(Rate(0, 0).value)


def test_all_pairs_are_counted_once_and_failures_never_match() -> None:
    vectors, people = sample(60, 3, seed=1)
    vectors[7] = 0
    scores = Distribution.of_pairs(vectors, people)
    assert len(scores.genuine) == 60 * 3
    assert len(scores.genuine) + len(scores.impostor) == 180 * 179 // 2
    assert (scores.genuine == -1).sum() == 2
    assert (scores.impostor == -1).sum() == 177


@given(st.integers(0, 50), st.sampled_from([0.3, 0.1, 0.02, 0.001]))
def test_the_threshold_keeps_the_false_match_rate(seed: int, fmr: float) -> None:
    scores = Distribution.of_pairs(*sample(20, 3, seed))
    threshold = scores.threshold_at_fmr(fmr)
    assert scores.fmr_at(threshold).value <= fmr
    lower = float(np.nextafter(np.float32(threshold), np.float32(-2)))
    assert scores.fmr_at(lower).events >= scores.fmr_at(threshold).events


def test_open_set_rates_agree_with_brute_force() -> None:
    gallery, owners = sample(30, 1, seed=2)
    probes, people = sample(40, 2, seed=2)
    found = OpenSet.search(gallery, owners, probes, people)
    threshold = found.threshold_at_fpir(0.1)
    hits, false = [], []
    for row, name in zip(probes @ gallery.T, people, strict=True):
        accepted = row.max() >= threshold
        if name < 30:
            hits.append(accepted and owners[row.argmax()] == name)
        else:
            false.append(accepted)
    assert found.fnir_at(threshold).events == len(hits) - sum(hits)
    assert found.fpir_at(threshold).events == sum(false)
    assert found.fpir_at(threshold).value <= 0.1


def test_one_photo_open_set_enrols_only_people_with_a_second_photo() -> None:
    vectors, people = sample(10, 2, seed=3)
    found, gallery = one_photo_open_set(vectors[:-1], people[:-1])
    assert gallery == 9
    assert len(found.mated_score) == 9
    assert len(found.unmated_score) == 1


def test_averages_use_independent_photos() -> None:
    vectors, people = sample(12, 8, seed=4)
    found, pairs, gallery = averaged_open_set(vectors, people, enrolled=5, probed=3)
    assert gallery == 12
    assert len(found.mated_score) == 12
    assert len(pairs.genuine) == 12
    single, _, _ = averaged_open_set(vectors, people, enrolled=1, probed=1)
    assert pairs.genuine.mean() > single.mated_score.mean()
