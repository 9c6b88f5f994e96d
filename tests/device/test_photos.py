"""What becomes of an operator's photos: refused one by one, held to one person, averaged."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import CONDITIONS
from api.ports import ImageRefused
from device.clock import ManualClock
from device.command import OperationRefused
from device.enroll_commands import EnrollPhotos, EnrollProgress, Photo
from device.photos import ADVICE, JudgedPhoto, PhotoJudge, of_one_person, pooled
from inference.observation import Measure, Observation, Quality
from inference.probe import Sample

SAME = 0.9
DIMENSION = 16


def person(number: int, photo: int = 0) -> np.ndarray:
    """Photos of one number are alike, of two are not."""
    vector = np.zeros(DIMENSION, dtype=np.float64)
    vector[number] = 1.0
    vector += 0.02 * np.random.default_rng(1000 * number + photo).standard_normal(DIMENSION)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def taken(number: int, photo: int = 0, quality: float = 0.8) -> JudgedPhoto:
    return JudgedPhoto(f"{number}-{photo}", "", None, Sample(person(number, photo), quality, None, 1.0, 0))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=12))
def test_only_the_face_on_most_photos_stays(wanted: list[tuple[int, int]]) -> None:
    candidates = [taken(number, photo) for number, photo in wanted]
    counts = {number: sum(1 for each, _ in wanted if each == number) for number, _ in wanted}
    most = max(counts, key=lambda number: counts[number], default=0)
    if len(wanted) > 1 and 2 * counts[most] <= len(wanted):
        with pytest.raises(OperationRefused) as refused:
            of_one_person(candidates, SAME)
        assert refused.value.code == "multiple_faces"
        return
    judged = of_one_person(candidates, SAME)
    assert [each.name for each in judged] == [each.name for each in candidates]
    assert [each.reason for each in judged] == ["" if number == most else "no_match" for number, _ in wanted]
    assert all((each.sample is None) == bool(each.reason) for each in judged)


def test_photos_without_a_face_do_not_count_against_the_others() -> None:
    blank = JudgedPhoto("blank", "no_face_detected")
    judged = of_one_person([blank, taken(1, 0), blank, taken(1, 1), blank], SAME)
    assert [each.reason for each in judged] == ["no_face_detected", "", "no_face_detected", "", "no_face_detected"]


def test_the_same_photo_twice_counts_once() -> None:
    pool, judged = pooled([taken(1, 0, 0.7), taken(1, 0, 0.9), taken(1, 3, 0.8)])
    assert len(pool) == 2
    assert [each.answer().accepted for each in judged] == [False, True, True]
    assert judged[0].reason == "superseded"


def test_every_reason_has_advice() -> None:
    assert set(CONDITIONS) <= set(ADVICE)


class Eyes:
    """Vision that answers by the photo's first byte."""

    async def judge(self, stream: str, image: bytes, time: float, *, track: bool = True) -> Observation:
        assert not track
        if image[:1] == b"!":
            raise ImageRefused("unsupported_image")
        usable = image[:1] == b"1"
        score = 0.8 if usable else 0.3
        quality = Quality(score, (Measure("sharpness", 1.0, score, "" if usable else "poor_image_quality"),))
        condition = "multiple_faces" if image[:1] == b"2" else ""
        embedding = person(1, len(image)).astype("<f4").tobytes() if not condition else None
        return Observation(
            seq=1, time=time, width=640, height=480, track=1, condition=condition, quality=quality, embedding=embedding
        )

    async def forget(self, stream: str) -> None:
        raise AssertionError("photos are not tracked")


async def test_each_photo_is_judged_and_told() -> None:
    contents = [b"1", b"", b"!", b"2", b"0"]

    async def photos() -> AsyncIterator[Photo]:
        for number, content in enumerate(contents):
            yield Photo(str(number), content)

    judge = PhotoJudge(Eyes(), ManualClock(), 0.6)
    found: list[JudgedPhoto] = []
    told = [step async for step in judge.judge(EnrollPhotos(user_id="grace", photos=5), photos(), found)]
    reasons = ["", "invalid_frame", "unsupported_image", "multiple_faces", "poor_image_quality"]
    assert [step.condition for step in told] == reasons
    assert [step.completed_samples for step in told if isinstance(step, EnrollProgress)] == [1, 2, 3, 4, 5]
    assert [each.answer().reason for each in found] == reasons
    assert all(bool(each.answer().message) == bool(each.reason) for each in found)
