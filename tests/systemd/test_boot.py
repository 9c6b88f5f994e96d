"""The units on a booted systemd, sandbox and all: they start, stay up under their sandbox, and come back when killed or hung.

systemd runs as process 1 of namespaces of its own, over this machine's files with a tmpfs on top; nothing outside is touched.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

NAMESPACES = ("--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child")
LIMIT_S = 900

pytestmark = [pytest.mark.long, pytest.mark.timeout(LIMIT_S + 30)]


def why_not() -> str:
    """Why systemd cannot be booted here; empty: it can."""
    if os.geteuid() != 0:
        return "needs root, for namespaces and mounts"
    missing = [
        name
        for name in ("unshare", "pivot_root", "systemd-sysusers", "systemd-tmpfiles", "nsenter", "ip")
        if not shutil.which(name)
    ]
    if missing or not Path("/lib/systemd/systemd").exists():
        return f"needs Debian's systemd, util-linux and iproute2 (missing: {', '.join(missing) or 'systemd'})"
    said = subprocess.run(
        ["/usr/bin/python3", "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True, check=False
    )
    if said.stdout.strip() != str(sys.version_info[:2]):
        return "needs the system's Python in the version of this environment"
    return ""


@pytest.fixture(scope="module")
def report(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    if why := why_not():
        pytest.skip(why)
    pytest.importorskip("systemd.daemon")
    out, here = tmp_path_factory.mktemp("boot"), Path(__file__).parent
    command = ["unshare", *NAMESPACES, here / "boot.sh", root, sysconfig.get_path("platlib"), here / "report.sh", out]
    with (out / "boot").open("w") as told:
        subprocess.run(command, stdout=told, stderr=told, timeout=LIMIT_S, check=False)
    if not (out / "report").exists():
        raise AssertionError((out / "boot").read_text())
    found = dict(line.split("=", 1) for line in (out / "report").read_text().splitlines())
    if found.get("done") != "yes":
        raise AssertionError(f"{found}\n{(out / 'boot').read_text()}")
    return found


def test_all_of_it_starts_and_remote_only_when_it_is_needed(report: dict[str, str]) -> None:
    assert (report["control"], report["camera"]) == ("active", "active")
    assert (report["remote.before"], report["enroll"], report["remote.after"]) == ("inactive", "0", "active")


@pytest.mark.parametrize("name", ["control", "camera", "remote", "screen"])
def test_each_is_confined(report: dict[str, str], name: str) -> None:
    assert report[f"{name}.user"] == ("facekiosk" if name == "control" else f"facekiosk-{name}")
    assert int(report[f"{name}.caps"], 16) == 0
    assert (report[f"{name}.no_new_privileges"], report[f"{name}.seccomp"]) == ("1", "2")
    assert report[f"{name}.same_network"] == ("yes" if name in ("control", "screen") else "no")
    assert report[f"{name}.links"] == "1"
    if name == "control":
        assert int(report["control.keys"]) > 0
        assert report["control.dev"] == "0"
    else:
        assert report[f"{name}.keys"] == "0"


@pytest.mark.parametrize("what", ["killed", "stopped", "control.stopped", "page.dead"])
def test_what_dies_or_hangs_is_started_again(report: dict[str, str], what: str) -> None:
    state, restarts = report[what].split()
    assert state == "active"
    assert int(restarts) >= 1
    assert report["camera.after"] == "active"


def test_vision_tells_the_journal_what_it_waits_for(report: dict[str, str]) -> None:
    assert int(report["waits"]) >= 1


def test_a_dead_page_has_its_browser_started_anew_and_a_hung_control_does_not(report: dict[str, str]) -> None:
    assert report["screen"] == "active"
    assert report["page.after"] == "0", "the page of the new browser draws"
    assert report["screen.after"] == "0 0", "it came back to the new control by itself"


def test_the_gate_opens_and_the_journal_has_events_without_names(report: dict[str, str]) -> None:
    assert report["gate"] == "0"
    assert int(report["visits"]) >= 1
    assert report["names"] == "0"
