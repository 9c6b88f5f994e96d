"""The rules of a recognition decision, against a real gallery and a real calibration curve."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.calibration import Calibration, confidence_at_fmr
from inference.gallery import Gallery
from inference.match_settings import MatchSettings
from inference.matcher import Matcher
from inference.probe import Sample, SamplePool

DIMENSION = 8
CALIBRATION = Calibration(
    group="made up", source="made up", cosines=(0.2, 0.5, 0.7), log10_fmr=(-1.0, -3.0, -5.0), tail_exponent=10.0
)
"""Confidence .65 at cosine .5, .75 at .7, more above."""


def towards(cosine, axis=0, other=7):
    """A unit vector at this cosine to the axis, else along another."""
    vector = np.zeros(DIMENSION)
    vector[axis], vector[other] = cosine, np.sqrt(1 - cosine**2)
    return vector.astype(np.float32)


def samples(*vectors):
    return SamplePool(8, samples=tuple(Sample(vector, 0.9, None, float(i), 1) for i, vector in enumerate(vectors)))


@pytest.fixture
def gallery():
    gallery = Gallery("m1", DIMENSION)
    for axis, user in enumerate(("anna", "bert", "carl")):
        gallery.add("local", user, f"{user}-1", np.eye(DIMENSION)[axis])
    return gallery


def matcher(gallery, threshold=0.65, eligible=None, **changed):
    return Matcher(gallery, CALIBRATION, MatchSettings(**changed), threshold=threshold, eligible=eligible)


def test_a_clear_face_is_recognised_by_name_and_template(gallery):
    decision = matcher(gallery).decide("local", samples(towards(0.8), towards(0.8, other=6)), None)
    mean = CALIBRATION.confidence(float(samples(towards(0.8), towards(0.8, other=6)).mean()[0]))
    assert (decision.success, decision.user_id, decision.enrollment_id, decision.reason) == (True, "anna", "anna-1", "")
    assert decision.confidence == pytest.approx(mean)
    assert (decision.searched, decision.agreeing) == (3, 2)
    assert decision.margin == pytest.approx(0.8 / np.sqrt(0.64 + 0.18), abs=1e-5)


@pytest.mark.parametrize(("cosine", "success"), [(0.502, True), (0.498, False)])
def test_the_bar_is_the_threshold(gallery, cosine, success):
    decision = matcher(gallery, target_fpir=0.1).decide("local", samples(*[towards(cosine)] * 2), None)
    assert decision.required_confidence == 0.65
    assert decision.success is success
    assert (decision.user_id, decision.enrollment_id, decision.reason) == (
        ("anna", "anna-1", "") if success else (None, None, "no_match")
    )
    assert decision.confidence == pytest.approx(0.65, abs=0.01)


@given(st.floats(0, 1), st.sampled_from([None, "anna"]))
def test_min_confidence_can_only_raise_the_bar(asked, claimed):
    gallery = Gallery("m1", DIMENSION)
    gallery.add("local", "anna", "e", np.eye(DIMENSION)[0])
    assert matcher(gallery).required("local", claimed, asked) == max(0.65, asked)


def test_the_bar_of_one_to_many_rises_with_the_people_searched(gallery):
    few = matcher(gallery).required("local", None)
    for i in range(300):
        gallery.add("local", f"user{i}", f"e{i}", np.roll(towards(0.3, 3, 4), i))
    many = matcher(gallery).required("local", None)
    assert few == 0.65
    assert many == pytest.approx(confidence_at_fmr(0.01 / 303))
    assert matcher(gallery).required("local", "anna") == 0.65


def test_two_people_nearly_as_near_are_no_match(gallery):
    gallery.add("local", "twin", "twin-1", towards(0.999))
    probe = samples(*[towards(0.95)] * 2)
    decision = matcher(gallery, margin=0.1).decide("local", probe, None)
    assert (decision.success, decision.user_id, decision.reason) == (False, None, "no_match")
    assert 0 <= decision.margin < 0.1
    assert matcher(gallery, margin=0.0).decide("local", probe, None).success


def test_two_templates_of_one_person_are_no_second_person(gallery):
    gallery.add("local", "anna", "anna-2", towards(0.999))
    decision = matcher(gallery, margin=0.1).decide("local", samples(*[towards(0.95)] * 2), None)
    assert decision.success
    assert decision.enrollment_id == "anna-2"
    assert decision.margin > 0.9


def test_one_frame_alone_opens_nothing(gallery):
    decision = matcher(gallery).decide("local", samples(towards(0.99)), None)
    assert (decision.success, decision.reason, decision.agreeing) == (False, "no_match", 1)
    assert matcher(gallery).decide("local", samples(towards(0.99)), "anna").success is False
    assert matcher(gallery, min_agreeing_frames=1).decide("local", samples(towards(0.99)), None).success


def test_frames_that_name_others_do_not_agree(gallery):
    """The mean names Anna only because of one very clear frame."""
    mixed = samples(np.eye(DIMENSION)[0], towards(0.6, axis=1, other=0), towards(0.6, axis=2, other=0))
    assert matcher(gallery).decide("local", mixed, None).agreeing == 2, "0.8 towards anna: the other two do agree"
    mixed = samples(np.eye(DIMENSION)[0], towards(0.8, axis=1, other=0), towards(0.8, axis=2, other=0))
    decision = matcher(gallery).decide("local", mixed, None)
    assert decision.confidence > decision.required_confidence
    assert (decision.success, decision.agreeing) == (False, 1)


def test_one_to_one_needs_frames_above_a_floor_of_their_own(gallery):
    low = samples(np.eye(DIMENSION)[0], towards(0.3), towards(0.3, other=6))
    decision = matcher(gallery).decide("local", low, "anna")
    assert decision.confidence > decision.required_confidence
    assert (decision.success, decision.agreeing, decision.reason) == (False, 1, "no_match")
    assert matcher(gallery, frame_floor=0.55).decide("local", low, "anna").success


def test_one_to_one_asks_only_about_the_claimed(gallery):
    probe = samples(*[towards(0.9)] * 2)
    right, wrong = (matcher(gallery).decide("local", probe, user) for user in ("anna", "bert"))
    assert (right.success, right.user_id, right.enrollment_id, right.searched, right.margin) == (True, "anna", "anna-1", 1, None)
    assert (wrong.success, wrong.user_id, wrong.enrollment_id, wrong.reason) == (False, "bert", None, "no_match")


def test_who_is_not_enrolled_is_said_so(gallery):
    decision = matcher(gallery).decide("local", samples(*[towards(0.9)] * 2), "dora")
    assert (decision.success, decision.user_id, decision.reason, decision.confidence) == (
        False,
        "dora",
        "user_not_enrolled",
        None,
    )
    assert matcher(gallery).decide("shop", samples(*[towards(0.9)] * 2), "anna").reason == "user_not_enrolled"


def test_an_empty_realm_matches_nobody(gallery):
    decision = matcher(gallery).decide("shop", samples(*[towards(0.9)] * 2), None)
    assert (decision.success, decision.reason, decision.searched, decision.confidence) == (False, "no_match", 0, None)


def test_who_may_not_enter_is_not_recognised_and_nobody_else_in_their_place(gallery):
    gallery.add("local", "double", "double-1", towards(0.9))
    barred = matcher(gallery, margin=0.0, eligible=lambda user: user != "anna")
    face = samples(np.eye(DIMENSION)[0], towards(0.99))
    assert (barred.decide("local", face, None).success, barred.decide("local", face, None).user_id) == (False, None)
    assert barred.decide("local", face, "anna").reason == "user_not_enrolled"
    assert matcher(gallery, margin=0.0).decide("local", face, None).user_id == "anna"


def test_an_empty_pool_decides_nothing(gallery):
    with pytest.raises(ValueError, match="empty"):
        matcher(gallery).decide("local", SamplePool(3), None)


def test_a_duplicate_is_somebody_else_above_the_bar(gallery):
    ask = matcher(gallery)
    assert ask.duplicate_of("local", towards(0.9)).user_id == "anna"
    assert ask.duplicate_of("local", towards(0.9), except_user="anna") is None
    assert ask.duplicate_of("local", towards(0.3)) is None
    assert ask.duplicate_of("shop", towards(0.9)) is None


def test_a_duplicate_is_found_behind_the_persons_own_templates(gallery):
    gallery.add("local", "anna", "anna-2", towards(0.9))
    gallery.add("local", "same", "same-1", towards(0.89))
    assert matcher(gallery).duplicate_of("local", towards(0.9), except_user="anna").user_id == "same"


vectors = st.lists(st.floats(-1, 1), min_size=DIMENSION, max_size=DIMENSION).filter(lambda v: np.linalg.norm(v) > 0.1)


@settings(deadline=None)
@given(st.lists(vectors, min_size=1, max_size=4), st.sampled_from([None, "anna", "dora"]), st.floats(0, 1))
def test_success_always_names_somebody_above_the_bar_and_failure_always_says_why(rows, claimed, asked):
    gallery = Gallery("m1", DIMENSION)
    for axis, user in enumerate(("anna", "bert", "carl")):
        gallery.add("local", user, user, np.eye(DIMENSION)[axis])
    pool = samples(*((np.array(row) / np.linalg.norm(row)).astype(np.float32) for row in rows))
    decision = matcher(gallery).decide("local", pool, claimed, asked)
    assert decision.success is (decision.reason == "")
    assert decision.required_confidence >= max(0.65, asked)
    if decision.success:
        assert decision.confidence >= decision.required_confidence
        assert decision.enrollment_id == decision.user_id
        assert claimed in (None, decision.user_id)
        assert decision.agreeing >= 2
    else:
        assert decision.enrollment_id is None
        assert decision.user_id == claimed


@pytest.mark.parametrize("bad", [{"target_fpir": 0}, {"min_agreeing_frames": 0}, {"margin": -0.1}, {"annoy_form": 1}])
def test_settings_out_of_range_or_unknown_are_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        MatchSettings(**bad)
