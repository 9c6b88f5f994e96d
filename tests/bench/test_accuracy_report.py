"""Drawings, networks and texts of the accuracy report."""

import hashlib
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rich.console import Console

from bench.accuracy import __main__ as report_main
from bench.accuracy import card, coverings, networks, table, targets, timing
from bench.accuracy.extract import central_landmarks
from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.manifest import ManifestError, default_manifest

ROOT = Path(__file__).resolve().parents[2]
PORTRAIT = next((ROOT / "camera" / "sources" / "assets").glob("*.jpg"), None)
LFW = Path(os.environ.get("FACEKIOSK_EVAL", ROOT.parent / "shared" / "eval")) / "lfw"
TEACHER = Path(os.environ.get("FACEKIOSK_DATA", ROOT.parent / "shared")) / "teachers" / "mobilefacenet_apache_112_128d.onnx"


@pytest.fixture(scope="module")
def face() -> tuple[np.ndarray, np.ndarray]:
    if PORTRAIT is None:
        pytest.skip("the demo has no portrait")
    image = np.asarray(cv2.imread(str(PORTRAIT)), dtype=np.uint8)
    mesh = central_landmarks(MediaPipeFinder(), MediaPipeMesher(tracking=False), image)
    assert mesh is not None
    return image, mesh[:, :2]


@pytest.mark.parametrize("condition", coverings.CONDITIONS)
def test_a_drawing_is_the_same_for_the_same_seed(face: tuple[np.ndarray, np.ndarray], condition: str) -> None:
    image, mesh = face
    seed = hashlib.sha256(b"a photo").digest()
    drawn = coverings.draw(condition, image, mesh, seed)
    assert drawn.shape == image.shape
    assert np.array_equal(drawn, coverings.draw(condition, image, mesh, seed))
    assert not np.array_equal(drawn, image)


@pytest.mark.parametrize(
    ("condition", "covered", "free"), [("mask", (13, 152, 17), (159, 386, 10)), ("sunglasses", (159, 386), (13, 152, 10))]
)
def test_a_covering_covers_what_it_should_and_no_more(
    face: tuple[np.ndarray, np.ndarray], condition: str, covered: tuple[int, ...], free: tuple[int, ...]
) -> None:
    image, mesh = face
    change = np.abs(coverings.draw(condition, image, mesh, bytes(32)).astype(int) - image).sum(axis=2)
    span = float(np.linalg.norm(mesh[234] - mesh[454]))

    def changed_around(point: int) -> int:
        x, y = mesh[point].round().astype(int) - (0, round(span / 20) if point == 152 else 0)
        return int(change[y, x])

    assert min(map(changed_around, covered)) > 0
    assert max(map(changed_around, free)) == 0


def test_darkness_takes_light_away_and_adds_noise(face: tuple[np.ndarray, np.ndarray]) -> None:
    image, mesh = face
    drawn = coverings.draw("dark", image, mesh, bytes(32))
    assert drawn.mean() < 0.6 * image.mean()
    flat = np.full((64, 64, 3), 128, dtype=np.uint8)
    assert coverings.draw("dark", flat, mesh, bytes(32)).std() > 2


def test_an_unknown_condition_is_refused(face: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="mask, sunglasses, dark"):
        coverings.draw("fog", *face, bytes(32))


def test_the_shipped_network_is_found_first_and_once() -> None:
    found = networks.found(default_manifest(), [ROOT / "models"], Path("absent.onnx"), [])
    assert found[0].role == "shipped"
    assert len({subject.sha256 for subject in found}) == len(found)
    assert networks.FIRST in {subject.name for subject in found}


def test_the_teacher_runs_on_opencv_in_its_own_shape() -> None:
    if not TEACHER.is_file():
        pytest.skip(f"no teacher at {TEACHER}")
    subject = networks.teacher(TEACHER)
    assert subject is not None
    assert not subject.on_device
    chips = np.random.default_rng(1).integers(0, 256, (2, 112, 112, 3), dtype=np.uint8)
    vectors = subject.open().embed_chips(chips)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert vectors[0] @ vectors[1] < 0.999
    assert subject.open().embed_chips(chips) == pytest.approx(vectors, abs=1e-6)


def test_another_file_is_no_teacher(tmp_path: Path) -> None:
    other = tmp_path / "teacher.onnx"
    other.write_bytes(b"something else")
    with pytest.raises(ManifestError, match="sha256"):
        networks.teacher(other)
    assert networks.teacher(tmp_path / "absent.onnx") is None


def network(role: str, tmr: float, ratio: float) -> dict[str, Any]:
    fmr = {"value": 0.001, "events": 5, "trials": 5000, "interval95": [0.0005, 0.002]}
    row = {"group": "aaf east_asian women", "photos": 101, "left_out": 0, "fmr": fmr, "bootstrap95": [0.0004, 0.0021]}
    return {
        "model": f"{role}-network",
        "role": role,
        "lfw": {"verification": {"at_fmr": {rate: {"tmr": tmr} for rate in ("1e-02", "1e-03", "1e-04", "1e-05")}}},
        "spread": {"confidence_0.65": {"ratio": ratio}, "own_worst_1e-03": {"ratio": ratio}},
        "groups": [row],
        "groups_at_own_worst": [row],
    }


