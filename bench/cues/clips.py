"""What is known of the clips, and what the detectors find in them: blinks at several rates of frames, turns of real heads."""

from typing import Any

from bench.cues.watching import Watched, thinned
from inference.liveness.blinks import BlinkDetector
from inference.liveness.turns import TurnDetector
from inference.mesh import eye_aspect_ratio

BLINKS = {
    "live_blinks_portrait": (6, 2),
    "live_eyes_open_closed": (1, 2),
    "live_head_turns": (1, 0),
    "spoof_monitor_replay_of_head_turns": (1, 0),
}
"""Blinks and long closures, counted by eye."""
RATES = (30.0, 24.0, 20.0, 15.0, 10.0, 5.0)
PHASES = (0.0, 0.25, 0.5, 0.75)
"""Where between two kept frames the first one lies."""
TURN_RATES = (30.0, 15.0, 10.0, 5.0)


def blinks(clips: dict[str, list[Watched]]) -> dict[str, Any]:
    """By clip and rate: how many of the phases gave the exact count, and every count that was given."""
    found: dict[str, Any] = {}
    for name, truth in BLINKS.items():
        found[name] = {"truth": truth}
        for rate in RATES:
            counts = [_counted(thinned(clips[name], rate, phase / rate)) for phase in PHASES]
            found[name][f"{rate:.0f}"] = {"exact": counts.count(truth), "of": len(counts), "counts": sorted(set(counts))}
    return found


def _counted(frames: list[Watched]) -> tuple[int, int]:
    detector = BlinkDetector()
    for frame in frames:
        detector.update(frame.time, eye_aspect_ratio(frame.mesh), frame.pose.yaw, frame.pose.pitch)
    return detector.blinks, detector.long_closures


def turns(clips: dict[str, list[Watched]]) -> dict[str, Any]:
    """By clip and rate: how many turns were told, and how many of them as a head's."""
    found: dict[str, Any] = {}
    for name, frames in clips.items():
        found[name] = {}
        for rate in TURN_RATES:
            detector = TurnDetector()
            for frame in thinned(frames, rate):
                detector.update(frame.time, frame.pose.yaw, frame.patch)
            told = [turn.solid for turn in detector.turns]
            found[name][f"{rate:.0f}"] = {"told": len(told), "solid": told.count(True), "unknown": told.count(None)}
    return found
