"""How what the pipeline saw is judged, and how the report is kept and gone on with. Without a kiosk."""

from pathlib import Path
from typing import Any

import pytest

from device.status_commands import Sight, VisitView
from inference.observation import Measure
from provisioning.commission_report import Report, ReportUnreadable, Walk, load, save, text
from provisioning.commission_steps import PARTS, Judged, measured, problems, steps
from provisioning.commission_walk import judged


def sight(*, face: bool = True, condition: str = "", eyes: float = 70.0, sharp: float = 0.3) -> Sight:
    return Sight(
        seq=1,
        time=1.0,
        faces=int(face),
        track=int(face),
        condition=condition if face else "no_face_detected",
        eye_distance=eyes if face else 0.0,
        yaw=0.0,
        pitch=-5.0,
        quality_score=0.9,
        measures=(Measure("sharpness", sharp, 1.0), Measure("exposure", 120.0, 1.0)) if face else (),
        blinks=0,
        eyes_closed=False,
        motion=0.1,
        embedded=True,
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
    assert again.done() == {METRE.id}
    written = (tmp_path / "hall.txt").read_text()
    assert written == text(report)
    assert "NOT day 1.0 m: 30" in written
    assert "--  night tall: not done" in written
    assert "Walk test: 0 of 10 as expected, incomplete" in written
    assert "Verdict: NOT PASSED, 2 not as they should be; 1 of 12 steps and 1 of 10 people done" in written
    good = measured([sight()] * 10)
    again.put(Judged(step=METRE.id, at="2026-11-26T19:00:00Z", measured=good, problems=()))
    assert len(again.steps) == 1
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
