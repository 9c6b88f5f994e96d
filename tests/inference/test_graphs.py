"""Lent graphs: a bounded number serves any number of streams, none is made twice, and tracks outlast a change of hands."""

import itertools
from collections import Counter
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.graphs import Graphs
from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.observation import Box
from inference.pipeline import rule_of
from inference.settings import VisionSettings
from inference.stages import Face
from inference.tracking import StreamTracker

IMAGE = np.zeros((48, 64, 3), np.uint8)
FACE = Face(Box(1, 1, 20, 20), 10)


@dataclass
class Pretend:
    """A graph that notes what is done to it; pictures that are white break it."""

    done: list[str] = field(default_factory=list)

    def find(self, image):
        self._do("find", image)
        return (FACE,)

    def start(self, image, face):
        self._do("start", image)
        return np.zeros((478, 3), np.float32)

    def follow(self, image):
        self._do("follow", image)
        return np.zeros((478, 3), np.float32)

    def close(self):
        self.done.append("close")

    def _do(self, what, image):
        self.done.append(what)
        if image.all():
            raise RuntimeError("a calculator failed")


class Made:
    def __init__(self, most=2):
        self.finders, self.meshers = [], []
        self.now = 0.0
        self.graphs = Graphs(lambda: self._make(self.finders), lambda: self._make(self.meshers), most, lambda: self.now)

    @staticmethod
    def _make(into):
        into.append(Pretend())
        return into[-1]


def test_nothing_is_made_before_it_is_used():
    made = Made()
    for _ in range(100):
        _, mesher = made.graphs.borrow()
        assert mesher.follow(IMAGE) is None
        mesher.close()
    assert (made.finders, made.meshers) == ([], [])


def test_a_graph_that_was_given_back_is_used_again():
    made = Made()
    for _ in range(1000):
        finder, mesher = made.graphs.borrow()
        finder.find(IMAGE)
        mesher.start(IMAGE, FACE)
        mesher.follow(IMAGE)
        finder.close()
        mesher.close()
    assert (len(made.finders), len(made.meshers)) == (1, 1)


def test_the_graph_of_a_quiet_stream_changes_hands():
    made = Made()
    one, two, three = (made.graphs.borrow()[1] for _ in range(3))
    one.start(IMAGE, FACE)
    two.start(IMAGE, FACE)
    made.now = 0.9
    one.follow(IMAGE)
    made.now = 1.1
    three.start(IMAGE, FACE)
    assert two.follow(IMAGE) is None
    assert one.follow(IMAGE) is not None
    assert three.follow(IMAGE) is not None
    assert len(made.meshers) == 2


def test_a_stream_too_many_costs_few_of_the_others_their_graph():
    made = Made(8)
    meshers = [made.graphs.borrow()[1] for _ in range(9)]
    lost = 0
    for _ in range(20):
        for mesher in meshers:
            made.now += 0.01
            if mesher.follow(IMAGE) is None:
                mesher.start(IMAGE, FACE)
                lost += 1
    assert len(made.meshers) == 8
    assert lost <= 9 + 2 * 19


@pytest.mark.parametrize("what", ["start", "follow"])
def test_a_graph_that_failed_is_closed_and_not_lent_again(what):
    made = Made()
    _, mesher = made.graphs.borrow()
    mesher.start(IMAGE, FACE)
    with pytest.raises(RuntimeError):
        mesher.start(IMAGE + 255, FACE) if what == "start" else mesher.follow(IMAGE + 255)
    assert made.meshers[0].done[-1] == "close"
    assert mesher.follow(IMAGE) is None
    mesher.start(IMAGE, FACE)
    assert len(made.meshers) == 2


def test_a_finder_that_failed_is_made_anew():
    made = Made()
    finder, _ = made.graphs.borrow()
    with pytest.raises(RuntimeError):
        finder.find(IMAGE + 255)
    assert made.finders[0].done[-1] == "close"
    assert finder.find(IMAGE) == (FACE,)
    made.graphs.close()
    assert made.finders[1].done[-1] == "close"


@given(st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["start", "follow", "close", "break"])), max_size=60))
def test_there_are_never_more_than_there_may_be_and_all_are_closed_once(script):
    made = Made(3)
    meshers = [made.graphs.borrow()[1] for _ in range(8)]
    for number, what in script:
        if what == "start":
            assert meshers[number].start(IMAGE, FACE) is not None
        elif what == "follow":
            meshers[number].follow(IMAGE)
        elif what == "close":
            meshers[number].close()
        else:
            with pytest.raises(RuntimeError):
                meshers[number].start(IMAGE + 255, FACE)
        assert sum("close" not in one.done for one in made.meshers) <= 3
    made.graphs.close()
    assert all(Counter(one.done)["close"] == 1 for one in made.meshers)


def test_more_streams_than_real_graphs_keep_their_tracks(portrait):
    settings, numbers = VisionSettings(), itertools.count(1)
    graphs = Graphs(MediaPipeFinder, lambda: MediaPipeMesher(tracking=True), 2)
    pictures = [portrait, portrait[:, ::-1].copy(), cv2.resize(portrait, None, fx=0.8, fy=0.8)]
    streams = [StreamTracker(*graphs.borrow(), rule_of(settings), 0.2, 0.5, numbers) for _ in pictures]
    seen = [[stream.see(picture, turn / 5).track for turn in range(4)] for stream, picture in zip(streams, pictures, strict=True)]
    assert seen == [[1] * 4, [2] * 4, [3] * 4]
    for turn in range(4, 7):  # now each takes the graph of another
        tracks = [stream.see(picture, turn / 5).track for stream, picture in zip(streams, pictures, strict=True)]
        assert tracks == [1, 2, 3]
    graphs.close()
