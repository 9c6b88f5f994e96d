"""The PAD report on made-up sessions: what counts as an error, what is seen, and that the figures hang together."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.accuracy.card import fill
from bench.pad import data, plots, report, tables, targets
from bench.pad.data import Presentation
from bench.pad.judges import JITTERS, Recorder, Scored, jittered
from bench.pad.sessions import Session, Shown
from inference.liveness.crops import CropError, Square
from inference.liveness.passive import Bands
from inference.liveness.policy import POLICIES, Level
from inference.observation import LivenessEvidence, Observation, Pose

NOWHERE = Path("nowhere")


def session(species: str, scores: list[float], *, source: str = "webcam", subject: str = "06", seen: bool = False) -> Session:
    """A session whose frames have these scores; the float32 network scores .02 more, and a larger box .3 less."""
    made = Session(Presentation(source, subject, species, seen, NOWHERE), frames=len(scores) + 1, conditions={"too_dark": 1})
    made.scored = [
        Scored(one, {"float32": one + 0.02}, {name: one - 0.3 if name == "scale 1.2" else one for name in JITTERS})
        for one in scores
    ]
    made.counted = [True] * len(scores)
    made.decisions = dict.fromkeys(Level, "accepted" if species == "live" else "refused")
    return made


@pytest.fixture(scope="module")
def sessions() -> list[Session]:
    return [
        session("live", [0.9] * 9 + [0.4]),
        session("live", [0.1] * 5, subject="01", seen=True),
        session("print", [0.1] * 8 + [0.7, 0.9]),
        session("replay", [0.2] * 10, source="spoof_replay_x", subject="spoof_replay_x"),
    ]


@pytest.fixture(scope="module")
def found(sessions: list[Session]) -> dict:
    built = report.build(sessions, 0.5, {"float32": 0.5, "teacher": 0.5})
    built |= {"model": "m", "machine": "none", "milliseconds": {"ratio_to_teacher": 0.2, "ratio_to_embedding": 0.7}}
    built["targets"] = targets.rows(sessions, built)
    return built


def counts(rate: dict) -> tuple[int, int]:
    return rate["events"], rate["trials"]


def test_errors_are_counted_by_species_and_what_was_trained_on_stands_apart(found: dict) -> None:
    frames = found["frames"]
    assert counts(frames["all"]["bpcer"]) == (1, 10)
    assert counts(frames["all"]["apcer print"]) == (2, 10)
    assert counts(frames["source webcam (seen)"]["bpcer"]) == (5, 5)
    assert counts(frames["cameras never seen"]["apcer replay"]) == (0, 10)
    low, high = frames["cameras never seen"]["apcer replay"]["interval95"]
    assert (low, round(high, 3)) == (0, 0.308)


def test_windows_are_means_of_five_frames_that_follow_each_other(found: dict) -> None:
    assert counts(found["windows"]["all"]["bpcer"]) == (0, 2)
    assert counts(found["windows"]["all"]["apcer print"]) == (0, 2)
    assert counts(found["subjects"]["all"]["apcer print"]) == (0, 1)


def test_verdicts_are_turned_by_what_lifts_a_score_over_the_threshold(found: dict) -> None:
    assert counts(found["jitter"]["scale 1.2"]) == (1, 30)
    assert counts(found["jitter"]["scale 0.8"]) == (0, 30)


def test_auc_and_the_networks_beside(found: dict, sessions: list[Session]) -> None:
    assert found["auc"][""] == pytest.approx((9 * (18 + 1 + 0.5) + 18) / 200)
    assert found["beside"]["float32"]["auc_lost"] == pytest.approx(0)
    assert counts(found["beside"]["float32"]["same_decision"]) == (30, 30)
    assert report.auc([one for one in sessions if one.presentation.live]) is None


def test_frames_that_were_not_scored_are_told(found: dict) -> None:
    assert found["not_used"]["all"]["reasons"] == {"too_dark": 3}
    assert counts(found["not_used"]["all"]) == (3, 33)


def test_a_target_that_is_missed_is_red_and_one_that_cannot_be_measured_is_neither(found: dict) -> None:
    met = {row["what"]: row["met"] for row in found["targets"]}
    assert met["print, unseen subjects, windows of 5 frames: APCER"] is True
    assert met["print and replay, unseen subjects and cameras, per frame: APCER"] is False
    assert met["live clips, cameras never seen, per frame: BPCER"] is None
    assert met["all passive work a frame, over the embedding's"] is False
    assert "0.7000 **(not reached)**" in tables.targets(found)


def test_the_report_is_json_and_every_block_is_in_the_text(found: dict, root: Path) -> None:
    json.dumps(found)
    text = (root / "docs" / "liveness.md").read_text(encoding="utf-8")
    written = fill(text, found, tables.BLOCKS)
    assert all(f"<!-- figures {name} -->" in text for name in tables.BLOCKS)
    assert fill(written, found, tables.BLOCKS) == written
    assert "## pad-targets" in tables.whole(found)


def test_plots_are_drawn(tmp_path: Path) -> None:
    scores = np.linspace(0.1, 0.9, 9)
    plots.det({"shipped": (scores, scores)}, {"shipped": 0.5}, "", tmp_path / "det.png")
    plots.histograms({"x": (scores, np.zeros(0))}, 0.5, (0.3, 0.7), tmp_path / "scores.png")
    assert all(cv2.imread(str(tmp_path / name)) is not None for name in ("det.png", "scores.png"))


def test_folders_and_clips_are_found_by_what_they_are_called(tmp_path: Path) -> None:
    for part in ("pad/live/01", "pad/print/07", "pad/tablet/07"):
        (tmp_path / part).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / part / "a.jpg"), np.zeros((4, 6, 3), np.uint8))
    (tmp_path / "video").mkdir()
    for name in ("live_two_people", "spoof_monitor_replay_of_x", "spoof_mask_x", "notes"):
        (tmp_path / "video" / f"{name}.mp4").touch()
    shown = {(one.source, one.species, one.seen) for one in data.presentations(tmp_path)}
    assert shown == {
        ("webcam", "live", True),
        ("webcam", "print", False),
        ("webcam", "tablet", False),
        ("live_two_people", "live", True),
        ("spoof_monitor_replay_of_x", "replay", False),
        ("spoof_mask_x", "mask", False),
    }
    (frame,) = next(one for one in data.presentations(tmp_path) if one.species == "tablet").frames()
    assert frame.image.shape == (4, 6, 3)


def test_a_box_that_leaves_the_picture_is_no_verdict() -> None:
    class Network:
        def score_square(self, image: np.ndarray, square: Square) -> float:
            if square.x < 50:
                raise CropError("out")
            return square.side / 100

    recorder = Recorder(Network())  # type: ignore[arg-type]
    mesh = np.array([[10, 0, 0], [90, 100, 0]], np.float32)
    assert recorder.score(np.zeros((9, 9, 3), np.uint8), mesh) == pytest.approx(recorder.rows[0].shipped)
    assert set(JITTERS) - set(recorder.rows[0].jittered) == {"across -0.1"}
    square = jittered(Square(0, 0, 10), (1.2, 0.1, -0.1))
    assert (square.x, square.y, square.side) == pytest.approx((1, -1, 12))


def observed(number: int, passive: float, alarms: tuple[str, ...] = (), yaw: float = 0.0) -> Observation:
    shown = LivenessEvidence(
        frames=number, blinks=1, long_closures=0, eyes_closed=False, motion=0.5, passive=passive, alarms=alarms
    )
    return Observation(seq=number, time=number / 10, width=9, height=9, track=1, pose=Pose(yaw, 0, 0), liveness=shown)


@pytest.mark.parametrize(
    ("scores", "alarms", "passive", "adaptive"),
    [
        ([0.9] * 5, (), "passed", "passed"),
        ([0.9] * 4, (), "waiting", "waiting"),
        ([0.1] * 10, (), "failed", "failed"),
        ([0.55] * 5, (), "passed", "waiting"),
        ([0.9] * 5, ("looped_stream",), "failed", "failed"),
    ],
)
def test_policies_judge_the_windows_as_the_device_does(scores, alarms, passive, adaptive) -> None:
    shown = Shown(Bands(0.65, 0.35, 0.5))
    for number, score in enumerate(scores):
        assert shown.take(observed(number, score, alarms))
    assert shown.judge(POLICIES[Level.PASSIVE]).verdict == passive
    assert shown.judge(POLICIES[Level.ADAPTIVE]).verdict == adaptive
    assert shown.judge(POLICIES[Level.STRICT]).verdict in ("waiting", "failed")


def test_a_face_turned_away_goes_into_no_window() -> None:
    shown = Shown(Bands(0.65, 0.35, 0.5))
    assert [shown.take(observed(number, 0.9, yaw=30 * number)) for number in range(2)] == [True, False]
