"""How what the pipeline saw is judged, and how the report is kept and gone on with. Without a kiosk."""

from pathlib import Path

import pytest

from device.status_commands import Sight
from inference.observation import Measure
from provisioning.commission_report import Report, ReportUnreadable, Walk, load, save, text
from provisioning.commission_steps import PARTS, Judged, measured, problems, steps


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
    assert "0 of 1 as expected" in written
    good = measured([sight()] * 10)
    again.put(Judged(step=METRE.id, at="2026-11-26T19:00:00Z", measured=good, problems=()))
    assert len(again.steps) == 1
    assert "ok  day 1.0 m" in text(again)


def test_another_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "hall.json").write_text('{"steps": 7}')
    with pytest.raises(ReportUnreadable, match="no report"):
        load(tmp_path / "hall.json")


@pytest.mark.parametrize(
    ("expected", "outcome", "right"),
    [
        ("granted", "granted", True),
        ("granted", "refused", False),
        ("granted", "", False),
        ("refused", "refused", True),
        ("refused", "abandoned", True),
        ("refused", "granted", False),
        ("refused", "", False),
    ],
)
def test_what_a_walk_should_come_to(expected: str, outcome: str, right: bool) -> None:
    walk = Walk(person=1, expected=expected, outcome=outcome, reason="", seconds=1.0)
    assert walk.right is right
    assert ("1 of 1" in text(Report(walks=[walk]))) is right
