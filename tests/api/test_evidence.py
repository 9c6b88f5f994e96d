"""What vision may say of a frame: every number of the liveness evidence one that a face and a stream can have."""

import math

import msgspec
import pytest

from api.evidence import believable
from inference.observation import ALARMS, MOST_TURNS, LivenessEvidence, Observation, Turn

TURN = Turn(21.5, 9.0, 0.08, 0.25, 0.04, 0.6, True)
SHOWN = LivenessEvidence(9, 1, 0, False, 0.4, 0.25, (TURN,), 0.75, ("second_face", "unordered_frames"))
SEEN = Observation(seq=1, time=10.0, width=640, height=480, track=1, liveness=SHOWN, exact=bytes(8), scene=2**64 - 1)


def test_ordinary_evidence_is_believed():
    assert believable(SEEN)
    lost = msgspec.structs.replace(TURN, corners=None, outliers=None, solid=None)
    bare = msgspec.structs.replace(SHOWN, turns=(lost,) * MOST_TURNS, passive=None, alarms=ALARMS)
    assert believable(msgspec.structs.replace(SEEN, liveness=bare, exact=None, scene=None))


@pytest.mark.parametrize(
    "change",
    [
        *({"closed_s": value} for value in (math.nan, math.inf, -0.1, 1e9)),
        *({"passive": value} for value in (math.nan, -0.1, 1.1)),
        {"alarms": ("made_up",)},
        {"alarms": ("second_face", "second_face")},
        {"alarms": ("unordered_frames", "second_face")},
        {"turns": (TURN,) * (MOST_TURNS + 1)},
        *({"turns": (msgspec.structs.replace(TURN, **{name: math.nan}),)} for name in Turn.__struct_fields__[:-1]),
        {"turns": (msgspec.structs.replace(TURN, at=10.1),)},
        {"turns": (msgspec.structs.replace(TURN, yaw=181),)},
        {"turns": (msgspec.structs.replace(TURN, outliers=1.1),)},
        {"turns": (msgspec.structs.replace(TURN, mesh=-0.1),)},
    ],
)
def test_impossible_evidence_is_not(change):
    assert not believable(msgspec.structs.replace(SEEN, liveness=msgspec.structs.replace(SHOWN, **change)))


@pytest.mark.parametrize("change", [{"exact": b""}, {"exact": bytes(9)}, {"scene": -1}, {"scene": 2**64}])
def test_impossible_hashes_are_not(change):
    assert not believable(msgspec.structs.replace(SEEN, **change))
