"""Whose pipeline judges which image: streams are bounded, and one that failed is not trusted again."""

from dataclasses import dataclass, field

import pytest

from inference.channel import Judge
from inference.observation import Observation
from inference.settings import VisionSettings
from inference.vision_remote import StreamJudge


@dataclass
class Pretend:
    """A pipeline that numbers itself and notes what is done to it."""

    number: int
    seen: list = field(default_factory=list)
    closed: bool = False

    def observe(self, frame):
        self.seen.append(frame.time)
        if frame.time < 0:
            raise RuntimeError("a calculator failed")
        height, width = frame.image.shape[:2]
        return Observation(seq=frame.seq, time=frame.time, width=width, height=height, track=self.number)

    def close(self):
        self.closed = True


@pytest.fixture
def made():
    return []


@pytest.fixture
def judge(made):
    def make():
        made.append(Pretend(len(made) + 1))
        return made[-1]

    return StreamJudge(VisionSettings(max_streams=2), make, make)


@pytest.fixture
def ask(judge, portrait_file):
    picture = portrait_file.read_bytes()

    def go(stream, time=1.0, *, track=True, image=picture):
        return judge.judge(Judge(9, stream, time, image, track))

    return go


def test_a_stream_keeps_its_pipeline(ask, made):
    assert [ask(stream).observation.track for stream in ("a", "b", "a", "b")] == [1, 2, 1, 2]


def test_photos_share_one_pipeline_of_their_own(ask):
    assert [ask("a").observation.track, ask("p", track=False).observation.track, ask("q", track=False).observation.track] == [
        1,
        2,
        2,
    ]


def test_a_forgotten_streams_pipeline_is_closed(ask, judge, made):
    ask("a")
    judge.forget("a")
    judge.forget("never seen")
    assert made[0].closed
    assert ask("a").observation.track == 2


def test_the_stream_that_was_quiet_for_longest_goes(ask, made):
    for stream in ("a", "b", "a", "c"):
        ask(stream)
    assert [pipeline.closed for pipeline in made] == [False, True, False]  # b's
    assert ask("a").observation.track == 1


def test_many_streams_never_cost_more_than_the_limit(ask, made):
    for number in range(50):
        ask(f"stream {number}")
    assert sum(not pipeline.closed for pipeline in made) == 2


def test_a_pipeline_that_failed_is_closed_and_the_stream_goes_on_with_another(ask, made, caplog):
    ask("a")
    assert ask("a", time=-1.0).error == "internal_error"
    assert made[0].closed
    assert ask("a").observation.track == 2
    assert ask("p", time=-1.0, track=False).error == "internal_error"
    assert ask("p", track=False).observation.track == 4


def test_bytes_that_are_no_picture_reach_no_pipeline(ask, made):
    answer = ask("a", image=b"nothing")
    assert (answer.request, answer.error, answer.observation) == (9, "unsupported_image", None)
    assert made == []


def test_closing_closes_every_pipeline(ask, judge, made):
    ask("a")
    ask("b")
    judge.forget("a")
    ask("p", track=False)
    judge.close()
    assert all(pipeline.closed for pipeline in made)
    assert judge.judged == 3


def test_every_image_carries_the_hash_of_its_bytes(ask, portrait_file):
    picture = portrait_file.read_bytes()
    one, same, other = ask("a"), ask("b"), ask("a", image=picture + b"\0")
    assert one.observation.exact == same.observation.exact != other.observation.exact
    assert len(one.observation.exact) == 8
