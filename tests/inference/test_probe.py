"""What a pool of samples keeps, and what it averages to."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.observation import Pose
from inference.probe import Sample, SamplePool


def unit(*numbers):
    vector = np.array(numbers, dtype=np.float64)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def sample(angle=0.0, quality=0.8, yaw=0.0, time=0.0, track=1):
    return Sample(unit(np.cos(angle), np.sin(angle), 0.1), quality, Pose(yaw, 0.0, 0.0), time, track)


samples = st.builds(
    sample,
    angle=st.floats(-1, 1),
    quality=st.floats(0, 1),
    yaw=st.floats(-40, 40),
    time=st.floats(0, 10),
)


def pool_of(offered, capacity=3):
    pool = SamplePool(capacity)
    for one in offered:
        pool = pool.offer(one)
    return pool


@given(st.lists(samples, min_size=1, max_size=12))
def test_it_is_bounded_ordered_by_quality_and_its_mean_is_a_unit_vector(offered):
    pool = pool_of(offered)
    assert 1 <= len(pool) <= 3
    assert all(any(kept is one for one in offered) for kept in pool.samples)
    assert [kept.quality for kept in pool.samples] == sorted((kept.quality for kept in pool.samples), reverse=True)
    assert pool.mean().dtype == np.float32
    assert np.linalg.norm(pool.mean()) == pytest.approx(1, abs=1e-5)
    assert 0 <= pool.quality() <= 1


@given(st.lists(samples, min_size=1, max_size=12))
def test_no_two_kept_samples_are_the_same_again(offered):
    kept = pool_of(offered).samples
    assert all(a.difference(b) >= 0.05 for i, a in enumerate(kept) for b in kept[i + 1 :])


@given(st.lists(samples, min_size=1, max_size=3), st.randoms())
def test_below_capacity_different_samples_are_kept_in_whatever_order_they_come(offered, random):
    different = pool_of(offered).samples
    shuffled = list(different)
    random.shuffle(shuffled)
    assert set(map(id, pool_of(shuffled).samples)) == set(map(id, different))


@given(st.lists(samples, min_size=1, max_size=8), samples)
def test_an_offer_leaves_the_old_pool_as_it_was(offered, another):
    pool = pool_of(offered)
    before = pool.samples
    pool.offer(another)
    assert pool.samples is before


def test_the_same_frame_again_adds_nothing_and_a_better_one_of_it_takes_its_place():
    first = sample(quality=0.7)
    pool = SamplePool(3).offer(first)
    assert pool.offer(replace(first, quality=0.6)) is pool
    assert not pool.would_take(replace(first, quality=0.7))
    assert pool.offer(replace(first, quality=0.9)).samples[0].quality == 0.9
    assert len(pool.offer(replace(first, quality=0.9))) == 1


def test_different_poses_win_over_one_more_of_the_same_pose():
    ahead = [sample(yaw=0.0 + i, quality=0.8, time=i, angle=0.02 * i) for i in range(3)]
    turned = sample(yaw=20.0, quality=0.75, time=5.0)
    pool = pool_of([*ahead, turned])
    assert any(kept is turned for kept in pool.samples)


def test_a_bad_sample_does_not_push_out_good_ones_for_being_different():
    good = [sample(yaw=yaw, quality=0.9, time=i) for i, yaw in enumerate((-6.0, 0.0, 6.0))]
    assert pool_of([*good, sample(yaw=9.0, quality=0.1, time=9.0)]).samples == pool_of(good).samples


def test_poses_that_are_not_known_say_nothing():
    one, other = replace(sample(), pose=None), replace(sample(yaw=30.0), pose=None)
    assert one.difference(other) == 0
    assert one.difference(sample(angle=1.0)) == 1


def test_the_mean_is_of_all_samples_and_opposite_ones_do_not_divide_by_zero():
    a, b = sample(angle=0.5, yaw=20), sample(angle=-0.5, yaw=-20)
    mean = pool_of([a, b]).mean()
    assert mean == pytest.approx(unit(*(a.embedding + b.embedding)), abs=1e-6)
    opposite = SamplePool(2, samples=(a, replace(a, embedding=-a.embedding)))
    assert np.linalg.norm(opposite.mean()) == pytest.approx(1)


def test_an_empty_pool_has_no_mean_and_a_pool_has_room():
    with pytest.raises(ValueError, match="empty"):
        SamplePool(3).mean()
    assert SamplePool(3).quality() == 0
    with pytest.raises(ValueError, match="room"):
        SamplePool(0)


@pytest.mark.parametrize("bad", [np.zeros(3), np.array([np.nan, 0, 0]), np.array([2.0, 0, 0]), np.ones((1, 3)), np.ones(4) / 2])
def test_what_is_no_unit_vector_of_this_pool_is_refused(bad):
    pool = SamplePool(3).offer(sample())
    with pytest.raises(ValueError, match="sample"):
        pool.offer(replace(sample(), embedding=bad.astype(np.float32)))
