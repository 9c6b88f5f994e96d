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

from tests.faults.harness import BACK_S, ROOT, Kiosk, inject, kiosk, timed
from tests.faults.vision import STAGES

QUICK = ("sigkill", "hang", "exception-embed", "cut", "full", "busy")
KINDS = (*dict.fromkeys((*QUICK, *(f"exception-{stage}" for stage in STAGES), "sigstop", "unplug", "corrupt", "stall")),)
COUNT = int(os.environ.get("FAULTS", "100"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with kiosk(tmp_path_factory.mktemp("faults")) as started:
        yield started


def shut_and_well(running: Kiosk) -> None:
    """Nobody was let in, and control is the one that was started."""
    assert running.opened() == []
    assert running.process.poll() is None
    assert psutil.Process(running.process.pid).num_threads() < 30


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", QUICK)
def test_it_comes_back_and_nobody_is_let_in(running: Kiosk, kind: str) -> None:
    # That it comes back is what is asked here, of a machine that is busy with other tests; how soon, in the long ones.
    inject(running, kind)
    shut_and_well(running)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_times(running: Kiosk, kind: str) -> None:
    seconds, loads = [], []
    for number in range(COUNT):
        seconds.append(timed(running, kind, number))
        loads.append(os.getloadavg()[0] / (os.cpu_count() or 1))
        shut_and_well(running)
    told = {
        "kind": kind,
        "count": len(seconds),
        "median_s": round(statistics.median(seconds), 2),
        "max_s": round(max(seconds), 2),
        "late": sum(each >= BACK_S for each in seconds),
        "unlocks": len(running.opened()),
        "load_per_core": round(statistics.median(loads), 1),
        "visits_refused": sum(line.startswith("refused") for line in running.lines),
    }
    print(json.dumps(told))
    reports = ROOT / "build" / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    with (reports / "faults.jsonl").open("a") as report:
        report.write(json.dumps(told) + "\n")
    assert max(seconds) < BACK_S


def test_the_products_own_programs_have_no_fault_points() -> None:
    for package in ("camera", "inference", "device", "api", "provisioning"):
        for file in Path(ROOT, package).rglob("*.py"):
            assert not re.search(r"(from|import) tests\b|[\"']tests[.\"']", file.read_text(encoding="utf-8")), file
