"""Rates within groups, and comparisons that the accuracy report makes beside plain pairs, against brute force."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.accuracy import asnorm, groups, protocols
from bench.accuracy.groups import Group, compare


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def crowd(photos: int, seed: int, alike: float = 0.0) -> np.ndarray:
    """Vectors of different people, the more alike the higher `alike`."""
    random = np.random.default_rng(seed)
    return unit(random.normal(size=(photos, 16)) + alike * random.normal(size=16))


def group(name: str, alike: float, photos: int = 200, seed: int = 3) -> Group:
    return compare(name, crowd(photos, seed, alike), None, 0.6)


@given(st.integers(2, 30), st.floats(-0.9, 0.9))
def test_a_group_counts_each_pair_once(photos: int, threshold: float) -> None:
    vectors = crowd(photos, photos)
    found = compare("g", vectors, None, 0.6).fmr_at(threshold)
    scores = [vectors[i] @ vectors[j] for i, j in combinations(range(photos), 2)]
    assert found.trials == len(scores)
    assert abs(found.events - sum(score >= threshold for score in scores)) <= sum(abs(s - threshold) < 1e-5 for s in scores)


def test_pairs_that_the_referee_takes_for_one_person_are_left_out() -> None:
    vectors = crowd(40, 1)
    referee = crowd(40, 2)
    referee[7] = referee[3]
    plain, judged = compare("g", vectors, None, 0.99), compare("g", vectors, referee, 0.99)
    assert judged.left_out == 1
    assert judged.fmr_at(-1).trials == plain.fmr_at(-1).trials - 1


def test_the_worst_group_is_the_one_that_needs_the_highest_cosine() -> None:
    some = [group("aaf a women", 0.5), group("aaf a men", 1.2), group("utkface b men", 3.0)]
    name, threshold = groups.worst_threshold(some, 1e-2) or ("", 0.0)
    assert name == "aaf a men"
    assert some[1].fmr_at(threshold).value <= 1e-2 < some[1].fmr_at(threshold - 0.01).value


def test_a_rate_of_too_few_pairs_is_not_read() -> None:
    assert group("aaf a men", 0.5, photos=30).threshold_at(1e-3) is None
    assert groups.worst_threshold([group("aaf a men", 0.5, photos=30), group("aaf a women", 0.5)], 1e-3) is None


def test_the_bootstrap_over_people_is_wider_than_independent_pairs_would_be() -> None:
    found = group("g", 0.8)
    threshold = found.threshold_at(0.02) or 0.0
    low, high = groups.percentiles(found.resampled(threshold))
    exact_low, exact_high = found.fmr_at(threshold).interval
    assert low < found.fmr_at(threshold).value < high
    assert high - low > exact_high - exact_low


def test_the_spread_is_worst_over_best_and_says_when_it_is_a_lower_limit() -> None:
    some = [group("aaf a women", 0.9), group("aaf a men", 0.2, seed=5)]
    rates = [each.fmr_at(0.6).value for each in some]
    found = groups.spread(some, 0.6)
    assert found["worst"] == "aaf a women"
    assert found["ratio"] == pytest.approx(rates[0] / rates[1])
    assert not found["at_least"]
    assert groups.spread(some, 0.999)["at_least"]


def people_and_vectors(people: int, photos: int, noise: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(4)
    names = np.repeat(np.arange(people), photos)
    return unit(random.normal(size=(people, 16))[names] + noise * random.normal(size=(len(names), 16))), names


def test_genuine_pairs_are_those_of_one_person() -> None:
    vectors, people = people_and_vectors(12, 4)
    vectors[5] = 0
    order = np.random.default_rng(1).permutation(len(people))
    scores, owners = protocols.genuine_pairs(vectors[order], people[order])
    assert np.bincount(owners).tolist() == [6] * 12
    assert (scores[owners == 1] == -1).sum() == 3


def test_the_kiosk_protocol_takes_people_with_eight_photos() -> None:
    vectors, people = people_and_vectors(6, 9)
    scores, owners = protocols.kiosk_pairs(vectors[:-2], people[:-2])
    assert sorted(set(owners.tolist())) == [0, 1, 2, 3, 4]
    assert len(scores) == 5 * protocols.DRAWS
    single, _ = protocols.genuine_pairs(vectors, people)
    assert scores.mean() > single.mean()


def test_covered_probes_meet_the_clean_photo_of_each_person() -> None:
    vectors, people = people_and_vectors(10, 3)
    gallery, _ = protocols.first_and_others(people)
    probes = protocols.one_probe_each(people, gallery)
    assert people[probes].tolist() == people[gallery].tolist()
    found, own = protocols.against_clean_gallery(vectors[gallery], people[gallery], vectors[probes], people[probes])
    assert (len(found.genuine), len(found.impostor)) == (10, 90)
    assert own == pytest.approx([vectors[p] @ vectors[g] for p, g in zip(probes, gallery, strict=True)], abs=1e-6)


def test_normalised_scores_take_the_alike_group_down() -> None:
    """Two groups, one of them all alike: normalising by a cohort of both brings their false match rates together."""
    alike, apart = crowd(300, 6, alike=2.0), crowd(300, 7)
    cohort = asnorm.centres(np.concatenate([alike[150:], apart[150:]]), 40)
    assert np.linalg.norm(cohort, axis=1) == pytest.approx(np.ones(40), abs=1e-5)
    scores = asnorm.all_pairs(alike[:40], np.repeat(np.arange(20), 2), cohort, 10)
    assert (len(scores.genuine), len(scores.impostor)) == (20, 40 * 39 // 2 - 20)
    plain = [compare(name, rows[:150], None, 0.6) for name, rows in (("aaf a", alike), ("aaf b", apart))]
    judged = [asnorm.of_group(g, rows[:150], cohort, 10) for g, rows in zip(plain, (alike, apart), strict=True)]
    before, after = (groups.spread(some, some[0].threshold_at(1e-2) or 0.0)["ratio"] for some in (plain, judged))
    assert after < before