def test_targets_are_judged_on_the_shipped_network_beside_the_teacher() -> None:
    rows = targets.rows([network("shipped", 0.95, 4.0), network("teacher", 0.97, 3.0)])
    met = {row["what"]: row["met"] for row in rows}
    assert met["LFW, one photo each side, TMR at FMR 1e-4"] is True
    assert met["worst over best group: FMR at the shipped threshold"] is False
    assert met["LFW, TMR where the worst group has FMR 1e-3"] is None
    assert met["LFW, one photo each side, TMR at FMR 1e-2"] is None


def report() -> dict[str, Any]:
    reports = [network("shipped", 0.9512, 4.0), network("teacher", 0.97, 3.0)]
    return {"networks": reports, "targets": targets.rows(reports)}


def test_figures_are_written_between_their_marks_only() -> None:
    text = "before\n<!-- figures targets -->\nstale\n<!-- end -->\nbetween\n<!-- figures groups -->\n<!-- end -->\nafter\n"
    once = card.fill(text, report())
    assert "95.12 %" in once
    assert "1.00 [0.40, 2.10]" in once
    assert "stale" not in once
    assert [line for line in once.splitlines() if not line.startswith(("|", "<"))] == ["before", "between", "after"]
    assert card.fill(once, report()) == once


def test_every_block_can_be_asked_for_by_its_name() -> None:
    marks = "".join(f"<!-- figures {name} -->\n<!-- end -->\n" for name in ("int8", "groups"))
    filled = card.fill(marks, report())
    assert "mean cosine" in filled
    assert "aaf east_asian women" in filled


def test_the_covering_network_is_judged_by_its_worst_region_and_group() -> None:
    rates = {"eyes": {"value": 0.99}, "forehead": {"value": 0.94}}
    alarms = {"all": {"value": 0.01}, "groups": {"a": {"value": 0.01}, "b": {"value": 0.03}}}
    limits = {"found": 0.95, "alarms": 0.02, "alarms of a group": 0.04, "milliseconds": 1.0}
    found = {"targets": limits, "found": {"regions": rates}, "alarms": alarms, "milliseconds": {"litert": 1.2}}
    rows = targets.covering_rows(found)
    assert [row["met"] for row in rows] == [False, True, True, False]
    assert "forehead" in rows[0]["what"]
    assert "94.00 % **(not reached)**" in card.fill("<!-- figures covering -->\n<!-- end -->", {"covering_targets": rows})


@pytest.mark.parametrize("text", ["<!-- figures targets -->\nnever closed", "<!-- figures weather -->\n<!-- end -->"])
def test_marks_that_are_wrong_are_refused(text: str) -> None:
    with pytest.raises(card.CardError):
        card.fill(text, report())


@pytest.fixture
def few_people(tmp_path: Path) -> Path:
    """An evaluation folder of eleven people of LFW: five with ten photos each, three with three, three with one."""
    if not LFW.is_dir():
        pytest.skip(f"no evaluation data at {LFW.parent}")
    counts = {person: min(10, len(list(person.glob("*.jpg")))) for person in sorted(LFW.iterdir())[:1500]}
    people = [p for count, wanted in ((10, 5), (3, 3), (1, 3)) for p in [p for p, n in counts.items() if n == count][:wanted]]
    (tmp_path / "eval" / "lfw").mkdir(parents=True)
    for person in people:
        (tmp_path / "eval" / "lfw" / person.name).symlink_to(person)
    return tmp_path


@pytest.mark.timeout(240)
def test_the_whole_report_on_a_few_people(few_people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "ROUNDS", 2)
    arguments = ["--eval", few_people / "eval", "--train", few_people / "none", "--teacher", few_people / "none.onnx"]
    arguments += ["--networks", few_people, "--out", few_people / "build" / "reports"]
    options = report_main.parse([str(argument) for argument in arguments])
    found = report_main.evaluate(options, report_main.find(options))
    shipped = found["networks"][0]
    assert (shipped["lfw"]["photos"], shipped["lfw"]["people"]) == (62, 11)
    assert shipped["lfw"]["verification"]["at_fmr"]["1e-02"]["tmr"] > 0.9
    assert shipped["covered"]["mask"]["at_own_1e-03"]["fnmr"]["trials"] == 8
    assert shipped["groups_kept_out"] == {"referee": None, "photos": 0}
    assert (options.out / "det.png").stat().st_size > 10_000
    console = Console(record=True, width=200)
    table.show(found, console)
    assert "TMR at FMR 1e-02" in console.export_text()
    again = report_main.evaluate(options, report_main.find(options))
    assert again["networks"][0]["lfw"] == shipped["lfw"]
