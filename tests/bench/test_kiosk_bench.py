"""What the kiosk's benchmark makes of its measurements, the soak's clock, and that every level of liveness is measured."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.liveness_settings import LivenessSettings
from bench.kiosk.__main__ import merged, options
from bench.kiosk.decision import POLICIES
from bench.kiosk.figures import rows
from bench.kiosk.plots import draw
from bench.kiosk.scene import filled
from bench.kiosk.soak import ClockedFeed, FrameClock, Soak, _growth, _summary
from inference.observation import Observation

SOAK = {"clip_s": 3600, "rate": 4.2, "growth_mb": {"control": 1.0, "vision@camera": 6.0}, "missed_frames": 1, "frames": 9}


def test_what_was_not_reached_is_red_and_what_was_not_asked_is_neither() -> None:
    found = {
        "decision": {"basic": {"shows": 3, "granted": 3, "p50_s": 9.0, "p95_s": 9.5}, "strict": {"shows": 3, "granted": 0}},
        "queue": {"turns": 3, "all_s": [9.0, 21.0], "median_s": 15.0},
        "start": {"ready_s": 2.9},
        "cost": {"idle": {"together": 0.16}, "active": {"together": 0.9}},
        "memory": {"people": 1000, "stopped_mb": {"together": 449.0}, "running_mb": {"together": 900.0}},
        "soak": {**SOAK, "granted": 2, "refused": 0},
    }
    assert [row.met for row in rows(found)] == [
        *(None, None, None, None, False),
        *(False, True),
        True,
        *(False, None),
        *(True, None),
        *(True, True, False, False, None, None),
    ]


def test_what_could_not_be_measured_is_red_and_what_is_absent_is_said() -> None:
    failed, skipped = rows({"start": {"failed": "TimeoutError: no line"}, "soak": {"skipped": "evaluation data absent"}})
    assert (failed.met, skipped.met) == (False, None)
    assert math.isnan(failed.reached)
    assert "TimeoutError" in failed.what


def test_what_was_timed_on_the_rendered_person_says_so_and_is_held_to_the_same() -> None:
    times = {"on": "demo", "shows": 2, "granted": 2, "p50_s": 3.5, "p95_s": 4.1}
    told = rows({"decision": {"strict": times}})
    assert [row.met for row in told] == [None, None, False]
    assert all("rendered demo" in row.what for row in told)


def test_every_level_of_liveness_is_measured() -> None:
    assert POLICIES
    for policy in POLICIES:
        assert LivenessSettings.model_validate({"policy": policy}).policy == policy


def test_the_frames_set_the_clock_and_gaps_are_counted() -> None:
    clock = FrameClock()
    feed, began = ClockedFeed(clock), clock.boot()
    with feed.subscribe(10) as subscription:
        for seq, seconds in ((1, 1.0), (2, 2.0), (4, 5.0), (5, 4.0)):
            feed.publish(Observation(seq=seq, time=began + seconds, width=1, height=1))
        assert len(subscription.take()) == 4
    assert clock.boot() == began + 5.0
    assert (feed.seen, feed.missed) == (4, 1)


def test_growth_is_between_the_least_of_the_first_and_of_the_last_looks() -> None:
    looks = [(float(at), 100.0 + at % 7, 200.0 + 0.5 * at) for at in range(1000)]
    assert _growth(looks, 1) == 0.0
    assert _growth(looks, 2) == 450.0
    found = Soak(lines=["granted  user a", "refused  user -"], series=looks)
    summary = _summary(found, 1000.0, 200.0, ClockedFeed(FrameClock()))
    assert (summary["rate"], summary["granted"], summary["refused"]) == (5.0, 1, 1)
    assert summary["growth_mb"]["control"] == 0.0


@pytest.mark.parametrize(("size", "shown"), [((854, 480), (640, 480)), ((720, 1280), (480, 640)), ((480, 640), (480, 640))])
def test_a_clip_fills_the_picture(size: tuple[int, int], shown: tuple[int, int]) -> None:
    picture = filled(np.full((*size, 3), 200, np.uint8))
    assert picture.shape == (*shown, 3)
    assert picture.min() == 200


@pytest.mark.parametrize("wrong", [["--hours", "0"], ["--shows", "-1"], ["--only", "nothing"]])
def test_wrong_usage(wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        options(wrong)


def test_parts_that_were_run_before_stay_and_levels_of_decisions_are_put_together(tmp_path: Path) -> None:
    def found(machine: str, at: str, **parts: Any) -> dict[str, Any]:
        return {"machine": machine, **parts, "when": dict.fromkeys(parts, at)}

    def level(granted: list[float]) -> dict[str, Any]:
        return {"shows": 3, "granted": len(granted), "all_s": granted}

    first = found("a", "1", start={"ready_s": 2.0}, decision={"basic": level([0.5]), "strict": level([])})
    second = found("a", "2", decision={"strict": level([3.0])}, soak={**SOAK, "series_mb": [[1, 80, 200], [3600, 81, 206]]})
    whole = merged(first, second)
    assert whole["decision"] == {"basic": level([0.5]), "strict": level([3.0])}
    assert (whole["start"], whole["when"]) == ({"ready_s": 2.0}, {"start": "1", "decision": "2", "soak": "2"})
    assert merged(first, found("b", "3", start={}))["when"] == {"start": "3"}
    assert merged({**first, "decision": {"failed": "x"}}, second)["decision"] == {"strict": level([3.0])}
    draw(whole, tmp_path / "kiosk.png")
    assert (tmp_path / "kiosk.png").stat().st_size > 10_000
    draw({"start": {}}, tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
