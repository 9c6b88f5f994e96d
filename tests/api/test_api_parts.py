"""The small pure parts: the error table, the lane, settings from the environment, user ids, times."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import errors
from api.clock import rfc3339
from api.errors import ApiError
from api.frames import TimedImage
from api.lane import Lane, Refused, TooFast
from api.schema import EnrollmentRequest, parse
from api.settings import ENVIRONMENT, SessionSettings

CODES = [
    "invalid_request",
    "invalid_api_key",
    "invalid_token",
    "forbidden",
    "stronger_liveness_required",
    "session_not_found",
    "session_expired",
    "session_completed",
    "too_many_attempts",
    "invalid_frame",
    "frame_too_large",
    "unsupported_image",
    "superseded",
    "no_face_detected",
    "multiple_faces",
    "face_too_small",
    "face_not_centered",
    "face_covered",
    "too_dark",
    "too_bright",
    "poor_image_quality",
    "liveness_failed",
    "no_match",
    "user_not_enrolled",
    "duplicate_person",
    "rate_limited",
    "locked_out",
    "vision_unavailable",
    "internal_error",
]


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_the_contract_has_a_message_and_a_status_or_is_a_frames_condition(code):
    assert errors.MESSAGE[code]
    assert code in errors.STATUS or code in errors.CONDITIONS or code in ("liveness_failed", "no_match")


def test_the_tree_in_the_docstring_is_the_table():
    told = {}
    for line in re.findall(r"── (\d{3}) (.*)", errors.__doc__):
        told.update(dict.fromkeys(re.findall(r"[a-z]+_[a-z_]+|forbidden|superseded", line[1]), int(line[0])))
    told["invalid_request"] = 400
    assert told == errors.STATUS


@given(st.lists(st.sampled_from("fr"), max_size=40), st.data())
def test_a_lane_answers_everything_once_in_order_and_at_most_one_frame_waits(kinds, data):
    lane, owed, answered = Lane(), [], []
    for number, kind in enumerate(kinds):
        owed.append(number)
        lane.put(TimedImage(str(number).encode()) if kind == "f" else Refused({"n": number}))
        assert sum(isinstance(entry, TimedImage) for entry in lane._entries) <= 1
        if data.draw(st.booleans()):
            answered.append(lane.take())
    while (entry := lane.take()) is not None:
        answered.append(entry)
    assert len(answered) == len(owed)
    for number, entry in zip(owed, answered, strict=True):
        if isinstance(entry, TimedImage):
            assert entry.image == str(number).encode()
        elif kinds[number] == "r":
            assert entry.message == {"n": number}
        else:
            assert entry.message["error_code"] == "superseded"


def test_a_lane_is_bounded():
    lane = Lane(most=3)
    for _ in range(3):
        lane.put(Refused({}))
    with pytest.raises(TooFast):
        lane.put(TimedImage(b""))


def test_settings_of_the_reference_have_their_names_and_defaults():
    assert {name: getattr(SessionSettings(), field) for name, field in ENVIRONMENT.items()} == {
        "FACE_RECOGNITION_THRESHOLD": 0.65,
        "FACE_MIN_QUALITY_SCORE": 0.6,
        "FACE_MIN_LIVENESS_FRAMES": 3,
        "FACE_MIN_LIVENESS_BLINKS": 1,
        "SESSION_EXPIRY_MINUTES": 30,
        "MAX_ENROLLMENT_ATTEMPTS": 50,
        "MAX_AUTH_ATTEMPTS": 20,
    }


@pytest.mark.parametrize(
    "user_id", ["a", "Zoë", "李小龙", "a/b\\c", "'; DROP TABLE users; --", "../../etc/passwd", "x" * 255, "👩\u200d🚀"]
)
def test_user_ids(user_id):
    assert parse(EnrollmentRequest, json.dumps({"user_id": user_id})).user_id == user_id


@pytest.mark.parametrize("user_id", ["", " a", "a ", "a\n", "a\x00", "a\x7f", "a\u2028b", "\u0378", "x" * 256])
def test_what_is_no_user_id(user_id):
    with pytest.raises(ApiError) as refused:
        parse(EnrollmentRequest, json.dumps({"user_id": user_id}))
    assert refused.value.status == 422
    assert refused.value.details["fields"][0]["field"] == "user_id"


def test_a_lone_surrogate_is_no_json():
    with pytest.raises(ApiError, match="invalid_request"):
        parse(EnrollmentRequest, b'{"user_id": "\\ud800"}')


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_refused(body):
    with pytest.raises(ApiError) as refused:
        parse(EnrollmentRequest, body)
    assert refused.value.status in (400, 422)


def test_times_on_the_wire():
    assert rfc3339(0) == "1970-01-01T00:00:00Z"
    assert rfc3339(1_764_064_799.9) == "2025-11-25T09:59:59Z"
