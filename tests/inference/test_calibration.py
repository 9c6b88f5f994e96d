"""The meaning of a cosine: monotone, invertible, and the wire contract's numbers."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.calibration import Calibration, confidence_at_fmr

KNOTS = Calibration("g", "s", (0.5, 0.8, 0.9, 0.95), (-0.5, -2.0, -3.0, -5.0), 10.0)


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    count = draw(st.integers(2, 12))
    cosines = sorted(draw(st.sets(st.integers(-900, 950), min_size=count, max_size=count)))
    decades = sorted(draw(st.sets(st.integers(1, 600), min_size=count, max_size=count)))
    exponent = draw(st.floats(1, 50))
    return Calibration("g", "s", tuple(c / 1000 for c in cosines), tuple(-d / 100 for d in decades), exponent)


@given(calibrations(), st.floats(-1, 1), st.floats(-1, 1))
def test_a_higher_cosine_never_means_less(calibration: Calibration, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert calibration.fmr(low) >= calibration.fmr(high)
    assert calibration.confidence(low) <= calibration.confidence(high)
    assert 0.0 <= calibration.confidence(low) <= 0.99
    assert 0.0 < calibration.fmr(high) <= 1.0


@given(calibrations(), st.floats(0.5, 0.99))
def test_the_inverse_is_the_lowest_cosine_with_that_confidence(calibration: Calibration, confidence: float) -> None:
    cosine = calibration.cosine_at(confidence)
    assert -1.0 <= cosine < 1.0
    assert calibration.confidence(cosine) == pytest.approx(confidence, abs=1e-6)


@given(calibrations(), st.floats(-0.999, 0.999))
def test_cosine_to_rate_and_back(calibration: Calibration, cosine: float) -> None:
    fmr = calibration.fmr(cosine)
    if fmr > 1e-15:
        assert calibration.cosine_at_fmr(fmr) == pytest.approx(cosine, abs=1e-6)


@given(st.floats(1e-9, 1.0))
def test_confidence_of_a_rate_is_the_formula(fmr: float) -> None:
    assert confidence_at_fmr(fmr) == pytest.approx(min(max(0.65 + 0.05 * (-math.log10(fmr) - 3), 0), 0.99))


def test_the_anchors_of_the_wire_contract() -> None:
    assert KNOTS.confidence(0.9) == pytest.approx(0.65)
    assert confidence_at_fmr(1e-3) == pytest.approx(0.65)
    assert confidence_at_fmr(1e-7) == pytest.approx(0.85)
    assert KNOTS.cosine_at(0.65) == pytest.approx(0.9)
    assert KNOTS.fmr(-1.0) == 1.0


def test_past_the_last_knot_is_extrapolated() -> None:
    assert not KNOTS.extrapolated(0.95)
    assert KNOTS.extrapolated(0.951)
    assert KNOTS.fmr(0.96) == pytest.approx(1e-5 * 0.8**10)
    assert KNOTS.fmr(1.0) < 1e-15


def test_many_at_once_agree_with_one_by_one() -> None:
    cosines = np.linspace(-1.2, 1.2, 97)
    assert np.allclose(KNOTS.confidences(cosines), [KNOTS.confidence(c) for c in cosines])


@pytest.mark.parametrize("fmr", [0.0, -1.0, 1.5])
def test_a_rate_outside_its_range_is_refused(fmr: float) -> None:
    with pytest.raises(ValueError, match="false match rate"):
        KNOTS.cosine_at_fmr(fmr)
    with pytest.raises(ValueError, match="false match rate"):
        confidence_at_fmr(fmr)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cosines": (0.5, 0.8, 0.8, 0.95)}, "rise strictly"),
        ({"cosines": (0.5, 0.8, 0.9, 1.0)}, "rise strictly"),
        ({"log10_fmr": (-0.5, -2.0, -1.9, -5.0)}, "fall strictly"),
        ({"log10_fmr": (0.0, -2.0, -3.0, -5.0)}, "fall strictly"),
        ({"log10_fmr": (-0.5, -2.0, -3.0)}, "as many"),
        ({"tail_exponent": -1.0}, "tail_exponent"),
        ({"cosines": (0.5, 0.8, float("nan"), 0.95)}, "finite"),
    ],
)
def test_a_curve_that_is_not_monotone_is_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        msgspec.structs.replace(KNOTS, **change)


@given(calibrations(), st.floats(0, 2), st.floats(-1, 1))
def test_averages_never_mean_more_than_single_photos(calibration: Calibration, averaging: float, cosine: float) -> None:
    averaged = msgspec.structs.replace(calibration, averaging=averaging).of_averages()
    assert averaged.confidence(cosine) <= calibration.confidence(cosine) + 1e-12
    assert averaged.averaging == 0


def test_averaging_follows_its_law_on_both_sides_of_the_last_knot() -> None:
    averaged = msgspec.structs.replace(KNOTS, averaging=0.5).of_averages()
    for single in (0.5, 0.8, 0.93, 0.97, 0.99):
        assert averaged.fmr(1 - (1 - single) / 1.25) == pytest.approx(KNOTS.fmr(single), rel=0.02)


def test_negative_averaging_is_refused() -> None:
    with pytest.raises(ValueError, match="averaging"):
        Calibration("g", "s", KNOTS.cosines, KNOTS.log10_fmr, 10.0, averaging=-0.1)
