"""Whatever breaks, frames are back within ten seconds, control stays, and the door, with a photo before it, never opens.

A few of each kind by default; `make test-faults` injects a hundred of each and prints how long each took.
"""

import json
import os
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from camera.frame import boot_time
from tests.faults.harness import BACK_S, ROOT, Kiosk, inject, kiosk, timed
from tests.faults.vision import STAGES

QUICK = ("sigkill", "hang", "exception-embed", "exception-session", "cut", "full", "busy")
KINDS = (*dict.fromkeys((*QUICK, *(f"exception-{stage}" for stage in STAGES), "sigstop", "unplug", "corrupt", "stall")),)
SEEING = frozenset({"exception-send", "exception-session", "corrupt", "full", "busy", "stall"})
"""Faults in which vision stays."""
COUNT = int(os.environ.get("FAULTS", "100"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with kiosk(tmp_path_factory.mktemp("faults")) as started:
        yield started


def shut_and_well(running: Kiosk) -> None:
    """Nobody was let in, by control's word and by the door's count; control is the one it was, and answered all along."""
    assert running.opened() == []
    assert running.looks.unlocked() == 0
    assert running.looks.dead == []
    assert running.process.poll() is None
    assert psutil.Process(running.process.pid).num_threads() < 30


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", QUICK)
def test_it_comes_back_and_nobody_is_let_in(running: Kiosk, kind: str) -> None:
    # That it comes back is what is asked here, of a machine that is busy with other tests; how soon, in the long ones.
    since = boot_time()
    inject(running, kind)
    assert kind in SEEING or running.looks.named(since)
    shut_and_well(running)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_times(running: Kiosk, kind: str) -> None:
    seconds, loads, named = [], [], 0
    for number in range(COUNT):
        since = boot_time()
        seconds.append(timed(running, kind, number))
        named += running.looks.named(since)
        loads.append(os.getloadavg()[0] / (os.cpu_count() or 1))
        shut_and_well(running)
    told = {
        "kind": kind,
        "count": len(seconds),
        "median_s": round(statistics.median(seconds), 2),
        "max_s": round(max(seconds), 2),
        "late": sum(each >= BACK_S for each in seconds),
        "named": named,
        "unlocks": running.looks.unlocked(),
        "load_per_core": round(statistics.median(loads), 1),
        "visits_refused": sum(line.startswith("refused") for line in running.lines),
    }
    print(json.dumps(told))
    reports = ROOT / "build" / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    with (reports / "faults.jsonl").open("a") as report:
        report.write(json.dumps(told) + "\n")
    assert max(seconds) < BACK_S


def test_the_same_door_opens_to_the_person_who_lives(running: Kiosk) -> None:
    running.settle()
    running.ask("person")
    running.until(lambda: running.opened() != [])
    running.until(lambda: running.looks.unlocked() == 1)


def test_the_products_own_programs_have_no_fault_points() -> None:
    for package in ("camera", "inference", "device", "api", "provisioning"):
        for file in Path(ROOT, package).rglob("*.py"):
            assert not re.search(r"(from|import) tests\b|[\"']tests[.\"']", file.read_text(encoding="utf-8")), file
