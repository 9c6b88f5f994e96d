"""The injected streams are what they are called, and keep the length of what they are made of."""

from collections import Counter

import numpy as np
import pytest

from bench.injections.parts import LIVE, Kept, Part, Tally, merged, planned
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


def test_a_run_in_parts_has_as_many_sessions_as_asked():
    parts = planned(["strict", "basic"], list(INJECTIONS), 1000, 60)
    strict = [part for part in parts if part.policy == "strict"]
    of = Counter()
    for part in strict:
        of[part.kind] += part.count
    assert of.pop(LIVE) == 60
    assert sum(of.values()) == 1000
    assert max(of.values()) - min(of.values()) == 1
    assert len(parts) == 2 * len(strict) == len(set(parts))
    # Another part, another chance; another policy, the same.
    first = [part.chance(1).integers(1 << 30) for part in strict]
    assert len(set(first)) == len(first)
    assert [part.chance(1).integers(1 << 30) for part in parts if part.policy == "basic"] == first


def test_a_run_that_broke_off_goes_on_and_another_one_begins_anew(tmp_path):
    parts = planned(["strict"], list(INJECTIONS), 12, 2)
    kept = Kept(tmp_path / "run.parts", {"seed": 1})
    for part in parts[:3]:
        kept.add(part, Tally(part.count, 1, 2, 1, Counter(refused=part.count - 1, accepted=1)))
    again = Kept(tmp_path / "run.parts", {"seed": 1})
    assert again.made == kept.made
    assert Kept(tmp_path / "run.parts", {"seed": 2}).made == {}
    assert Kept(tmp_path / "run.parts", {"seed": 1}).made == {}


def test_parts_are_merged_into_one_report():
    made = {Part("strict", kind, number, 5): Tally(5, number, 2, 3, Counter(x=5)) for kind in ("loop", LIVE) for number in (0, 1)}
    told = merged(made)["strict"]
    assert (told["accepted"]["events"], told["accepted"]["trials"]) == (1, 10)
    assert told["kinds"]["loop"]["reasons"] == {"x": 10}
    assert told["kinds"]["loop"]["alarmed"]["events"] == 4
    assert told[LIVE]["over_socket"] == 6
