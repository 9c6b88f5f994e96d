"""How what the pipeline saw is judged, and how the report is kept and gone on with. Without a kiosk."""

from pathlib import Path
from typing import Any

import pytest

from device.status_commands import Sight, VisitView
from inference import quality
from inference.observation import Measure
from provisioning.commission_judging import LEVEL_PITCH, RESERVE, problems
from provisioning.commission_report import Report, ReportUnreadable, Walk, load, save, text
from provisioning.commission_steps import PARTS, Judged, measured, steps
from provisioning.commission_walk import judged

GOOD = {"pose": (4.0, 1.0), "sharpness": (0.3, 1.0), "exposure": (120.0, 1.0), "clipping": (0.0, 1.0)}


def sight(
    *,
    face: bool = True,
    condition: str = "",
    eyes: float = 70.0,
    yaw: float = 0.0,
    pitch: float = -5.0,
    embedded: bool = True,
    **measures: tuple[float, float],
) -> Sight:
    """A frame; measures are values and scores."""
    found = tuple(Measure(name, *pair) for name, pair in (GOOD | measures).items())
    return Sight(
        seq=1,
        time=1.0,
        faces=int(face),
        track=int(face),
        condition=condition if face else "no_face_detected",
        eye_distance=eyes if face else 0.0,
        yaw=yaw,
        pitch=pitch,
        quality_score=0.9,
        measures=found if face else (),
        blinks=0,
        eyes_closed=False,
        motion=0.1,
        embedded=embedded,
        milliseconds=20.0,
    )


METRE = next(step for step in steps("day") if step.id == "day 1.0 m")


def test_a_good_place_has_no_problem() -> None:
    found = measured([sight(eyes=eyes) for eyes in (60, 64, 90)])
    assert (found.frames, found.seen, found.usable, found.eye_distance, found.sharpness, found.exposure) == (
        3,
        1,
        1,
        64,
        0.3,
        120,
    )
    assert problems(METRE, found) == ()


@pytest.mark.parametrize(
    ("sights", "words"),
    [
        ([], "0% of the frames"),
        ([sight(face=False)] * 9 + [sight()], "10% of the frames"),
        ([sight(eyes=59)] * 10, "59 px between the eyes, 60 are needed"),
        ([sight(condition="poor_image_quality")] * 5 + [sight()] * 5, "50% of the frames could be judged: the face is not sharp"),
        ([sight(condition="too_dark")] * 10, "light from the front"),
        ([sight(condition="something_new")] * 10, "mostly something_new"),
    ],
)
def test_what_is_wrong_is_said(sights: list[Sight], words: str) -> None:
    (said,) = problems(METRE, measured(sights))
    assert words in said


@pytest.mark.parametrize(
    ("pose", "words"),
    [
        ({"sharpness": (0.22, 0.66)}, "sharpness of 0.22 leaves too little in reserve: focus"),
        ({"exposure": (50.0, 0.66)}, "grey of 50 leaves too little in reserve: light from the front"),
        ({"exposure": (217.0, 0.67)}, "grey of 217 leaves too little in reserve: no direct sun"),
        ({"clipping": (0.39, 0.67)}, "39% of the face is black or white"),
        ({"pose": (24.0, 0.67), "pitch": -29.0}, "seen from above, 24° off"),
        ({"pose": (24.0, 0.67), "pitch": 19.0}, "seen from below, 24° off"),
        ({"pose": (24.0, 0.67), "yaw": -24.0}, "seen from the side, 24° off"),
        ({"pose": (24.0, 0.67)}, "24° off upright"),
    ],
)
def test_a_place_without_reserve_does_not_pass_though_every_frame_is_usable(pose: dict[str, Any], words: str) -> None:
    found = measured([sight(**pose)] * 10)
    assert found.usable == 1
    (said,) = problems(METRE, found)
    assert words in said
    assert all(problems(METRE, measured([sight(**{name: (1.0, RESERVE)})] * 10)) == () for name in GOOD)


def test_the_bars_are_inferences_own() -> None:
    assert quality._LEVEL_PITCH == LEVEL_PITCH
    at_reserve = {"sharpness": 0.23, "exposure": 54, "clipping": 0.3625, "pose": 25.5}
    lines = {"sharpness": quality._SHARPNESS, "exposure": quality._DARK, "clipping": quality._CLIPPED, "pose": quality._POSE}
    for name, value in at_reserve.items():
        assert quality._measure(name, value, lines[name], "x").score == pytest.approx(RESERVE, abs=0.01), name


def test_what_a_condition_says_already_is_not_said_twice() -> None:
    dark = sight(condition="too_dark", exposure=(30.0, 0.4), clipping=(0.5, 0.5))
    assert len(problems(METRE, measured([dark] * 10))) == 1
    assert len(problems(METRE, measured([sight(condition="too_dark", exposure=(30.0, 0.4), sharpness=(0.1, 0.0))] * 10))) == 2


def test_who_is_as_far_away_is_asked_for_as_many_pixels() -> None:
    asked = {step.id.split(" ", 1)[1]: step.eyes_px for step in steps("night")}
    assert asked["backlight"] == asked["1.0 m"]
    assert asked["seated"] == asked["tall"] == pytest.approx(asked["1.0 m"] / 1.08, abs=1)


