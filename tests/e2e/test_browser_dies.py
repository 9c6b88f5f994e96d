"""The browser dies, and the door goes on: a real Chromium under the screen unit's watch, over a real kiosk on the demo."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from device.setup import create, plan
from tests.e2e.conftest import CHROMIUM, QUIET, ROOT, Running, environment
from tests.notify_socket import NotifySocket, listening

LIMIT_S = 90
"""Waits end with what they wait for; only what never comes runs into it."""

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A device whose port is fixed, as an appliance's is."""
    file = tmp_path_factory.mktemp("device") / "facekiosk.toml"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        create(file, plan(file)[0].replace("# port = 8080", f"port = {probe.getsockname()[1]}"))
    return file


@pytest.fixture(scope="module")
def kiosk(config: Path, start: Callable[..., Running]) -> Running:
    running = start("provisioning", "run", "--camera", "demo", "--config", str(config))
    running.wait_for(r"^ready after", 90)
    return running


@contextmanager
def watched(config: Path, folder: Path, systemd: NotifySocket) -> Iterator[psutil.Process]:
    """Chromium as the screen's unit starts it, but without a display; systemd's part is played by the test."""
    program = "import device.page_watch as watch; watch.START_S = 1; watch.main()"
    browser = [CHROMIUM, "--headless", *QUIET, f"--user-data-dir={folder / 'profile'}"]
    command = [sys.executable, "-c", program, "--config", config, "--", *browser]
    told = {"NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "3000000", "HOME": str(folder)}
    with (folder / "browser.log").open("a") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment() | told, stdout=log, stderr=log)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(LIMIT_S)
        finally:
            process.kill()
            process.wait()


def until(holds: Callable[[], bool], what: str) -> None:
    over = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < over, what
        time.sleep(0.2)


def said_of_page(config: Path) -> str:
    port = config.read_text().partition("\nport = ")[2].split()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz/", timeout=5) as answer:
        return str(json.load(answer)["checks"].get("screen", "nothing"))


def running(pid: int) -> bool:
    """Whether the process still does anything; some thread of a killed browser may take minutes to go."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def kill_renderers(watch: psutil.Process) -> None:
    for process in watch.children(recursive=True):
        if any(word == "--type=renderer" for word in process.cmdline()):
            process.kill()


def test_a_page_that_crashed_starves_the_watchdog_and_a_new_browser_shows_it_again(
    config: Path, kiosk: Running, tmp_path: Path
) -> None:
    pytest.importorskip("systemd.daemon")
    with listening(tmp_path / "notify") as systemd:
        with watched(config, tmp_path, systemd) as watch:
            until(lambda: said_of_page(config) == "ok", "no page drew")
            fed = systemd.count()
            until(lambda: systemd.count() > fed, "a page that draws is told of")
            kill_renderers(watch)
            until(lambda: "does not draw" in said_of_page(config), "the crash is not seen")
            time.sleep(2)
            fed = systemd.count()
            time.sleep(3)
            assert systemd.count() == fed, "systemd would not restart it"
            assert watch.children(), "the browser itself is alive, which is why nobody else would start it anew"
            browser = [process.pid for process in watch.children()]
            os.kill(browser[0], signal.SIGSTOP)  # and hangs
        assert not any(running(pid) for pid in browser)
        with watched(config, tmp_path, systemd):
            until(lambda: said_of_page(config) == "ok", "the new browser does not show the page")


def test_the_door_works_with_the_browser_dead(config: Path, kiosk: Running, tmp_path: Path) -> None:
    until(lambda: said_of_page(config) != "ok", "a browser of another test is there")
    with listening(tmp_path / "notify") as systemd, watched(config, tmp_path, systemd) as watch:
        until(lambda: said_of_page(config) == "ok", "no page drew")
        before = len(kiosk.lines)
        for process in watch.children(recursive=True):
            process.kill()
        until(lambda: "does not draw" in said_of_page(config), "the browser's end is not seen")
        kiosk.wait_for(r"^granted  user grace", 120, after=before)
        assert "does not draw" in said_of_page(config)
