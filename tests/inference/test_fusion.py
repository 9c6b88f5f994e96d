"""Fusion: what each policy demands, that what was not seen has not passed, and that any doubt refuses."""

import itertools

import pytest

from inference.liveness import fusion
from inference.liveness.fusion import Cue, Verdict, fuse
from inference.liveness.passive import Bands, Likeness, Windows
from inference.liveness.policy import LEAVES_OPEN, POLICIES, Challenging, Level
from inference.observation import Turn

BANDS = Bands(live_from=0.7, attack_below=0.3, threshold=0.5)


def windows(*scores, size=5):
    seen = Windows(size)
    for n, score in enumerate(scores):
        seen = seen.seen(n * 0.1, score)
    return seen


def cue(name, verdict=Verdict.PASSED):
    return Cue(name, verdict, "made up")


ALL = {name: cue(name) for name in ("gestures", "passive", "integrity", "challenge", "planarity")}


@pytest.mark.parametrize(
    ("level", "needed"),
    [
        (Level.BASIC, {"gestures"}),
        (Level.PASSIVE, {"passive", "integrity"}),
        (Level.ADAPTIVE, {"passive", "integrity"}),
        (Level.STRICT, {"passive", "integrity", "challenge", "planarity"}),
    ],
)
def test_a_level_passes_with_exactly_what_it_demands(level, needed):
    for names in itertools.chain.from_iterable(itertools.combinations(ALL, n) for n in range(len(ALL) + 1)):
        judged = fuse(POLICIES[level], [ALL[name] for name in names])
        assert (judged.verdict is Verdict.PASSED) is (needed <= set(names)), names


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("verdict", [Verdict.WAITING, Verdict.DOUBTFUL, Verdict.FAILED])
@pytest.mark.parametrize("name", list(ALL))
def test_no_cue_makes_up_for_another(level, verdict, name):
    policy = POLICIES[level]
    demanded = getattr(policy, name, False) if name != "challenge" else policy.challenge is Challenging.ALWAYS
    others = [each for each in ALL.values() if each.name not in (name, "challenge" if level is Level.ADAPTIVE else "")]
    judged = fuse(policy, [*others, cue(name, verdict)])
    if demanded and not (verdict is Verdict.DOUBTFUL and level is Level.STRICT):
        assert judged.verdict is not Verdict.PASSED
    if verdict is Verdict.FAILED and demanded:
        assert judged.verdict is Verdict.FAILED
        assert judged.reason == f"{name}: made up"


def test_adaptive_asks_in_doubt_and_what_was_asked_must_be_done():
    policy = POLICIES[Level.ADAPTIVE]
    doubtful = [cue("passive", Verdict.DOUBTFUL), cue("integrity")]
    for doubts, cues in (((), doubtful), (("outside_hours",), [cue("passive"), cue("integrity")])):
        assert fuse(policy, cues, doubts=doubts).verdict is Verdict.WAITING
        assert fuse(policy, [*cues, cue("challenge")], doubts=doubts).verdict is Verdict.PASSED
        assert fuse(policy, [*cues, cue("challenge", Verdict.FAILED)], doubts=doubts).verdict is Verdict.FAILED


def test_outer_doubts_refuse_where_nothing_can_be_asked():
    assert fuse(POLICIES[Level.PASSIVE], list(ALL.values()), doubts=("outside_hours",)).verdict is Verdict.DOUBTFUL


@pytest.mark.parametrize("value", [0.0, 0.29, 0.3, 0.49, 0.5, 0.69, 0.7, 1.0])
def test_a_window_is_judged_three_ways_or_by_one_threshold(value):
    exact = Windows(5, (fusion_window(value),))
    asked = fusion.passive(exact, BANDS, may_ask=True).verdict
    alone = fusion.passive(exact, BANDS, may_ask=False).verdict
    assert (
        asked
        is {Likeness.LIVE: Verdict.PASSED, Likeness.GREY: Verdict.DOUBTFUL, Likeness.ATTACK: Verdict.WAITING}[
            BANDS.likeness(value)
        ]
    )
    assert alone is (Verdict.PASSED if value >= 0.5 else Verdict.WAITING)


def fusion_window(mean):
    return windows(*[mean] * 5).last.__class__(mean, 0.0)


def test_a_window_that_is_no_live_one_is_tried_again_once():
    live, attack = [0.9] * 5, [0.1] * 5
    assert fusion.passive(windows(*live[:4]), BANDS, may_ask=False).verdict is Verdict.WAITING
    assert fusion.passive(windows(*attack), BANDS, may_ask=False).verdict is Verdict.WAITING
    assert fusion.passive(windows(*attack, *attack), BANDS, may_ask=False).verdict is Verdict.FAILED
    assert fusion.passive(windows(*attack, *live), BANDS, may_ask=False).verdict is Verdict.PASSED
    assert fusion.passive(windows(*attack, *live), BANDS, may_ask=True).verdict is Verdict.DOUBTFUL
    assert fusion.passive(windows(*attack, *live, *live), BANDS, may_ask=True).verdict is Verdict.PASSED


def test_one_lucky_frame_makes_no_window_live():
    assert windows(0.1, 0.1, 1.0, 0.1, 0.1, 0.1, 0.1, 1.0, 0.1, 0.1).last.mean < 0.3


def test_integrity_and_planarity_say_why():
    assert fusion.integrity(["looped_stream", "duplicated_frames"]) == Cue(
        "integrity", Verdict.FAILED, "duplicated_frames+looped_stream", 2.0
    )
    assert fusion.integrity([], 1.0, 3.0).verdict is Verdict.WAITING
    assert fusion.integrity([], 3.0, 3.0).verdict is Verdict.PASSED
    solid, flat, nothing = (Turn(20.0, 1.0, 0.1, 0.2, None, None, told) for told in (True, False, None))
    assert fusion.planarity([solid, nothing]).verdict is Verdict.PASSED
    assert fusion.planarity([solid, flat]).verdict is Verdict.FAILED
    assert fusion.planarity([nothing]).verdict is Verdict.WAITING


def test_bands_that_contradict_themselves_are_refused():
    with pytest.raises(ValueError, match="grey band"):
        Bands(live_from=0.4, attack_below=0.6, threshold=0.5)
    with pytest.raises(ValueError, match="5 frames"):
        Windows(4)


def test_every_level_says_what_it_leaves_open():
    assert set(LEAVES_OPEN) == set(POLICIES) == set(Level)
    assert all(LEAVES_OPEN.values())