def test_on_a_public_frontage_the_mark_is_measured_too() -> None:
    off, on = (step for step in steps("day", 60.0) if step.zone)
    assert [step.zone for step in steps("night", 60.0)] == [""] * 6
    passing = [sight(eyes=50.0, embedded=False)] * 20
    assert problems(off, measured(passing)) == ()
    assert "raise mark_eye_distance" in problems(off, measured([*passing, *[sight(eyes=61.0, embedded=False)] * 3]))[0]
    assert "embedded" in problems(off, measured([*passing, sight(eyes=50.0)]))[0]
    assert problems(on, measured([sight(eyes=66.0)] * 20)) == ()
    assert "lower mark_eye_distance" in problems(on, measured([*[sight(eyes=66.0)] * 17, *[sight(eyes=59.0)] * 3]))[0]
    assert "nobody was embedded" in problems(on, measured([sight(eyes=66.0, embedded=False)] * 20))[0]
    assert "is the person in the picture" in problems(on, measured([sight(face=False)] * 20))[0]


def test_what_was_found_at_another_mark_counts_no_more() -> None:
    report, found = Report(), measured([sight()] * 10)
    report.at_mark(60.0)
    assert len(report.left("day")) == 8
    for step in report.asked():
        report.put(Judged(step=step.id, at="", measured=found, problems=()))
    assert (report.left("day"), len(report.asked())) == ([], 14)
    report.at_mark(70.0)
    assert [step.zone for step in report.left("day")] == ["off", "on"]
    report.at_mark(None)
    assert (report.left("day"), len(report.asked())) == ([], 12)


def test_every_step_is_asked_by_day_and_by_night() -> None:
    ids = [step.id for part in PARTS for step in steps(part)]
    assert len(ids) == len(set(ids)) == 12
    assert {name.split(" ", 1)[1] for name in ids} == {"0.5 m", "1.0 m", "1.5 m", "backlight", "seated", "tall"}


def test_the_report_is_gone_on_with(tmp_path: Path) -> None:
    file = tmp_path / "hall.json"
    report = load(file)
    bad = measured([sight(eyes=30)] * 10)
    report.put(Judged(step=METRE.id, at="2026-11-26T18:00:00Z", measured=bad, problems=problems(METRE, bad)))
    report.walks.append(Walk(person=1, expected="granted", outcome="refused", reason="no_match", seconds=4.0))
    save(file, report)
    again = load(file)
    assert again == report
    assert METRE in again.left("day"), "it is not well"
    written = (tmp_path / "hall.txt").read_text()
    assert written == text(report)
    assert "NOT day 1.0 m: 30" in written
    assert "--  night tall: not done" in written
    assert "Walk test: 0 of 10 as expected, incomplete" in written
    assert "Verdict: NOT PASSED, 2 not as they should be; 1 of 12 steps and 1 of 10 people done" in written
    good = measured([sight()] * 10)
    again.put(Judged(step=METRE.id, at="2026-11-26T19:00:00Z", measured=good, problems=()))
    assert len(again.steps) == 1
    assert METRE not in again.left("day")
    assert "ok  day 1.0 m" in text(again)


def test_the_text_is_never_written_over_the_report(tmp_path: Path, nowhere: Any) -> None:
    with pytest.raises(ValueError, match="text would go"):
        save(tmp_path / "hall.txt", Report())
    assert not list(tmp_path.iterdir())
    said = nowhere("commission", "--report", str(tmp_path / "hall.txt"))
    assert (said.code, "--report" in said.err) == (2, True)


def test_again_without_a_part_is_not_ignored(nowhere: Any) -> None:
    said = nowhere("commission", "--again")
    assert (said.code, "--again" in said.err) == (2, True)


def test_another_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "hall.json").write_text('{"steps": 7}')
    with pytest.raises(ReportUnreadable, match="no report"):
        load(tmp_path / "hall.json")


@pytest.mark.parametrize(
    ("user_id", "outcome", "reason", "by", "right"),
    [
        ("ada", "granted", "match", "ada", True),
        ("ada", "granted", "match", "bob", False),
        ("ada", "granted", "match", None, False),
        ("ada", "granted", "pin", "ada", False),
        ("ada", "refused", "no_match", None, False),
        ("ada", "", "", None, False),
        (None, "refused", "no_match", None, True),
        (None, "refused", "outside_hours", "bob", False),
        (None, "abandoned", "left", None, True),
        (None, "granted", "match", "bob", False),
        (None, "", "", None, False),
    ],
)
def test_what_a_walk_should_come_to(user_id: str | None, outcome: str, reason: str, by: str | None, right: bool) -> None:
    visit = VisitView(7, "v", None, outcome, reason, by, 0.9, 1500, 1) if outcome else None
    walk = judged(1, user_id, visit, 60.0)
    assert walk.right is right
    assert ("Walk test: 1 of 10" in text(Report(walks=[walk]))) is right
    assert walk.seconds == (1.5 if outcome else 60.0)
    assert "bob" not in str(walk)


def test_a_report_passes_once_all_of_it_is_done_and_right() -> None:
    report, found = Report(people=2), measured([sight(eyes=90)] * 10)
    for part in PARTS:
        assert report.verdict_of(part) == report.verdict_of() == "incomplete"
        for step in steps(part):
            report.put(Judged(step=step.id, at="", measured=found, problems=()))
        assert report.verdict_of(part) == "passed"
    right = Walk(person=1, expected="granted", outcome="granted", reason="match", seconds=1.0)
    report.walks.append(right)
    assert (report.verdict_of("walk"), report.verdict_of()) == ("incomplete", "incomplete")
    assert "INCOMPLETE, nothing wrong so far; 12 of 12 steps and 1 of 2 people done" in text(report)
    report.walks.append(right)
    assert "PASSED; 12 of 12 steps and 2 of 2 people done" in text(report)
    report.walks[0] = Walk(person=1, expected="granted", outcome="granted", reason="match", seconds=1.0, other=True, anew=2)
    assert (report.verdict_of("day"), report.verdict_of("walk"), report.verdict_of()) == ("passed", "faulty", "faulty")
    assert "taken for somebody else, 1.0 s, done anew 2 time(s)" in text(report)
