"""The injected streams are what they are called, and keep the length of what they are made of."""

import numpy as np
import pytest

from bench.injections.streams import COUNT, INJECTIONS, SWAPPED_FROM


@pytest.fixture
def frames():
    return [np.full((8, 6, 3), n, np.uint8) for n in range(COUNT)]


@pytest.fixture
def others():
    return [np.full((10, 6, 3), 200, np.uint8) for _ in range(COUNT)]


@pytest.mark.parametrize("kind", list(INJECTIONS))
def test_every_kind_sends_as_many_frames_of_one_size(frames, others, kind):
    for seed in range(4):
        sent = INJECTIONS[kind](frames, others, np.random.default_rng(seed))
        assert len(sent) == COUNT
        assert len({frame.shape for frame in sent}) == 1


def values(frames):
    return [int(np.median(frame)) for frame in frames]


def test_what_each_kind_does(frames, others):
    made = {kind: INJECTIONS[kind](frames, others, np.random.default_rng(3)) for kind in INJECTIONS}
    assert len(set(values(made["duplicate"]))) <= COUNT / 2 + 1
    assert values(made["duplicate"]) == sorted(values(made["duplicate"]))
    assert len({frame.tobytes() for frame in made["still + noise"]}) == COUNT
    assert max(values(made["still + noise"])) <= 3
    assert len(set(values(made["loop"]))) <= 24
    assert values(made["reorder"]) != values(frames)
    assert sorted(values(made["reorder"])) == values(frames)
    assert values(made["cross-session"]) == values(frames)
    swapped = values(made["identity swap"])
    assert (200 in swapped[:SWAPPED_FROM]) is not (200 in swapped[SWAPPED_FROM:])
