"""The dialogues of walk test and aiming, with a kiosk and an installer that say what they are told to."""

import os
import signal
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from device.aiming_commands import AimClose, AimClosed, AimOpen, AimOpened
from device.command import OperationRefused
from device.person_commands import PersonDetail, UserShow
from device.status_commands import VisitLog, VisitView
from provisioning import commission_aim, commission_walk
from provisioning.commission_report import Report, load
from provisioning.commission_site import Site

LONG_AGO_MS = 60_000


def visit(outcome: str, user_id: str | None = None, duration_ms: int = 0) -> VisitView:
    return VisitView(1, "v", None, outcome, "match" if outcome == "granted" else "no_match", user_id, 0.9, duration_ms, 1)


class Kiosk:
    """Knows ada at the door and cy not yet; visits come as listed, and then none."""

    def __init__(self, *visits: VisitView) -> None:
        self._visits: Iterator[VisitView] = iter(visits)
        self.looked_on = False

    async def perform(self, command: object) -> AsyncGenerator[object, None]:
        if isinstance(command, UserShow):
            if command.user_id not in ("ada", "cy"):
                raise OperationRefused("user_not_found", f"nobody is {command.user_id!r}")
            person = cast("Any", SimpleNamespace(door=command.user_id == "ada"))
            yield PersonDetail(person, (), cast("Any", None))
        elif isinstance(command, AimOpen):
            self.looked_on = True
            yield AimOpened("https://kiosk/aim/#t", command.minutes)
        elif isinstance(command, AimClose):
            self.looked_on = False
            yield AimClosed()
        elif isinstance(command, VisitLog):
            for each in self._visits:
                yield each


Walks = Callable[..., Site]


@pytest.fixture
def walks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Walks:
    def walk(kiosk: Kiosk, *answers: str, people: int = 2, again: bool = False, mark_px: float | None = None) -> Site:
        said = iter(answers)

        def prompt(text: str) -> str:
            commission_walk.tell(text)
            return next(said)

        monkeypatch.setattr(commission_walk, "prompt", prompt)
        monkeypatch.setattr(commission_walk, "yes", lambda _: True)
        site = Site(cast("Any", kiosk), Report(people=people, mark_px=mark_px), tmp_path / "hall.json", 1.0, 5.0)
        commission_walk.walk_test(site, again=again)
        assert not list(said)
        assert not site.report.walks or load(site.file).walks == site.report.walks
        return site

    return walk


def test_each_is_asked_who_they_are_and_judged_by_it(walks: Walks, capsys: pytest.CaptureFixture[str]) -> None:
    site = walks(Kiosk(visit("granted", "ada"), visit("refused")), "e", "", "e bob", "e cy", "e ada", "", "n", "")
    assert [walk.right for walk in site.report.walks] == [True, True]
    assert site.report.verdict_of("walk") == "passed"
    said = capsys.readouterr().err
    assert "nobody is 'bob'" in said
    assert "does not know cy yet" in said


def test_a_person_is_done_again_and_that_is_counted(walks: Walks, capsys: pytest.CaptureFixture[str]) -> None:
    kiosk = Kiosk(visit("granted", "bob"), visit("granted", "ada"))
    site = walks(kiosk, "e ada", "a", "e ada", "", "q")
    (walk,) = site.report.walks
    assert (walk.right, walk.anew) == (True, 1)
    assert "taken for somebody else" in capsys.readouterr().err
    assert site.report.verdict_of("walk") == "incomplete"


def test_a_person_who_is_not_done_again_after_all_is_left_to_do(walks: Walks) -> None:
    assert walks(Kiosk(visit("refused")), "e ada", "a", "q").report.walks == []


def test_the_visit_of_the_person_before_counts_for_nobody(walks: Walks, capsys: pytest.CaptureFixture[str]) -> None:
    kiosk = Kiosk(visit("granted", "ada", LONG_AGO_MS), visit("refused"))
    (walk,) = walks(kiosk, "n", "", people=1).report.walks
    assert walk.outcome == "refused"
    assert "had begun before" in capsys.readouterr().err


@pytest.mark.parametrize(("mark_px", "told"), [(60.0, True), (None, False)])
def test_on_a_public_frontage_they_are_told_to_touch_the_screen(
    walks: Walks, capsys: pytest.CaptureFixture[str], mark_px: float | None, told: bool
) -> None:
    walks(Kiosk(), "q", mark_px=mark_px)
    assert ("touch the screen, or stand on the mark" in capsys.readouterr().err) is told


@pytest.mark.parametrize("number", [None, signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_the_aiming_view_is_closed_however_the_installer_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals | None
) -> None:
    kiosk, seen = Kiosk(), list[bool]()

    def leave(_: str) -> str:
        seen.append(kiosk.looked_on)
        if number is not None:
            os.kill(os.getpid(), number)
        return ""

    monkeypatch.setattr(commission_aim, "prompt", leave)
    site, before = Site(cast("Any", kiosk), Report(), tmp_path / "hall.json", 1.0, 5.0), signal.getsignal(signal.SIGHUP)
    if number is None:
        commission_aim.aim(site, 5.0)
    else:
        with pytest.raises(KeyboardInterrupt):
            commission_aim.aim(site, 5.0)
    assert (seen, kiosk.looked_on, signal.getsignal(signal.SIGHUP)) == ([True], False, before)
