"""Token buckets: for any order of calls, no more than burst and rate allow, and a wait that is told is enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import ApiError
from api.limits import Buckets, Limits, LimitSettings, Rate, filled, full, network_of, take

rates = st.builds(Rate, st.floats(0.01, 1000), st.floats(1, 100))
gaps = st.lists(st.floats(0, 100), max_size=60)


@given(rates, gaps)
def test_no_more_than_burst_and_rate_allow(rate, gaps):
    now, taken = 0.0, 0
    bucket = full(rate, now)
    for gap in gaps:
        now += gap
        bucket, wait = take(bucket, rate, now)
        taken += wait == 0
        assert taken <= rate.burst + rate.per_s * now + 1e-6
        assert -1e-9 <= bucket.tokens <= rate.burst


@given(rates, gaps)
def test_a_wait_that_is_told_is_enough_and_no_longer_than_needed(rate, gaps):
    now = 0.0
    bucket = full(rate, now)
    for gap in gaps:
        now += gap
        bucket, wait = take(bucket, rate, now)
        if wait:
            assert wait <= 1 / rate.per_s * (1 + 1e-9)
            assert take(bucket, rate, now + wait * 1.001 + 1e-6)[1] == 0
            assert take(bucket, rate, now + wait * 0.99)[1] > 0


@given(rates, st.floats(0, 100), st.floats(0, 100))
def test_time_never_runs_back(rate, first, second):
    bucket, _ = take(full(rate, first), rate, first)
    assert filled(bucket, rate, second).at >= bucket.at
    assert filled(bucket, rate, second).tokens >= bucket.tokens


@given(st.lists(st.integers(0, 30)))
def test_buckets_are_bounded_and_apart(keys):
    buckets = Buckets(Rate(1, 2), lambda: 0.0, most=8)
    for key in keys:
        buckets.take(str(key))
        assert len(buckets) <= 8
    assert buckets.take("fresh") == 0


def test_a_busy_key_is_not_forgotten_for_quiet_ones():
    buckets = Buckets(Rate(0.1, 1), lambda: 0.0, most=4)
    assert buckets.take("busy") == 0
    for n in range(20):
        buckets.take(str(n))
        assert buckets.take("busy") > 0


def test_wrong_keys_are_throttled_per_address():
    limits = Limits(LimitSettings(wrong_keys_burst=3), lambda: 0.0)
    for _ in range(3):
        limits.may_try_key("192.0.2.1")
        limits.may_try_key("192.0.2.1")
        limits.wrong_key("192.0.2.1")
    with pytest.raises(ApiError, match="rate_limited") as refused:
        limits.may_try_key("192.0.2.1")
    assert refused.value.headers == {"Retry-After": "10"}
    limits.may_try_key("192.0.2.2")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, ""),
        ("", ""),
        ("unix", ""),
    ],
)
def test_what_counts_as_one_caller(address, network):
    assert network_of(address) == network
